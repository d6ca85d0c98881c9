import type { Job, Queue as Jobs } from 'bullmq';
import { type HandoverRef, KEYS, PROTOCOL, RUNS_QUEUE, runsPrefix, waitingKey } from '../../core/queue/protocol.ts';
import type { Queue } from '../redis/connection.ts';

/** What a job says. The rest of its run is in the record. */
export type JobData = { protocol: number; run_id: string; handover: string };

/** `active`: a worker has it. */
export type JobState = 'waiting' | 'active' | 'ended';

export type QueuedJob = { handover: string; state: JobState; data: JobData; progress: unknown };

/** The most jobs of a state that are listed. */
const MAX_LISTED = 100;

const WEEK_SECONDS = 7 * 24 * 3600;

const OPTIONS = {
  // The lease decides who sends. A job lives until its run has ended.
  attempts: 1e9,
  backoff: { type: 'fixed', delay: 1000 },
  removeOnComplete: { age: WEEK_SECONDS },
  removeOnFail: { age: WEEK_SECONDS },
};

/** Opens the BullMQ queue of an account for the time of a call. */
async function withJobs<T>({ redis }: Queue, account: string, use: (jobs: Jobs) => Promise<T>): Promise<T> {
  const { Queue: Jobs } = await import('./bullmq.ts');
  const jobs = new Jobs(RUNS_QUEUE, { connection: redis, prefix: runsPrefix(account) });
  jobs.on('error', () => undefined);
  try {
    return await use(jobs);
  } finally {
    await jobs.close();
  }
}

const stateText = (state: string): JobState =>
  state === 'active' ? 'active' : state === 'completed' || state === 'failed' ? 'ended' : 'waiting';

/** Adds the job of a run that was handed over, and says that its account has one. Adding it again changes nothing. */
export async function addJob(queue: Queue, { account, handover }: HandoverRef, runId: string): Promise<void> {
  const data: JobData = { protocol: PROTOCOL, run_id: runId, handover };
  await withJobs(queue, account, async (jobs) => {
    await jobs.setGlobalConcurrency(1);
    await jobs.add('run', data, { ...OPTIONS, jobId: handover });
  });
  await markWaiting(queue, account);
}

/** Removes the job of a run if no worker has it. Returns whether it is removed, or was not there. */
export async function removeJob(queue: Queue, { account, handover }: HandoverRef): Promise<boolean> {
  return withJobs(queue, account, async (jobs) => {
    const job: Job | undefined = await jobs.getJob(handover);
    if (job === undefined) return true;
    // It refuses a job that a worker has taken in the meantime.
    return job.remove().then(
      () => true,
      () => false,
    );
  });
}

/** What the worker of a run last said of its progress, whatever it is; null if it has said nothing. */
export async function readProgress({ redis }: Queue, { account, handover }: HandoverRef): Promise<unknown> {
  const text = await redis.hget(`${runsPrefix(account)}:${RUNS_QUEUE}:${handover}`, 'progress');
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** The jobs of an account, those at work first. */
export async function readJobs(queue: Queue, account: string): Promise<QueuedJob[]> {
  return withJobs(queue, account, async (jobs) => {
    const states = ['active', 'waiting', 'delayed', 'prioritized', 'failed', 'completed'] as const;
    const found = await Promise.all(
      states.map(async (state) => {
        const list: Job<JobData>[] = await jobs.getJobs([state], 0, MAX_LISTED - 1);
        return list.filter(Boolean).map(
          (job): QueuedJob => ({
            handover: String(job.id),
            state: stateText(state),
            // Redis is open to others.
            data: job.data ?? {},
            progress: job.progress,
          }),
        );
      }),
    );
    return found.flat();
  });
}

/** Whether an account has jobs that wait or are at work. `isSoon`: without those that were put aside. */
export async function hasJobs(queue: Queue, account: string, isSoon = false): Promise<boolean> {
  const aside = isSoon ? [] : (['delayed'] as const);
  return withJobs(queue, account, async (jobs) => {
    return (await jobs.getJobCountByTypes('waiting', 'active', 'prioritized', ...aside)) > 0;
  });
}

/** The accounts that have runs to carry out, the one that has waited longest first. */
export function waitingAccounts({ redis }: Queue, protocol = PROTOCOL): Promise<string[]> {
  return redis.zrange(waitingKey(protocol), '0', '-1');
}

/** Says that an account has a run to carry out. It keeps its place in the line, unless `atEnd`. */
export async function markWaiting({ redis }: Queue, account: string, atEnd = false): Promise<void> {
  if (atEnd) await redis.zadd(KEYS.waiting, Date.now(), account);
  else await redis.zadd(KEYS.waiting, 'NX', Date.now(), account);
}

/** Takes an account out of the line if it has no more jobs. One that came meanwhile is seen. Returns whether it did. */
export async function markDrained(queue: Queue, account: string): Promise<boolean> {
  if (await hasJobs(queue, account)) return false;
  await queue.redis.zrem(KEYS.waiting, account);
  if (!(await hasJobs(queue, account))) return true;
  await markWaiting(queue, account);
  return false;
}
