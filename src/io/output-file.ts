import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  fstatSync,
  fsyncSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLastingFile, linkStatusOf, statusOf } from './file-status.ts';

const MAX_LINKS = 40;
const GROUP_MODE = 0o070;
const PIPE_PAUSE_MS = 20;
/** A pipe whose reader takes nothing for this long is given up. */
const MAX_PIPE_WAIT_MS = 60_000;

/** The file that a path of the user leads to, also through a link whose file is not there yet. */
export function targetOf(path: string): string {
  let at = path;
  for (let links = 0; links < MAX_LINKS && linkStatusOf(at)?.isSymbolicLink() === true; links++) {
    at = resolve(dirname(at), readlinkSync(at));
  }
  return at;
}

/** A name next to a file, short enough for every file system. */
function draftOf(target: string): string {
  return join(dirname(target), `.${randomBytes(6).toString('hex')}.tmp`);
}

/** Throws what the file system throws if a file could not be put at this place. Leaves nothing behind. */
export function tryToReplace(target: string): void {
  const draft = draftOf(target);
  closeSync(openSync(draft, 'wx', 0o600));
  rmSync(draft);
}

/** Gives a file the owner, group and mode of the one that it replaces, as far as this user may. */
function takeOver(path: string, { uid, gid, mode }: Stats): void {
  try {
    chownSync(path, uid, gid);
  } catch {
    try {
      chownSync(path, -1, gid);
    } catch {
      // The group of this process must not get what was open to another group.
      chmodSync(path, mode & 0o777 & ~GROUP_MODE);
      return;
    }
  }
  chmodSync(path, mode & 0o7777);
}

/** Replaces a file atomically by one that `fill` makes under another name. It takes over owner, group and mode. */
function replaceFile(fill: (draft: string) => void, target: string, old: Stats | null): void {
  const draft = draftOf(target);
  try {
    fill(draft);
    if (old !== null) takeOver(draft, old);
    const file = openSync(draft, 'r+');
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Writes all bytes. Waits while a pipe is full, but not for ever. */
async function writeAll(file: number, bytes: Uint8Array): Promise<void> {
  let waitedMs = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
      waitedMs = 0;
    } catch (error) {
      const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
      if (!isFull || waitedMs >= MAX_PIPE_WAIT_MS) throw error;
      await sleep(PIPE_PAUSE_MS);
      waitedMs += PIPE_PAUSE_MS;
    }
  }
}

/** Writes into a pipe, a device or an open file. A pipe that no process reads is an error, and never waited for. */
async function writeInto(from: string, to: string, onOpen: () => void): Promise<void> {
  const file = openSync(to, constants.O_WRONLY | constants.O_APPEND | (constants.O_NONBLOCK ?? 0));
  try {
    for await (const chunk of createReadStream(from).once('open', onOpen)) await writeAll(file, chunk as Buffer);
  } finally {
    closeSync(file);
  }
}

/**
 * Copies a file to a path of the user: atomically, with owner, group and mode of the file that is there; into a pipe or
 * a device as it is. Follows links. Throws what the file system throws. `onOpen`: called when the name of the file is
 * needed no longer, which is before a pipe is read to its end.
 */
export async function copyToPath(from: string, to: string, onOpen: () => void = () => undefined): Promise<void> {
  const old = statusOf(to);
  if (old !== null && !isLastingFile(to)) await writeInto(from, to, onOpen);
  else replaceFile((draft) => copyFileSync(from, draft, constants.COPYFILE_EXCL), targetOf(to), old);
}

/** The errors of a stream whose reader has gone. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

function writeChunk(stream: NodeJS.WriteStream, chunk: Uint8Array): Promise<void> {
  return new Promise((written, failed) => {
    stream.write(chunk, (error?: NodeJS.ErrnoException | null) => {
      const isOver = stream.isTTY === true || READER_GONE.has(error?.code ?? '');
      if (error && !isOver) failed(error);
      else written();
    });
  });
}

/**
 * Copies a file to standard output, which may be a file itself. A reader that has gone is no error. Throws what the file
 * system throws. `onOpen`: as for copyToPath.
 */
export async function copyToStream(
  from: string,
  stream: NodeJS.WriteStream,
  onOpen: () => void = () => undefined,
): Promise<void> {
  const { fd } = stream as { fd?: number };
  // The stream of Node takes a part that was written, as the last one on a full disk, for the whole.
  const file = fd !== undefined && fstatSync(fd).isFile() ? fd : null;
  for await (const chunk of createReadStream(from).once('open', onOpen)) {
    await (file === null ? writeChunk(stream, chunk as Buffer) : writeAll(file, chunk as Buffer));
  }
}

/** Everyone may read it: a program of another user does. */
const PUBLIC_MODE = 0o644;

/** Replaces a file that programs of other users read, atomically. Follows links. Throws what the file system throws. */
export function replacePublicFile(to: string, text: string): void {
  const fill = (draft: string) => {
    writeFileSync(draft, text, { flag: 'wx' });
    // Whatever the umask says.
    chmodSync(draft, PUBLIC_MODE);
  };
  replaceFile(fill, targetOf(to), statusOf(to));
}
