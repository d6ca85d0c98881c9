import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeUnreadable, parseJson } from '../../../src/core/api/read-json.ts';

const DEEP = { kind: 'unreadable', why: 'JSON nested over 100 levels' };
const LARGE = { kind: 'unreadable', why: 'JSON of more than 250,000 values' };

describe('the JSON of a body', () => {
  it.each([
    ['lists', 100, '[', ']'],
    ['objects', 100, '{"a":', '}'],
    ['both', 50, '[{"a":', '}]'],
  ])('may be nested up to a hundred levels of %s', (_, levels, open, close) => {
    const nested = (n: number) => `${open.repeat(n)}1${close.repeat(n)}`;
    expect(parseJson(nested(levels))).toHaveProperty('value');
    expect(parseJson(nested(levels + 1))).toEqual(DEEP);
    expect(parseJson(open.repeat(levels + 1))).toEqual(DEEP);
  });

  it('is not parsed if it is millions of brackets', () => {
    expect(parseJson('['.repeat(8_000_000))).toEqual(DEEP);
    expect(parseJson(`[${'[],'.repeat(2_000_000)}[]]`)).toEqual(LARGE);
    expect(parseJson(`[${'{},'.repeat(2_000_000)}{}]`)).toEqual(LARGE);
    expect(parseJson(`[${'1,'.repeat(4_000_000)}1]`)).toEqual(LARGE);
    expect(parseJson(`[${'1,'.repeat(100_000)}1]`)).toHaveProperty('value');
  });

  it('may have any brackets and commas in texts', () => {
    const value = { a: '['.repeat(1000), b: `"${'{'.repeat(1000)}\\`, c: '\\"['.repeat(1000), d: ','.repeat(300_000) };
    expect(parseJson(JSON.stringify(value))).toEqual({ value });
  });

  it('is read as JSON.parse reads it, and anything else is unreadable', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        let expected: unknown = { kind: 'unreadable' };
        try {
          expected = { value: JSON.parse(text) };
        } catch {}
        expect(parseJson(text)).toEqual(expected);
      }),
    );
  });
});

describe('a body that cannot be read', () => {
  it.each([
    ['', null, 'an empty body'],
    [' \r\n', 'application/json', 'an empty body'],
    ['<!DOCTYPE html><html>', null, 'HTML, not this API', true],
    ['\ufeff\n <HTML>', 'text/html; charset=utf-8', 'text/html, not this API', true],
    ['<html>', 'application/json', 'HTML, not this API', true],
    ['<p>login</p>', 'text/plain', 'HTML, not this API', true],
    ['Please log in', 'Text/HTML', 'text/html, not this API', true],
    ['<?xml version="1.0"?><Error/>', null, 'XML, not this API', true],
    ['<?xml version="1.0"?><Error/>', 'application/xml', 'application/xml, not this API', true],
    ['<html/>', 'application/xhtml+xml', 'application/xhtml+xml, not this API', true],
    ['Access denied', 'text/plain; x="', 'text/plain, not this API'],
    ['%PDF', 'application/pdf', 'application/pdf, not this API'],
    ['Access denied', null, 'a body that is not JSON'],
    ['nope', 'application/json', 'a body that is not JSON'],
    ['nope', '\u001b[31m', 'a body that is not JSON'],
    ['{"data":', 'application/json', 'JSON that is cut or not of this API'],
    ['[]', null, 'JSON that is cut or not of this API'],
    ['< 5', null, 'a body that is not JSON'],
  ])('%j of the type %j is %s', (text, type, why, isMarkup?: boolean) => {
    expect(describeUnreadable({ kind: 'unreadable' }, text, type)).toEqual({
      ...{ kind: 'unreadable', why },
      ...(isMarkup === true ? { isMarkup } : {}),
    });
  });

  it('keeps what is known of it, and a body that can be read is left alone', () => {
    const known = { kind: 'unreadable', why: 'x' } as const;
    expect(describeUnreadable(known, '<html>', 'text/html')).toBe(known);
    const read = { kind: 'errors', errors: [] } as const satisfies { kind: string; errors: never[] };
    expect(describeUnreadable({ ...read, errors: [] }, '{}', 'text/html')).toEqual(read);
  });
});
