import { createHash, hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '../core/account/digest-table.ts';
import { streamOwnFile } from './own-file.ts';

/** Returns the first half of the SHA-256 of a text. */
export const digest: Digest = (text) => {
  // As a string with a byte in each character: a million small buffers would cost more than hashing them.
  const bytes = hash('sha256', text, 'binary');
  const word = (at: number) =>
    bytes.charCodeAt(at) |
    (bytes.charCodeAt(at + 1) << 8) |
    (bytes.charCodeAt(at + 2) << 16) |
    (bytes.charCodeAt(at + 3) << 24);
  return [word(0), word(4), word(8), word(12)];
};

/** Returns the SHA-256 of one of our files in hex. Throws what the file system throws. */
export async function fileSha256(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(streamOwnFile(path), digest);
  return digest.digest('hex');
}
