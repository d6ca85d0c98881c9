import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Who holds a lock, as the holder has written it into the file. */
export type Holder = { pid: number; host: string; since: string; what: string };

/** A lock that is held until it is released or the process ends, however it ends. */
export type Lock = { release: () => void };

/** Locks cannot be had here: the module does not load, or the file system has none. */
export class NoLocks extends Error {}

type TryLock = typeof import('fs-native-extensions').tryLock;

/**
 * Not the bytes of the text but one far behind them is locked: on Windows nobody else could read those. It is a kernel
 * lock (fcntl of an open file on Linux): freed at once when the holder dies, and never given away while it lives.
 */
const LOCKED_BYTE = 1_000_000;
// What file systems answer that have no locks.
const WITHOUT_LOCKS = new Set(['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);

async function loadTryLock(): Promise<TryLock> {
  try {
    return (await import('fs-native-extensions')).tryLock;
  } catch (error) {
    throw new NoLocks(`the lock module does not load here (${(error as Error).message.split('\n')[0]})`);
  }
}

function attempt(tryLock: TryLock, file: number, shared: boolean): boolean {
  try {
    return tryLock(file, LOCKED_BYTE, 1, { shared });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (WITHOUT_LOCKS.has(code ?? '')) throw new NoLocks(`the file system gives no locks (${code ?? message})`);
    throw error;
  }
}

/** What the holder of a lock has written about itself; null where nothing can be read. */
export function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

/**
 * Takes the lock of a file, which is made where it is not there. Null where somebody else holds it. Throws NoLocks, or
 * what the file system throws.
 */
export async function takeLock(path: string, holder: Holder): Promise<Lock | null> {
  const tryLock = await loadTryLock();
  const file = openSync(path, 'a+', 0o600);
  try {
    if (!attempt(tryLock, file, false)) {
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

/** Whether somebody holds the lock of a file; a file that is not there is held by nobody. Throws NoLocks. */
export async function isLocked(path: string): Promise<boolean> {
  const tryLock = await loadTryLock();
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    return !attempt(tryLock, file, true);
  } finally {
    closeSync(file);
  }
}
