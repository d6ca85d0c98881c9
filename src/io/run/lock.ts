import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { printable } from '../../core/text/text.ts';
import { isAbsent } from '../file-status.ts';
import { openOwnFile, readOwnFile } from '../own-file.ts';

/** The holder of a lock, as it describes itself in the file. */
export type Holder = { pid: number; host: string; since: string; what: string };

/** A lock that is held until it is released or the process ends in any way. */
export type Lock = { release: () => void };

/** Thrown if locks do not work here: the module does not load, or the file system has no locks. */
export class NoLocks extends Error {}

type TryLock = typeof import('fs-native-extensions').tryLock;

/**
 * The locked byte is far behind the text, because Windows lets no other process read locked bytes. It is a kernel lock
 * (of an open file on Linux): it ends at once with its holder, and never before.
 */
const LOCKED_BYTE = 1_000_000;
/** Far longer than what the holder writes. */
const MAX_HOLDER_BYTES = 64 * 1024;
/** What file systems without locks return. */
const NO_LOCK_CODES = new Set(['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);

async function loadTryLock(): Promise<TryLock> {
  try {
    return (await import('fs-native-extensions')).tryLock;
  } catch (error) {
    throw new NoLocks(`the lock module does not load here (${(error as Error).message.split('\n')[0]})`);
  }
}

function tryToLock(tryLock: TryLock, file: number, shared: boolean): boolean {
  try {
    return tryLock(file, LOCKED_BYTE, 1, { shared });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (NO_LOCK_CODES.has(code ?? '')) throw new NoLocks(`the file system has no locks (${code ?? message})`);
    throw error;
  }
}

/** Reads who holds a lock; null if that cannot be read. */
export function readHolder(path: string): Holder | null {
  try {
    const { pid, ...texts } = JSON.parse(readOwnFile(path, MAX_HOLDER_BYTES)) as Record<keyof Holder, unknown>;
    const text = (name: keyof typeof texts) => printable(String(texts[name]));
    return typeof pid === 'number' ? { pid, host: text('host'), since: text('since'), what: text('what') } : null;
  } catch {
    return null;
  }
}

/**
 * Takes the lock of a file, which is created if it does not exist. Returns null if another process holds it. `shared`:
 * others may share it, and none may have it alone. Throws NoLocks, or what the file system throws.
 */
export async function takeLock(path: string, holder: Holder, shared = false): Promise<Lock | null> {
  const tryLock = await loadTryLock();
  const file = openOwnFile(path, 'append');
  try {
    if (!tryToLock(tryLock, file, shared)) {
      closeSync(file);
      return null;
    }
    ftruncateSync(file);
    writeSync(file, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return { release: () => closeSync(file) };
}

/** Whether a process holds the lock of a file; false if there is no file. Throws NoLocks. */
export async function isLocked(path: string): Promise<boolean> {
  const tryLock = await loadTryLock();
  let file: number;
  try {
    file = openOwnFile(path, 'read');
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  try {
    return !tryToLock(tryLock, file, true);
  } finally {
    closeSync(file);
  }
}
