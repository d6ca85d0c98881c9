import { BaseAdapter } from '@bull-board/api/dist/queueAdapters/base.js';
import type { JobStatus, QueueJob, QueueJobJson } from '@bull-board/api/typings/app';
import type { Job, JobType, Queue } from 'bullmq';

/** The queue of an account, and the names that the board shows it under. */
export type BoardQueue = { name: string; title: string; queue: Queue };

const STATUSES: JobStatus[] = ['active', 'waiting', 'delayed', 'completed', 'failed'];

/** Throws: the board only reads. No route that would call this is served either. */
function refuse(): never {
  throw new Error('the board is read only');
}

/** The percentage of rows that have an outcome, from what the worker reports. */
function percentOf(progress: unknown): number {
  const { done, total } = (progress ?? {}) as { done?: unknown; total?: unknown };
  if (typeof done !== 'number' || typeof total !== 'number' || total <= 0) return 0;
  return Math.round((100 * done) / total);
}

/** A job without its data, options and errors: the run, when it was added and taken, and how far it is. */
function jobView(job: Job): QueueJob {
  const data = (job.data ?? {}) as { run_id?: unknown };
  const runId = String(data.run_id ?? job.id);
  const json: QueueJobJson = {
    id: job.id,
    name: runId,
    progress: percentOf(job.progress),
    attemptsMade: job.attemptsMade,
    finishedOn: job.finishedOn ?? null,
    processedOn: job.processedOn ?? null,
    processedBy: job.processedBy ?? null,
    timestamp: job.timestamp,
    failedReason: '',
    stacktrace: [],
    data: { run_id: runId },
    returnvalue: null,
    opts: {},
  };
  return {
    opts: {},
    toJSON: () => json,
    getState: () => job.getState(),
    promote: refuse,
    remove: refuse,
    retry: refuse,
  };
}

/** The queue of an account as the board sees it: what reads is here, what writes is refused. */
export class QueueView extends BaseAdapter {
  readonly #queue: Queue;
  readonly #name: string;

  constructor({ name, title, queue }: BoardQueue) {
    super('bullmq', { readOnlyMode: true, allowRetries: false, displayName: title });
    this.#name = name;
    this.#queue = queue;
  }

  getName = () => this.#name;
  getStatuses = () => ['latest' as const, ...STATUSES];
  getJobStatuses = () => STATUSES;
  getJobCounts = () => this.#queue.getJobCounts() as ReturnType<BaseAdapter['getJobCounts']>;
  getGlobalConcurrency = () => this.#queue.getGlobalConcurrency();
  isPaused = () => this.#queue.isPaused();

  async getJobs(statuses: JobStatus[], start?: number, end?: number): Promise<QueueJob[]> {
    const jobs = (await this.#queue.getJobs(statuses as JobType[], start, end)) as (Job | undefined)[];
    return jobs.flatMap((job) => (job === undefined ? [] : [jobView(job)]));
  }

  async getJob(id: string): Promise<QueueJob | null> {
    const job = (await this.#queue.getJob(id)) as Job | undefined;
    return job === undefined ? null : jobView(job);
  }

  /** The page of a job asks for these to look for jobs that depend on it. There are none. */
  getQueueQualifiedName = () => this.#name;
  getFlowProducer = () => null;

  getJobLogs = async () => [];
  getJobSchedulers = async () => [];
  getJobSchedulersCount = async () => 0;
  getRedisInfo = async () => null;
  getMetrics = async () => ({ meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 });

  addJob = async () => refuse();
  clean = async () => refuse();
  empty = async () => refuse();
  obliterate = async () => refuse();
  pause = async () => refuse();
  promoteAll = async () => refuse();
  removeJobScheduler = async () => refuse();
  resume = async () => refuse();
  runJobSchedulerNow = async () => refuse();
  setGlobalConcurrency = async () => refuse();
  updateJobScheduler = async () => refuse();
}
