import { describe, expect, it } from 'vitest';
import { readJobFile } from '../../src/io/job-file.ts';
import { tempFile } from '../support/temp.ts';

const read = (text: string) => readJobFile(tempFile(text, 'job.yaml'));

/** The message of the error, without the directory of the file. */
function errorOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    return (error as Error).message.replace(/^.*\/job\.yaml/, 'job.yaml');
  }
  throw new Error('it was read');
}

/** The names and values alone. */
const valuesOf = (text: string) => Object.fromEntries(read(text).map(({ key, value }) => [key, value]));

describe('a job file', () => {
  it('returns every key with its value as text, and its place', () => {
    const text = [
      '# nightly',
      'command: apply',
      'input: ../numbers.csv # comment',
      'map:',
      '  phone_number_id: Number ID',
      '  "messaging_product": \'Product, new\'',
      '',
      'rate: 7.5',
    ].join('\n');
    expect(read(text)).toEqual([
      { key: 'command', value: 'apply', line: 2, col: 1 },
      { key: 'input', value: '../numbers.csv', line: 3, col: 1 },
      {
        key: 'map',
        value: { phone_number_id: 'Number ID', messaging_product: 'Product, new' },
        line: 4,
        col: 1,
      },
      { key: 'rate', value: '7.5', line: 8, col: 1 },
    ]);
  });

  it.each(['0123', '1e5', '0x1F', '12933842610000000011', 'yes', 'null', '~', '2026-11-23', '.inf', '5%', '10s'])(
    'takes %s as it is written',
    (text) => {
      expect(valuesOf(`name: ${text}\n`)).toEqual({ name: text });
      expect(valuesOf(`%YAML 1.1\n---\nname: ${text}\n`)).toEqual({ name: text });
      expect(valuesOf(`name: !!str ${text}\n`)).toEqual({ name: text });
    },
  );

  it('accepts quoted, empty, folded and anchored values, CRLF, a BOM, and a flow mapping', () => {
    expect(valuesOf('a: "x: # y"\nb: \'it\'\'s\'\nc:\nd: ""\n')).toEqual({ a: 'x: # y', b: "it's", c: '', d: '' });
    expect(valuesOf('a: >-\n  one\n  two\nb: &anchor x\n')).toEqual({ a: 'one two', b: 'x' });
    expect(valuesOf('\uFEFFa: 1\r\nb: 2\r\n')).toEqual({ a: '1', b: '2' });
    expect(valuesOf('{a: 1, b: {c: d}}')).toEqual({ a: '1', b: { c: 'd' } });
    expect(valuesOf('---\na: 1\n...\n')).toEqual({ a: '1' });
    expect(valuesOf('{}')).toEqual({});
  });

  it('keeps names that are special in JavaScript', () => {
    const [map] = read('map: {__proto__: x, constructor: y}');
    expect(Object.entries(map?.value ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('an error', () => {
  it.each([
    ['', 'job.yaml:1:1: a job file is a list of `name: value` lines'],
    ['# nothing\n', 'job.yaml:1:1: a job file is a list of `name: value` lines'],
    ['- command: apply\n', 'job.yaml:1:1: a job file is a list of `name: value` lines'],
    ['\n\napply\n', 'job.yaml:3:1: a job file is a list of `name: value` lines'],
    ['command: apply\nrate: [5, 7]\n', 'job.yaml:2:1: rate must have a plain value'],
    ['command: apply\n? rate\n', 'job.yaml:2:3: rate must have a plain value'],
    ['a: &x 1\nrate: *x\n', 'job.yaml:2:1: rate must have a plain value'],
    ['a: &x {b: c}\nmap: *x\n', 'job.yaml:2:1: map must have a plain value'],
    ['map:\n  a: [1]\n', 'job.yaml:1:1: map must hold plain names and values'],
    ['map:\n  a: {b: c}\n', 'job.yaml:1:1: map must hold plain names and values'],
    ['a: &x b\nmap:\n  <<: *x\n', 'job.yaml:2:1: map must hold plain names and values'],
    ['map: {a}\n', 'job.yaml:1:1: map must hold plain names and values'],
    ['[a, b]: c\n', 'job.yaml:1:1: a name must be a plain word'],
    ['? {a: b}\n: c\n', 'job.yaml:1:3: a name must be a plain word'],
  ])('names line and column, and what is expected: %j', (text, error) => {
    expect(errorOf(text)).toBe(error);
  });

  it.each([
    ['rate: 5\nname: x\nrate: 7\n', 3, 1, 'unique'],
    ['map:\n  a: 1\n  a: 2\n', 3, 3, 'unique'],
    ['command: apply\nmap:\n\ta: b\n', 3, 1, 'Tabs are not allowed'],
    ['command: "apply\n', 2, 1, 'Missing closing "quote'],
    ['command: apply: now\n', 1, 10, 'Nested mappings'],
    ['command: apply\n---\ninput: x\n', 2, 1, 'multiple documents'],
    ['{a: 1, , b: 2}\n', 1, 8, 'Unexpected ,'],
  ])('of the YAML names line and column: %j', (text, line, col, words) => {
    const error = errorOf(text);
    expect(error).toMatch(new RegExp(`^job\\.yaml:${line}:${col}: `));
    expect(error).toContain(words);
    expect(error).not.toMatch(/\n| at line /);
  });

  it('of the file system passes through', () => {
    expect(() => readJobFile('/nonexistent/job.yaml')).toThrow('ENOENT');
  });
});
