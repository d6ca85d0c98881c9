import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openInput } from '../../../src/io/csv/open-input.ts';
import { tempFile } from '../../support/temp.ts';

const never = new AbortController().signal;
const BLOCK = 64 * 1024;

async function all(bytes: AsyncGenerator<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('an input', () => {
  it.each([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK])('of %i bytes is returned whole', async (size) => {
    const bytes = Buffer.alloc(size, 'id,product\n');
    const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 10), bytes.subarray(10)].filter(({ length }) => length > 0);
    for (const from of [tempFile(bytes), Readable.from(pieces)]) {
      const opened = await openInput(from, never);
      expect(opened.error).toBeNull();
      expect((await all(opened.bytes())).equals(bytes)).toBe(true);
    }
  });

  it('is not read beyond its first block before it is asked for', async () => {
    let read = 0;
    const endless = Readable.from(
      (function* () {
        for (; ; read += BLOCK) yield Buffer.alloc(BLOCK);
      })(),
      { highWaterMark: 1 },
    );
    const { error, close } = await openInput(endless, never);
    close();
    expect(error).toMatchObject({ code: 'bad_encoding', line: 1 });
    expect(error?.text).toContain('zero bytes');
    expect(read).toBeLessThanOrEqual(4 * BLOCK);
  });

  it.each([
    ['a workbook', 'PK\x03\x04[Content_Types].xml xl/', 'not_csv', null],
    ['zero bytes below the first line', 'id,product\n1,\0\n', 'bad_encoding', 2],
    ['zero bytes behind a byte order mark', '\xff\xfei\0d\0\n\0\0\0', 'bad_encoding', 2],
    ['bytes of no text', '\xff\xf0\x80a'.repeat(BLOCK), 'bad_encoding', 1],
  ])('with %s is refused', async (_, latin1, code, line) => {
    const { error, close } = await openInput(tempFile(Buffer.from(latin1, 'latin1')), never);
    close();
    expect(error).toMatchObject({ code, line });
  });

  it.each([
    ['a few bytes that are not UTF-8', Buffer.from('id,n\n1,M\xfcller\n', 'latin1')],
    ['UTF-16', Buffer.from('\uFEFFid,product\n', 'utf16le')],
    ['a character at the border of the block', Buffer.from(`${'x'.repeat(BLOCK - 1)}é${'é'.repeat(BLOCK)}`)],
  ])('with %s is read on', async (_, bytes) => {
    const opened = await openInput(Readable.from([bytes]), never);
    expect(opened.error).toBeNull();
    expect((await all(opened.bytes())).equals(bytes)).toBe(true);
  });

  it('throws what the file system throws when it is read, not when it is opened', async () => {
    const opened = await openInput('/nonexistent/in.csv', never);
    expect(opened.error).toBeNull();
    await expect(all(opened.bytes())).rejects.toThrow('ENOENT');
  });

  it('ends with the reason of a signal, before its first block and behind it', async () => {
    for (const pieces of [[], [Buffer.alloc(BLOCK, 'a')]]) {
      const controller = new AbortController();
      const silent = new Readable({ read: () => undefined });
      for (const piece of pieces) silent.push(piece);
      const opening = openInput(silent, controller.signal);
      if (pieces.length > 0) await opening;
      setImmediate(() => controller.abort('SIGINT'));
      const opened = await opening;
      await expect(all(opened.bytes())).rejects.toThrow('abort');
      expect(silent.destroyed).toBe(true);
    }
  });
});
