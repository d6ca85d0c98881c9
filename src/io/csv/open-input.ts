import { constants, createReadStream, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { foreignFormat } from '../../core/input/foreign-format.ts';
import type { FileError } from '../../core/input/rejection.ts';
import { statusOf } from '../file-status.ts';
import { createDecoder, encodingOf } from './decoder.ts';
import type { CsvError } from './record.ts';

/** How much of an input is read to see what it is. */
const HEAD_BYTES = 64 * 1024;
/** A file of which more cannot be decoded is no text at all. */
const MAX_UNDECODED_SHARE = 0.1;

/** What the file system throws while an input is read, as opposed to while its copy is written. */
export class ReadError extends Error {}

/** The same error, marked as one of reading if it is of the file system. */
function ofReading(cause: unknown): unknown {
  const { errno, message } = cause as NodeJS.ErrnoException;
  return typeof errno === 'number' ? new ReadError(message, { cause }) : cause;
}

export type OpenedInput = {
  /** Why the file cannot be a CSV; null if its first block does not show that. */
  error: FileError | null;
  /** All bytes from the start. Throws ReadError and the signal's reason. */
  bytes: () => AsyncGenerator<Uint8Array>;
  close: () => void;
};

/** Why the first block of a file shows that it is not a CSV; null if it does not. */
function headError(head: Uint8Array): FileError | null {
  const encoding = encodingOf(head);
  const text = new TextDecoder(encoding).decode(head);
  const what = foreignFormat(Buffer.from(head).toString('latin1'), text);
  if (what !== null) return { code: 'not_csv', text: `the file is ${what}`, line: null };
  const undecoded = text.split('\uFFFD').length - 1;
  const isBinary = head.length >= HEAD_BYTES && undecoded > text.length * MAX_UNDECODED_SHARE;
  if (!isBinary && !text.includes('\0')) return null;
  try {
    createDecoder(encoding)(head);
    return null;
  } catch (error) {
    return (error as CsvError).fileError;
  }
}

/** Reads a path. A named pipe must be opened without blocking: until a process writes, nothing could end the command. */
function streamOf(path: string): Readable {
  if (statusOf(path)?.isFIFO() !== true || process.platform === 'win32') return createReadStream(path);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

/**
 * Opens an input and reads its first block, so that a file that is not a CSV is refused before a byte of it is copied.
 * Opens a path only once, because it may be a pipe. Errors of reading are thrown by `bytes`. `onChunk` is called for all
 * that is read.
 */
export async function openInput(
  from: string | NodeJS.ReadableStream,
  signal: AbortSignal,
  onChunk: () => void = () => undefined,
): Promise<OpenedInput> {
  const stream = addAbortSignal(signal, typeof from === 'string' ? streamOf(from) : (from as Readable));
  const chunks: Uint8Array[] = [];
  let size = 0;
  const rest = stream[Symbol.asyncIterator]();
  let failure: unknown = null;
  try {
    while (size < HEAD_BYTES) {
      const next = await rest.next();
      if (next.done === true) break;
      onChunk();
      chunks.push(Buffer.from(next.value as Uint8Array));
      size += (chunks.at(-1) as Uint8Array).length;
    }
  } catch (error) {
    failure = error;
  }
  return {
    error: failure === null ? headError(Buffer.concat(chunks).subarray(0, HEAD_BYTES)) : null,
    async *bytes() {
      yield* chunks.splice(0);
      if (failure !== null) throw ofReading(failure);
      const following = () =>
        rest.next().catch((error: unknown) => {
          throw ofReading(error);
        });
      for (let next = await following(); next.done !== true; next = await following()) {
        onChunk();
        yield Buffer.from(next.value);
      }
    },
    close: () => stream.destroy(),
  };
}
