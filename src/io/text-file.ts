import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { thousands } from '../core/text/text.ts';

/** A file that was read and is not the text that was expected. The message continues a sentence after its name. */
export class NotText extends Error {}

/** How a file is read. `pause` waits before a pipe is tried again. */
export type TextFileOptions = { maxBytes: number; pause?: (ms: number) => void };

const PAUSE_MS = 20;
/** A pipe, such as `<(pass show telnyx)`, may need a moment. Without an end, a FIFO that no one writes would hang. */
const MAX_PIPE_WAIT_MS = 15_000;

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Reads a descriptor to its end, or one byte more than `maxBytes`. */
function readBytes(file: number, isNamedPipe: boolean, { maxBytes, pause = sleep }: TextFileOptions): Buffer {
  const bytes = Buffer.alloc(maxBytes + 1);
  let length = 0;
  let waitedMs = 0;
  while (length < bytes.length) {
    let read = -1;
    try {
      read = readSync(file, bytes, length, bytes.length - length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    if (read > 0) {
      length += read;
      continue;
    }
    // A named pipe without a writer looks like its end.
    if (read === 0 && !(isNamedPipe && length === 0)) break;
    if (waitedMs >= MAX_PIPE_WAIT_MS) throw new NotText(`is a pipe that did not end within ${waitedMs / 1000}s`);
    pause(PAUSE_MS);
    waitedMs += PAUSE_MS;
  }
  return bytes.subarray(0, length);
}

function decode(bytes: Buffer): string {
  const start = bytes.toString('hex', 0, 2);
  // Without a BOM, every second byte of English text is zero.
  const head = bytes.subarray(0, 64);
  const isWide = [0, 1].some((odd) => head.length > 1 && head.every((byte, at) => (byte === 0) === (at % 2 === odd)));
  if (isWide || start === 'fffe' || start === 'feff') throw new NotText('is in UTF-16; save it as UTF-8');
  if (bytes.includes(0)) throw new NotText('contains zero bytes, so it is not text');
  return new TextDecoder().decode(bytes);
}

/**
 * Reads a small text file, without its BOM. Pipes work too. Throws NotText if it is too large, in UTF-16 or binary, and
 * what the file system throws.
 */
export function readTextFile(path: string, options: TextFileOptions): { text: string; stats: Stats } {
  // Without O_NONBLOCK, opening a pipe waits for its writer.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file);
    const bytes = readBytes(file, stats.isFIFO() && lstatSync(path).isFIFO(), options);
    if (bytes.length > options.maxBytes) {
      throw new NotText(`is larger than ${thousands(options.maxBytes)} bytes`);
    }
    return { text: decode(bytes), stats };
  } finally {
    closeSync(file);
  }
}
