import { randomUUID } from 'node:crypto';
import type { HandoverRef, RunEnd } from '../../../src/core/queue/protocol.ts';
import type { QueuedTask } from '../../../src/core/queue/tasks.ts';
import { readCommands, readRecord, readTasks, updateHandover } from '../../../src/io/queue/handover.ts';
import { readJobs, waitingAccounts } from '../../../src/io/queue/jobs.ts';
import { releaseLease, takeLease } from '../../../src/io/queue/lease.ts';
import { openRemoteLedger } from '../../../src/io/queue/ledger-stream.ts';
import { withSeal } from '../../../src/io/queue/seal.ts';
import { openQueue, type Queue } from '../../../src/io/redis/connection.ts';
import { makeOutcome } from '../make.ts';
import { KEY } from '../program/environment.ts';

const AT = '2026-11-23T02:00:00.000Z';
const NO_PACE = {
  requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
  rate: { mean_per_s: 0, max_in_1s: 0, max_in_60s: 0, paused_ms: 0, throttled_ms: 0, allowed: 0, server_limit: null },
};
const LEASE_MS = 60_000;
const CHECK_MS = 10;

/** A worker of a test: it has the lease of a run, and says of rows what the test wants, without a request. */
export type FakeWorker = {
  queue: Queue;
  ref: HandoverRef;
  tasks: QueuedTask[];
  ledger: ReturnType<typeof openRemoteLedger>;
  /** Says that the first of these rows were updated. */
  update: (rows: number[]) => Promise<void>;
  log: (event: string) => Promise<void>;
  /** Waits for a command of the submitter. */
  command: (type: string) => Promise<void>;
  end: (end?: Partial<RunEnd>) => Promise<void>;
  /** Gives the lease back without an end. */
  leave: () => Promise<void>;
  close: () => void;
};

/** Waits for a run in the queue and takes it. */
export async function takeRun(url: string): Promise<FakeWorker> {
  const queue = await openQueue(url);
  const wait = () => new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  const token = randomUUID();
  for (;;) {
    for (const account of await waitingAccounts(queue)) {
      const job = (await readJobs(queue, account)).find(({ state }) => state === 'waiting');
      if (job === undefined) continue;
      const ref = { account, handover: job.handover };
      const record = await readRecord(queue, ref);
      if (record?.state !== 'waiting') continue;
      const owner = { what: record.command, host: 'fake', pid: 7, worker: 'fake-1', run: record.run_id };
      const { taken } = await takeLease(queue, account, { token, owner, ttlMs: LEASE_MS });
      if (taken) return serve(queue, ref, token);
    }
    await wait();
  }
}

async function serve(queue: Queue, ref: HandoverRef, token: string): Promise<FakeWorker> {
  const tasks: QueuedTask[] = [];
  for await (const task of readTasks(queue, withSeal(ref, KEY))) tasks.push(task);
  await updateHandover(queue, ref, { state: 'sending', redis_run_id: queue.runId() }, token);
  const ledger = openRemoteLedger(queue, { ...ref, token });
  await ledger.record({ type: 'session_started', at: AT, pid: 7, worker: 'fake-1', host: 'fake', fence: 1 });
  const log = (event: string) =>
    ledger.log({ level: 'info', event, text: 'a line of the worker', fields: { fence: 1 } });
  const release = () => releaseLease(queue, ref.account, token);
  return {
    queue,
    ref,
    tasks,
    ledger,
    async update(rows) {
      for (const row of rows) {
        await ledger.record({ type: 'intent', row, at: AT });
        await ledger.record({ type: 'outcome', ...makeOutcome({ row }) });
      }
      await log('rows.sent');
    },
    log,
    async command(type) {
      while (!(await readCommands(queue, ref, 0)).some((command) => command?.type === type)) {
        await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
      }
    },
    async end(end = {}) {
      const stop = end.stop?.reason ?? null;
      await ledger.end({ stop: null, failure: null, organization_id: null, ...end }, [
        { type: 'session_ended', at: AT, stop, ...NO_PACE },
      ]);
      await release();
    },
    async leave() {
      await updateHandover(queue, ref, { state: 'waiting' }, token);
      await release();
    },
    close: () => queue.close(),
  };
}
