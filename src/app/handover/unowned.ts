import { type LeaseOwner, shortAccount, type WorkerRecord } from '../../core/queue/protocol.ts';
import { commandLine } from '../../core/text/shell.ts';
import { count } from '../../core/text/text.ts';
import { realClock } from '../../io/clock.ts';
import { addJob } from '../../io/queue/jobs.ts';
import { hasRun, readLease } from '../../io/queue/lease.ts';
import { readWorkers } from '../../io/queue/registry.ts';
import type { Invocation } from '../invocation.ts';
import { queueFlags } from '../run/open.ts';
import type { HandedOver } from './hand-over.ts';

/** A worker that has died is replaced sooner. */
const UNOWNED_MS = 30_000;
/** Redis may have forgotten the job, and a worker that died may have taken the account out of the line. */
const ADD_AGAIN_MS = 5000;

/** Why no worker has a run. */
function whyUnowned(
  { queue, ref }: HandedOver,
  workers: readonly WorkerRecord[],
  owner: LeaseOwner | null,
  invocation: Invocation,
): string {
  const account = `account ${shortAccount(ref.account)}`;
  const start = commandLine(invocation.context.program, 'worker', ...queueFlags(invocation));
  if (workers.length === 0) return `no worker is at work on ${queue.name}. Start one with the key: ${start}`;
  const knowing = workers.filter(({ accounts }) => accounts.includes(ref.account)).length;
  if (knowing === 0) {
    const how = `Give one the key of ${account}, or start one that has it: ${start}`;
    return `${count(workers.length, 'worker')} at work on ${queue.name}, and none has the key of this run. ${how}`;
  }
  if (owner !== null) return `${account} is busy with ${owner.what} (process ${owner.pid} on ${owner.host})`;
  return `each worker with the key of ${account} is busy with other accounts`;
}

/** Watches whether a worker has a run, and returns that. `onUnowned` is called once with each reason why none has had it for long. */
export function watchUnowned(
  over: HandedOver,
  invocation: Invocation,
  onUnowned: (why: string) => void,
  now = realClock.now,
) {
  const { queue, ref, started } = over;
  let unownedSince: number | null = now();
  let addedAt = unownedSince;
  let lastWhy = '';
  return async function look(): Promise<boolean> {
    const lease = await readLease(queue, ref.account);
    const owner = lease?.owner ?? null;
    if (hasRun(owner, started.run.manifest.run_id)) {
      unownedSince = null;
      return true;
    }
    unownedSince ??= now();
    if (now() - Math.max(unownedSince, addedAt) >= ADD_AGAIN_MS) {
      addedAt = now();
      await addJob(queue, ref, started.run.manifest.run_id);
    }
    if (now() - unownedSince < UNOWNED_MS) return false;
    const why = whyUnowned(over, await readWorkers(queue), owner, invocation);
    if (why !== lastWhy) onUnowned(why);
    lastWhy = why;
    return false;
  };
}
