import { shortAccount } from '../../core/queue/protocol.ts';
import { type AccountJobs, type ClaimedJob, openAccountJobs } from '../../io/queue/account-jobs.ts';
import { hasJobs, markDrained, markWaiting } from '../../io/queue/jobs.ts';
import { readLease } from '../../io/queue/lease.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import type { Serving } from './serving.ts';

/** How long a run that this worker cannot carry out is put aside. */
const ASIDE_MS = 60_000;
const JOB_CHECK_MS = 200;
const TRY_AGAIN_MS = 500;

/**
 * Waits for a job of an account: the job of a worker that died is free a moment after its lease. Returns null if there
 * is no job, if another worker has it, or if this one is to end.
 */
async function waitForJob(jobs: AccountJobs, account: string, serving: Serving): Promise<ClaimedJob | null> {
  const { queue, clock, drain, settings } = serving;
  const until = clock.now() + settings.lease;
  while (drain.asked() === null && clock.now() < until) {
    const job = await jobs.next();
    if (job !== null) return job;
    if (!(await hasJobs(queue, account, true)) || (await readLease(queue, account)) !== null) return null;
    await clock.sleep(JOB_CHECK_MS).done;
  }
  return null;
}

/** Says so often enough that a job is at work that no other worker takes it. */
function keepJob(job: ClaimedJob, lockMs: number): () => void {
  const timer = setInterval(() => void job.keep(lockMs).catch(() => undefined), lockMs / 3);
  return () => clearInterval(timer);
}

/** Carries a run out, again if the lease was lost and is free. */
async function carryOutToEnd(job: ClaimedJob, account: string, serving: Serving): Promise<CarriedOut> {
  for (;;) {
    const carried = await carryOut(job, account, serving);
    if (carried.kind !== 'left' || serving.drain.asked() !== null) return carried;
    await serving.clock.sleep(TRY_AGAIN_MS).done;
  }
}

/** Puts a job where it belongs. If another worker has it by now, that one decides. */
async function place(job: ClaimedJob, carried: CarriedOut): Promise<void> {
  const moved =
    carried.kind === 'ended' ? job.complete() : carried.kind === 'foreign' ? job.putAside(ASIDE_MS) : job.putBack();
  await moved.catch(() => undefined);
}

/** Serves an account for one run, or until it is clear that there is none to be had. Returns whether there was one. */
export async function takeTurn(account: string, serving: Serving): Promise<boolean> {
  const { queue, log, settings } = serving;
  const jobs = await openAccountJobs(queue, account, settings.lease);
  try {
    const job = await waitForJob(jobs, account, serving);
    if (job !== null) {
      const endKeeping = keepJob(job, settings.lease);
      const carried = await carryOutToEnd(job, account, serving).finally(endKeeping);
      if (carried.kind === 'foreign') {
        const fields = { account: shortAccount(account), run: job.data.run_id };
        log.log('warn', 'run.foreign', `a run is left alone: ${carried.why}`, fields);
      }
      await place(job, carried);
    }
    // Other accounts that wait for a place come first.
    if (!(await markDrained(queue, account))) await markWaiting(queue, account, true);
    return job !== null;
  } finally {
    await jobs.close();
  }
}
