import { createHash } from 'node:crypto';
import type { Digest } from '../../src/core/account/digest-table.ts';

/** The first half of the SHA-256 of a text, as words with a sign. */
export const sha256: Digest = (text) => {
  const bytes = createHash('sha256').update(text).digest();
  return [bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)];
};
