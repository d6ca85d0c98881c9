import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  type ReadStream,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { visible } from '../core/text/visible.ts';

/*
 * The files that this program makes for itself, in run directories and in the state directory. Such a directory may come
 * from elsewhere, and a link or a pipe in it must not lead to another file or wait for ever.
 */

/** One of our files is something else: a link, a pipe, a device, a directory. */
export class NotPlainFileError extends Error {}

// Windows has neither.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
const SAFE = O_NOFOLLOW | O_NONBLOCK;
/** The ways to open one of our files. Without O_NONBLOCK, to open a pipe would wait for its other end. */
const MODES = {
  read: constants.O_RDONLY | SAFE,
  append: constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | SAFE,
};

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function checkStats(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  throw new NotPlainFileError(
    `${visible(path)} is ${kindOf(stats)}, and the files of a run must be plain files. Fix: replace it by a plain file`,
  );
}

/** What is appended to a file with a second name would change that other file too. */
function checkNames(stats: Stats, path: string): void {
  if (stats.nlink <= 1) return;
  const shown = visible(path);
  throw new NotPlainFileError(
    `${shown} has another name (a hard link), and writing to it would change that file too. Fix: replace it by a copy of its own`,
  );
}

/** Throws NotPlainFileError if a path exists and is not a plain file. */
export function checkPlainFile(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) checkStats(stats, path);
}

/**
 * Opens one of our files. `append` creates it, and allows reading too. Throws NotPlainFileError, and what the file
 * system throws.
 */
export function openOwnFile(path: string, how: keyof typeof MODES): number {
  // First by name: to open a device may have an effect.
  checkPlainFile(path);
  const file = openSync(path, MODES[how], 0o600);
  try {
    const stats = fstatSync(file);
    checkStats(stats, path);
    if (how === 'append') checkNames(stats, path);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Opens one of our files for appending without blocking. Throws like `openOwnFile`. */
export async function openOwnHandle(path: string): Promise<FileHandle> {
  checkPlainFile(path);
  const handle = await open(path, MODES.append, 0o600);
  try {
    const stats = await handle.stat();
    checkStats(stats, path);
    checkNames(stats, path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Opens one of our files as a stream of bytes or, with an encoding, of text. Throws like `openOwnFile`. */
export function streamOwnFile(path: string, encoding?: 'utf8'): ReadStream {
  return createReadStream(path, { fd: openOwnFile(path, 'read'), ...(encoding === undefined ? {} : { encoding }) });
}

/** Reads one of our files as a whole. Throws like `openOwnFile`, and if it is too large. */
export function readOwnFile(path: string, maxBytes = Number.POSITIVE_INFINITY): string {
  const file = openOwnFile(path, 'read');
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) throw new Error(`${visible(path)} has ${size} bytes, and at most ${maxBytes} were expected`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Opens a new file under a name that is given to it when it is complete; what is there under that name is removed. */
export function openDraft(draft: string): number {
  rmSync(draft, { force: true });
  return openSync(draft, 'wx', 0o600);
}

/**
 * Replaces one of our files (0600) atomically: it is never half-written. Without `isDurable`, a power cut may lose it.
 * Throws what the file system throws.
 */
export function replaceOwnFile(path: string, text: string, isDurable = true): void {
  const draft = `${path}.${process.pid}`;
  const file = openDraft(draft);
  try {
    try {
      writeFileSync(file, text);
      if (isDurable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
