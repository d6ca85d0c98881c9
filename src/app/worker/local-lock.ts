import { type Lock, NoLocks, takeLock } from '../../io/run/lock.ts';
import { accountLockPath } from '../run/state-directory.ts';
import type { Serving } from './serving.ts';

const NOT_LOCKED: Lock = { release: () => undefined };

let isWarned = false;

/**
 * Shares the lock of an account on this host with other workers, so that no run without a queue starts beside them. Null
 * if such a run has it. Throws what the file system throws.
 */
export async function shareAccountLock(
  { key, baseUrl }: { key: string; baseUrl: string },
  { settings, context, worker, log }: Serving,
): Promise<Lock | null> {
  if (settings.no_lock) return NOT_LOCKED;
  const path = accountLockPath({ ...settings, base_url: baseUrl }, key, context);
  const { pid, host, id } = worker;
  try {
    return await takeLock(path, { pid, host, since: new Date().toISOString(), what: `worker ${id}` }, true);
  } catch (error) {
    if (!(error instanceof NoLocks)) throw error;
    if (!isWarned)
      log.log('warn', 'worker.no_locks', `runs without a queue on this host are not kept apart: ${error.message}`);
    isWarned = true;
    return NOT_LOCKED;
  }
}
