import { keyDigest } from '../../../src/app/run/state-directory.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { parseLedgerLine } from '../../../src/core/ledger/parse-line.ts';
import { accountOf, type HandoverRecord, type HandoverRef, handoverId } from '../../../src/core/queue/protocol.ts';
import type { QueuedTask } from '../../../src/core/queue/tasks.ts';
import { sameBaseUrl } from '../../../src/core/settings/parse.ts';
import { readRecord, writeHandover } from '../../../src/io/queue/handover.ts';
import { addJob } from '../../../src/io/queue/jobs.ts';
import { readLedger } from '../../../src/io/queue/ledger-reader.ts';
import { withSeal } from '../../../src/io/queue/seal.ts';
import { openQueue, type Queue } from '../../../src/io/redis/connection.ts';
import { afterEveryTest } from '../after-test.ts';
import { KEY } from '../program/environment.ts';
import { numberId, PROFILE } from '../program/workspace.ts';
import { makeRecord, makeTask } from './handovers.ts';

const open: Queue[] = [];
afterEveryTest(() => {
  for (const queue of open.splice(0)) queue.close();
});

/** A connection of the test, which is closed after it. */
export async function connectTo(url: string): Promise<Queue> {
  const queue = await openQueue(url);
  open.push(queue);
  return queue;
}

export const accountFor = (baseUrl: string, key = KEY): string => accountOf(keyDigest(sameBaseUrl(baseUrl), key));

type Handover = {
  baseUrl: string;
  rows: number;
  key?: string;
  /** The first number of the sandbox that is moved. */
  from?: number;
  settings?: HandoverRecord['settings'];
  finishAt?: number | null;
};

let made = 0;

/** Rows that move numbers of the sandbox to PROFILE. */
function tasksFor(rows: number, from = 1): QueuedTask[] {
  return Array.from({ length: rows }, (_, at): QueuedTask => {
    const task = makeTask(at + 1);
    return { ...task, entry: { ...task.entry, id: numberId(from + at), profileTarget: PROFILE } };
  });
}

/** Hands a run over as a submitter does. */
export async function handOver(queue: Queue, { baseUrl, rows, key, from, settings, finishAt }: Handover) {
  made += 1;
  const runId = `20260101T000000Z-numbers-${made.toString(16).padStart(4, '0')}`;
  const ref: HandoverRef = { account: accountFor(baseUrl, key), handover: handoverId(runId, '0123abcd') };
  const record = makeRecord({
    run_id: runId,
    base_url: baseUrl,
    settings: { base_url: baseUrl, rate: '50', timeout: '1s', ...settings },
    rows,
    total: rows,
    earlier: { ended: 0, permanent: 0 },
    finish_at: finishAt ?? null,
  });
  await writeHandover(queue, withSeal(ref, key ?? KEY), record, tasksFor(rows, from));
  await addJob(queue, ref, runId);
  return ref;
}

/** All that workers have written about a run so far. */
export async function streamOf(queue: Queue, ref: HandoverRef): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const batch of readLedger(queue, ref)) {
    for (const item of batch) if ('line' in item) entries.push(parseLedgerLine(item.line));
  }
  return entries;
}

/** Waits for the end of a run. */
export async function endOf(queue: Queue, ref: HandoverRef, maxMs = 60_000): Promise<HandoverRecord['end']> {
  const until = performance.now() + maxMs;
  while (performance.now() < until) {
    const record = await readRecord(queue, ref);
    if (record?.state === 'ended') return record.end;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the run has not ended');
}
