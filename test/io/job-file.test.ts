import { describe, expect, it } from 'vitest';
import { readJobFile } from '../../src/io/job-file.ts';
import { tempFile } from '../support/temp.ts';

const read = (text: string | Buffer) => readJobFile(tempFile(text, 'job.yaml'), 'job.yaml').keys;

function errorOf(text: string | Buffer): string {
  try {
    read(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was read');
}

/** The names and values alone. */
const valuesOf = (text: string) =>
  Object.fromEntries(
    read(text).map(({ key, value }) => [key, Array.isArray(value) ? value.map((item) => item.text) : value.text]),
  );

describe('a job file', () => {
  it('returns every key with its value as text, and their places', () => {
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
      { key: 'command', place: 'job.yaml:2:1', value: { text: 'apply', place: 'job.yaml:2:10' } },
      { key: 'input', place: 'job.yaml:3:1', value: { text: '../numbers.csv', place: 'job.yaml:3:8' } },
      {
        key: 'map',
        place: 'job.yaml:4:1',
        value: [
          { text: 'phone_number_id=Number ID', place: 'job.yaml:5:20' },
          { text: 'messaging_product=Product, new', place: 'job.yaml:6:24' },
        ],
      },
      { key: 'rate', place: 'job.yaml:8:1', value: { text: '7.5', place: 'job.yaml:8:7' } },
    ]);
  });

  it.each(['0123', '1e5', '0x1F', '12933842610000000011', 'yes', 'null', '~', '2026-11-23', '.inf', '5%', '10s'])(
    'takes %s as it is written',
    (text) => {
      expect(valuesOf(`name: ${text}\n`)).toEqual({ name: text });
      expect(valuesOf(`%YAML 1.1\n---\nname: ${text}\n`)).toEqual({ name: text });
      for (const tag of ['str', 'int', 'bool']) expect(valuesOf(`name: !!${tag} ${text}\n`)).toEqual({ name: text });
    },
  );

  it('accepts quoted, empty, folded and anchored values, CRLF, a BOM, and a flow mapping', () => {
    expect(valuesOf('a: "x: # y"\nb: \'it\'\'s\'\nc:\nd: ""\n')).toEqual({ a: 'x: # y', b: "it's", c: '', d: '' });
    expect(valuesOf('a: >-\n  one\n  two\nb: &anchor x\n')).toEqual({ a: 'one two', b: 'x' });
    expect(valuesOf('\uFEFFa: 1\r\nb: 2\r\n')).toEqual({ a: '1', b: '2' });
    expect(valuesOf('{a: 1, b: {c: d}}')).toEqual({ a: '1', b: ['c=d'] });
    expect(valuesOf('---\na: 1\n...\n')).toEqual({ a: '1' });
    expect(valuesOf('{}')).toEqual({});
  });

  it('keeps names that are special in JavaScript', () => {
    const [map] = read('map: {__proto__: x, constructor: y}');
    expect(map?.value).toMatchObject([{ text: '__proto__=x' }, { text: 'constructor=y' }]);
  });
});

describe('an error', () => {
  it.each([
    ['', '1:1: a job file is a list of `name: value` lines'],
    ['# nothing\n', '1:1: a job file is a list of `name: value` lines'],
    ['- command: apply\n', '1:1: a job file is a list of `name: value` lines'],
    ['\n\napply\n', '3:1: a job file is a list of `name: value` lines'],
    ['command: apply\nrate: [5, 7]\n', '2:7: rate must have a plain value'],
    ['command: apply\n? rate\n', '2:3: rate must have a plain value'],
    ['map:\n  a: [1]\n', '2:3: map must hold plain names and values'],
    ['map:\n  a: {b: c}\n', '2:3: map must hold plain names and values'],
    ['map: {a}\n', '1:7: map must hold plain names and values'],
    ['map:\n  [a]: b\n', '2:3: map must hold plain names and values'],
    ['[a, b]: c\n', '1:1: a name must be a plain word'],
    ['? {a: b}\n: c\n', '1:3: a name must be a plain word'],
    // Aliases could multiply to any size.
    ['a: &x 1\nrate: *x\n', '2:7: aliases such as *name are not supported; repeat the value'],
    ['a: &x {b: c}\nmap: *x\n', '2:6: aliases such as *name are not supported; repeat the value'],
    ['a: &x b\nmap:\n  <<: *x\n', '3:7: aliases such as *name are not supported; repeat the value'],
    ['rate: *nothing\n', '1:7: aliases such as *name are not supported; repeat the value'],
    // Tags of other programs.
    ['command: apply\ninput: !env FILE\n', '2:13: tags such as !name are not supported; values are plain text'],
    ['name: !!binary aGk=\n', '1:16: tags such as !name are not supported; values are plain text'],
    ['name: !<tag:x.test,2026:y> z\n', '1:28: tags such as !name are not supported; values are plain text'],
    ['name: !!python/object:os.system {}\n', '1:33: tags such as !name are not supported; values are plain text'],
    ['map: !include x.yaml\n', '1:15: tags such as !name are not supported; values are plain text'],
    ['map: !!set {a: b}\n', '1:6: tags such as !name are not supported; values are plain text'],
    ['!!omap {a: b}\n', '1:1: tags such as !name are not supported; values are plain text'],
    ['name: !!timestamp 2026-01-01\n', '1:19: tags such as !name are not supported; values are plain text'],
    ['--- name: x\n', '1:5: the line --- must hold nothing else'],
    ['rate: 5\nname: x\nrate: 7\n', '3:1: rate is there twice; it is at job.yaml:1:1 too'],
    ['map:\n  a: 1\n  a: 2\n', '3:3: a is there twice; it is at job.yaml:2:3 too'],
    ['command: apply\nmap:\n\ta: b\n', '3:1: a tab is not allowed as indentation; use spaces'],
    ['command: "apply\n', '2:1: the closing quote is missing'],
    ["command: 'apply\n", '2:1: the closing quote is missing'],
    [
      'command: apply: now\n',
      '1:10: a value that contains ": " must be in quotes, and the next line must not be indented',
    ],
    ['command: apply\n---\ninput: x\n', '2:1: a second YAML document starts here (---); a job file holds only one'],
    ['command: apply\n...\ninput: x\n', '3:1: a second YAML document starts here (---); a job file holds only one'],
    ['{a: 1, , b: 2}\n', '1:8: unexpected text; a value with special characters must be in quotes'],
    ['command: apply\nname\n', '2:1: a colon and a value are missing after the name'],
    ['command: apply\nname\ninput: x\n', '2:1: a line must be `name: value`; the colon is missing'],
    ['map: {a: b\n', '2:1: a bracket before this place is open; close it, or put the value in quotes'],
    ['map: {a: b\nname: x\n', '2:1: a bracket before this place is open; close it, or put the value in quotes'],
    [
      'command: apply\n  input: x\n',
      '1:10: a value that contains ": " must be in quotes, and the next line must not be indented',
    ],
    ['a: 1\n b: 2\n', '1:4: a value that contains ": " must be in quotes, and the next line must not be indented'],
    ['name: @home\n', '1:7: a value that starts with this character must be in quotes'],
    ['name: `x`\n', '1:7: a value that starts with this character must be in quotes'],
    ['name: "C:\\x"\n', '1:10: a backslash in double quotes starts an escape; use single quotes'],
    ['name: *\n', '1:7: a value that starts with * or & must be in quotes'],
    ['name: &a &b x\n', '1:10: a value that starts with & must be in quotes'],
    ['name: !a !b x\n', '1:10: a value that starts with ! must be in quotes'],
    ['name: caf\uFFFD\n', '1:7: this is not UTF-8; save the file as UTF-8'],
    ['map:\n  a: \uFFFD\n', '2:6: this is not UTF-8; save the file as UTF-8'],
  ])('has a place and a sentence: %j', (text, error) => {
    expect(errorOf(text)).toBe(`job.yaml:${error}`);
  });

  it('of the encoding is one, except in a comment', () => {
    expect(errorOf(Buffer.from('name: café\n', 'latin1'))).toContain('job.yaml:1:7: this is not UTF-8');
    expect(read(Buffer.from('name: x # café\n', 'latin1'))).toHaveLength(1);
    for (const bom of ['\uFEFF', '']) {
      const bytes = Buffer.from(`${bom}command: apply\n`, 'utf16le');
      for (const text of [bytes, Buffer.from(bytes).swap16()]) {
        expect(errorOf(text)).toBe('job file job.yaml is in UTF-16; save it as UTF-8');
      }
    }
  });

  it.each([
    ['a file over 1 MiB', `${'# comment\n'.repeat(104_858)}`, 'is larger than 1,048,576 bytes'],
    ['a long file', 'a: b\n'.repeat(10_000), 'has more than 20,000 words and signs'],
    ['a long name', `${'k'.repeat(2000)}: 1`, 'job.yaml:1:1: a name is longer than 1,024 characters'],
    ['deep brackets', '['.repeat(1_000_000), 'has more than 20,000 words and signs'],
    ['deep lists', '- '.repeat(500_000), 'has more than 20,000 words and signs'],
    ['commas', `{${','.repeat(1_000_000)}`, 'has more than 20,000 words and signs'],
    [
      '1,001 keys',
      Array.from({ length: 1001 }, (_, at) => `k${at}: 1\n`).join(''),
      'job.yaml:1001:1: this is more than 1,000 keys',
    ],
    [
      '1,001 columns',
      `map:\n${Array.from({ length: 1000 }, (_, at) => ` k${at}: 1\n`).join('')}`,
      'job.yaml:1001:2: this is more',
    ],
    ['nested brackets', `a: ${'['.repeat(9000)}`, 'nested too deeply'],
    ['nested mappings', `a: ${'{a: '.repeat(200)}${'}'.repeat(200)}`, 'a must hold plain names and values'],
  ])('is %s, found in a moment', (_, text, error) => {
    expect(errorOf(text)).toContain(error);
  });

  it('of the file system passes through', () => {
    expect(() => readJobFile('/nonexistent/job.yaml', 'job.yaml')).toThrow('ENOENT');
  });
});
