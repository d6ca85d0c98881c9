import { describe, expect, it } from 'vitest';
import { findDelimiter, firstLine, sepLine } from '../../../src/core/input/dialect.ts';

describe('the first line', () => {
  it.each([
    ['id,product\n1,A2P\n', 'id,product'],
    ['id,product\r\n1,A2P', 'id,product'],
    ['id,product\r1,A2P', 'id,product'],
    ['id,product', 'id,product'],
    ['', ''],
    ['\nid', ''],
    ['"my\nid",product\n1,A2P', '"my\nid",product'],
    ['"a ""b""\r\nc",d\r\n1', '"a ""b""\r\nc",d'],
    ['"never closed\n1', '"never closed\n1'],
  ])('of %j is %j', (text, line) => {
    expect(firstLine(text)).toBe(line);
  });
});

describe('a line that names the delimiter', () => {
  it.each([
    ['sep=;', ';'],
    ['sep=,', ','],
    ['sep=|', '|'],
    ['sep=\t', '\t'],
    ['SEP=;', ';'],
    ['"sep=;"', ';'],
    ['sep=; ', ';'],
    ['sep=;\r\n', ';'],
    ['sep=\t\r\n', '\t'],
    ['"sep=|" \n', '|'],
  ])('%j names %j', (line, delimiter) => {
    expect(sepLine(line)).toBe(delimiter);
  });

  it.each(['', 'sep=', 'sep=x', 'sep=;;', 'separator=;', 'id;sep=;', ' sep=;', 'sep =;', 'sep=;\t'])(
    '%j names none',
    (line) => {
      expect(sepLine(line)).toBeNull();
    },
  );
});

describe('the delimiter of a header', () => {
  it.each([
    ['id,profile_id', ','],
    ['id;profile_id', ';'],
    ['id\tprofile_id', '\t'],
    ['id|profile_id', '|'],
    ['"Number ID";"Profile ID"', ';'],
    // A name may hold another delimiter, as long as fewer known names come of it.
    ['id;"note, free";product', ';'],
    ['a,b,c,d;id;product', ';'],
    ['"a,b,c,d";"id";"product"', ';'],
    // Nothing is known under any of them: most cells win.
    ['Rufnummer;Profil;Produkt', ';'],
    ['one,two;three;four', ';'],
    // One column only, or a tie.
    ['id', ','],
    ['', ','],
    ['a,b;c', ','],
  ])('%j is %j', (header, delimiter) => {
    expect(findDelimiter(header)).toBe(delimiter);
  });
});
