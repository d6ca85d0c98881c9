import type { Job } from 'bullmq';
import { RUNS_QUEUE, runsPrefix } from '../../core/queue/protocol.ts';
import type { Queue } from '../redis/connection.ts';
import type { JobData } from './jobs.ts';

/** A run that this worker has taken from the queue of its account. */
export type ClaimedJob = {
  handover: string;
  data: JobData;
  /** Says that the job is at work, for the next `ms`. */
  keep: (ms: number) => Promise<void>;
  showProgress: (progress: object) => Promise<void>;
  /** The run has ended. */
  complete: () => Promise<void>;
  /** Another worker, or this one, takes it again. */
  putBack: () => Promise<void>;
  /** Puts it aside for some time: this worker cannot carry it out. */
  putAside: (ms: number) => Promise<void>;
};

export type AccountJobs = Awaited<ReturnType<typeof openAccountJobs>>;

/** How often jobs are looked for whose worker has died. */
const STALLED_CHECK_MS = 500;

/** Opens the queue of an account to take runs from it. `lockMs`: how long a job that is taken counts as at work. */
export async function openAccountJobs({ redis }: Queue, account: string, lockMs: number) {
  const { Worker, createRedisBackend } = await import('./bullmq.ts');
  const options = {
    connection: redis,
    prefix: runsPrefix(account),
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: STALLED_CHECK_MS,
    // The lease decides who sends: a job lives until its run has ended.
    maxStalledCount: 1e9,
    removeOnComplete: { age: 7 * 24 * 3600 },
  };
  // Jobs are asked for, not waited for. A connection of its own for each account would be too many.
  const worker = new Worker<JobData>(RUNS_QUEUE, null, options, (name, opts) => createRedisBackend(name, opts));
  worker.on('error', () => undefined);
  await worker.startStalledCheckTimer();
  return {
    /** Takes the next job; null if there is none that could be taken now. */
    async next(): Promise<ClaimedJob | null> {
      const token = `${worker.id}:0`;
      const job = (await worker.getNextJob(token, { block: false })) as Job<JobData> | undefined;
      if (job === undefined) return null;
      await worker.pause(true);
      return claimed(job, token);
    },
    close: () => worker.close(true),
  };
}

function claimed(job: Job<JobData>, token: string): ClaimedJob {
  return {
    handover: String(job.id),
    // Redis is open to others.
    data: job.data ?? {},
    keep: async (ms) => void (await job.extendLock(token, ms)),
    showProgress: (progress) => job.updateProgress(progress),
    complete: async () => void (await job.moveToCompleted('ended', token, false)),
    putBack: async () => void (await job.moveToWait(token)),
    putAside: (ms) => job.moveToDelayed(Date.now() + ms, token),
  };
}
