import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest, fileSha256 } from '../../src/io/digest.ts';
import { tempDir, tempFile } from '../support/temp.ts';

describe('digest', () => {
  it('is the first half of the SHA-256 of any text, as four words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = createHash('sha256').update(text, 'utf8').digest();
        const words = [0, 4, 8, 12].map((at) => bytes.readInt32LE(at));
        expect(digest(text)).toEqual(words);
      }),
    );
  });
});

describe('fileSha256', () => {
  it('is the digest of the bytes of a file of any length', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from([0xff, 0x00, 0x0d]), Buffer.alloc(300_000, 'é')]) {
      expect(await fileSha256(tempFile(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('throws what the file system throws', async () => {
    await expect(fileSha256('/nonexistent/plan.csv')).rejects.toThrow('ENOENT');
    await expect(fileSha256(tempDir())).rejects.toThrow('is a directory');
  });
});
