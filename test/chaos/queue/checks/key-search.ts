import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { Fail } from '../../checks/violations.ts';

/** Shorter pieces of base64 are words and ids. */
const BASE64 = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
/** The second bytes of the headers that zlib writes. */
const ZLIB_LEVELS = [0x01, 0x5e, 0x9c, 0xda];

/** The content of what is compressed at the start of a piece, or null. What follows it does not matter. */
function inflated(piece: Buffer, inflate: (data: Buffer) => Buffer): Buffer | null {
  try {
    return inflate(piece);
  } catch {
    return null;
  }
}

/** The contents of everything in data that looks compressed with a header of zlib or gzip. */
function* contents(data: Buffer): Generator<Buffer | null> {
  for (let at = 0; at + 1 < data.length; at++) {
    const isZlib = data[at] === 0x78 && ZLIB_LEVELS.includes(data[at + 1] as number);
    if (isZlib || (data[at] === 0x1f && data[at + 1] === 0x8b))
      yield inflated(data.subarray(at), isZlib ? inflateSync : gunzipSync);
  }
}

/** Whether data holds the key as it is, in base64, or compressed. */
export function holdsKey(data: Buffer, key: string): boolean {
  const holds = (piece: Buffer | null) => piece?.includes(key) === true;
  const within = (piece: Buffer) => holds(piece) || [...contents(piece)].some(holds);
  const decoded = (data.toString('latin1').match(BASE64) ?? []).map((text) => Buffer.from(text, 'base64'));
  return within(data) || decoded.some((piece) => within(piece) || holds(inflated(piece, inflateRawSync)));
}

/** The key must not be in any file below `dir`: run directories, logs, output, the files of Redis. */
export async function checkFiles(dir: string, key: string, fail: Fail): Promise<number> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    if (holdsKey(readFileSync(path), key)) fail('other', `the key is in ${relative(dir, path)}`);
    // Servers of the proof must answer meanwhile.
    await setImmediate();
  }
  return files.length;
}
