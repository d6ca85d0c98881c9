import { describe, expect, it } from 'vitest';
import { CHUNK, readAll, recordsOf } from '../../support/io/csv-reading.ts';

function utf16(text: string, order: 'le' | 'be', withMark = true): Buffer {
  const bytes = Buffer.from(withMark ? `\uFEFF${text}` : text, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

const TEXT = 'phone_number_id;name\r\n1;Zoë "x"\r\n2;"日本\r\n😀"\r\n3;\u00a0\r\n';
const RECORDS = [
  [1, 'phone_number_id', 'name'],
  [2, '1', 'Zoë "x"'],
  [3, '2', '日本\r\n😀'],
  [5, '3', '\u00a0'],
];

describe('an encoding', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT), 'utf-8'],
    ['UTF-8 with BOM', Buffer.from(`\uFEFF${TEXT}`), 'utf-8'],
    ['UTF-16LE', utf16(TEXT, 'le'), 'utf-16le'],
    ['UTF-16BE', utf16(TEXT, 'be'), 'utf-16be'],
  ])('%s is read', async (_, bytes, encoding) => {
    const { dialect, records, error } = await readAll(bytes);
    expect(error).toBeNull();
    expect(dialect).toEqual({ encoding, delimiter: ';' });
    expect(records).toEqual(RECORDS);
  });

  it('a BOM before sep= and before a quoted header is not part of them', async () => {
    expect(await recordsOf('\uFEFFsep=;\n"id";a\n')).toEqual([[2, 'id', 'a']]);
    expect(await recordsOf(utf16('sep=|\n"id"|a\n', 'be'))).toEqual([[2, 'id', 'a']]);
  });

  it('U+FFFD itself is a character like any other', async () => {
    expect(await recordsOf('id,a\n1,\uFFFD\n')).toEqual([
      [1, 'id', 'a'],
      [2, '1', '\uFFFD'],
    ]);
  });

  it.each([
    ['é', 2],
    ['日', 3],
    ['😀', 4],
  ])('%s of %i bytes may span the border of two chunks', async (character, size) => {
    for (let before = 1; before < size; before++) {
      const head = 'id,label\n1,';
      const long = 'x'.repeat(CHUNK - head.length - before) + character;
      expect((await recordsOf(`${head}${long}\n2,b\n`)).slice(1)).toEqual([
        [2, '1', long],
        [3, '2', 'b'],
      ]);
    }
  });

  it.each(['le', 'be'] as const)('a pair of UTF-16%s may span the border of two chunks', async (order) => {
    const head = 'id,label\n1,';
    const long = `${'x'.repeat(CHUNK / 2 - head.length - 2)}😀`;
    expect((await recordsOf(utf16(`${head}${long}\n2,b\n`, order)))[1]).toEqual([2, '1', long]);
  });
});

const BAD = Buffer.from([0xff]);
const fill = (bytes: number) => `2,${'x'.repeat(bytes - 3)}\n`;

describe('bytes that are not valid in the encoding', () => {
  it.each([
    ['in the first line', [BAD], 1],
    ['Latin-1', [Buffer.from('id,a\r\n1,b\r\n2,Zo\xeb\r\n', 'latin1')], 3],
    ['after a U+FFFD that is good', ['id,a\n\uFFFD\n\uFFFD,', BAD, '\n'], 3],
    ['inside quotes of several lines', ['id,a\n1,"\n\n', BAD, '"\n'], 4],
    ['an overlong slash', ['id\n1\n', Buffer.from([0xc0, 0xaf]), '\n'], 3],
    ['half a surrogate pair', ['id\n', Buffer.from([0xed, 0xa0, 0x80]), '\n'], 2],
    ['a character that the file breaks off', ['id\n1\n2,', Buffer.from([0xe6, 0x97])], 3],
  ])('refuse the file with their line: %s', async (_, parts, line) => {
    const { error } = await readAll(Buffer.concat(parts.map((part) => Buffer.from(part))));
    expect(error).toMatchObject({ code: 'bad_encoding', line });
    expect(error?.text).toContain('UTF-8');
  });

  const head = 'id,label\n';
  it.each([
    ['a character begun in the chunk before is whole', 'é', 1, [], 6],
    ['three of four bytes are in the chunk before', '😀', 3, [], 6],
    ['the character begun in the chunk before is the bad one', '', 0, [0xe6], 2],
    ['a byte right at the border', '', 0, [0xff], 2],
  ])('have their true line if %s', async (_, character, before, broken, line) => {
    const first = `${head}1,${'x'.repeat(CHUNK - head.length - 2 - before - broken.length)}`;
    const rest = character === '' ? 'a\n' : `${character}\n3,c\n4,d\n5,e\n`;
    const { error } = await readAll(
      Buffer.concat([Buffer.from(first), Buffer.from(broken), Buffer.from(rest), BAD, Buffer.from('\n6,f\n')]),
    );
    expect(error).toMatchObject({ code: 'bad_encoding', line });
  });

  it('have their true line in the third chunk, just before and just after its border', async () => {
    for (const shift of [-2, -1, 0, 1, 2]) {
      const bytes = Buffer.concat([Buffer.from(head + fill(CHUNK) + fill(CHUNK - head.length + shift)), BAD]);
      expect((await readAll(bytes)).error).toMatchObject({ code: 'bad_encoding', line: 4 });
    }
  });

  it.each(['le', 'be'] as const)('of UTF-16%s: a lone surrogate, also behind the border of chunks', async (order) => {
    const text = `id\n${'x'.repeat(CHUNK / 2 - 5)}😀\n3\n\ud83d\n5\n`;
    const { error } = await readAll(utf16(text, order));
    expect(error).toMatchObject({ code: 'bad_encoding', line: 4 });
    expect(error?.text).toContain(`UTF-16${order.toUpperCase()}`);
  });

  it('of UTF-16: an odd byte at the end', async () => {
    const { error } = await readAll(Buffer.concat([utf16('id\n1\n', 'le'), Buffer.from([0x31])]));
    expect(error).toMatchObject({ code: 'bad_encoding', line: 3 });
    expect(error?.text).toContain('may have been cut off, or is not UTF-16LE');
  });
});

describe('zero bytes', () => {
  it.each([
    ['in a cell', Buffer.from('id,a\r\n1,b\r\n2,\0\r\n'), 3],
    ['UTF-16 without BOM, little end first', utf16('id,a\n', 'le', false), 1],
    ['UTF-16 without BOM, big end first', utf16('id,a\n', 'be', false), 1],
    ['a file of nothing else', Buffer.alloc(1000), 1],
    ['behind a chunk', Buffer.from(`id\n${fill(CHUNK)}3,\0`), 3],
    ['in UTF-16 with BOM', utf16('id\n1\n\0\n', 'le'), 3],
  ])('refuse the file with their line: %s', async (_, bytes, line) => {
    const { error } = await readAll(bytes);
    expect(error).toMatchObject({ code: 'bad_encoding', line });
    expect(error?.text).toContain('zero bytes');
  });
});
