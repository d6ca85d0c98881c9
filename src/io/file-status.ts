import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The links that are followed from a path at most, as the kernel does. */
const MAX_LINKS = 40;

/** The directories of the open files of a process: a name in them is not a place on a disk. */
const OPEN_FILES = /^(\/dev\/fd|\/proc\/[^/]+(\/task\/[^/]+)?\/fd)\//;

/** Whether an error of the file system says that there is no such file. Every other error says nothing about that. */
export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function presentStatus(path: string, read: (path: string) => Stats): Stats | null {
  try {
    return read(path);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** What a path leads to; null if there is nothing. Throws what the file system throws. */
export const statusOf = (path: string): Stats | null => presentStatus(path, statSync);

/** The same of the path itself: a link is not followed. */
export const linkStatusOf = (path: string): Stats | null => presentStatus(path, lstatSync);

/** Whether two paths lead to the same file: as they are written, through links, or by two names of one file. */
export function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

/**
 * Whether a path names the same file in another process too: `/dev/stdin`, `/dev/fd/N`, links to them, and pipes do
 * not. Throws what the file system throws.
 */
export function isLastingFile(path: string): boolean {
  let at = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    at = join(realpathSync(dirname(at)), basename(at));
    if (OPEN_FILES.test(at)) return false;
    const status = lstatSync(at);
    if (!status.isSymbolicLink()) return status.isFile();
    at = resolve(dirname(at), readlinkSync(at));
  }
  return false;
}
