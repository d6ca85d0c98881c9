import { parseLedgerLine } from '../../core/ledger/parse-line.ts';
import { addToIndex, takesLine } from '../../core/ledger/replay.ts';
import type { RunStatus } from '../../core/results/run-status.ts';
import { SETTINGS } from '../../core/settings/schema.ts';
import { liveStatus } from '../../core/status/live-status.ts';
import { readPace } from '../../core/status/pace.ts';
import { createRunCounts } from '../../core/status/run-counts.ts';
import { realClock } from '../../io/clock.ts';
import { readRecord } from '../../io/queue/handover.ts';
import { readProgress } from '../../io/queue/jobs.ts';
import { hasRun, readLease } from '../../io/queue/lease.ts';
import { readLedger, STREAM_START } from '../../io/queue/ledger-reader.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Invocation } from '../invocation.ts';
import { whileReachable } from '../queue/connect.ts';
import { openNamedQueue } from '../queue/open.ts';
import { indexLedger } from '../run/ledger-index.ts';
import { commandOn, type Run } from '../run/open.ts';

const PATIENCE_MS = 10_000;

/**
 * Reads the status of a run that workers have and that no command here follows: the ledger as far as it is here, and
 * the rest from the queue. Returns a function that reads what is new, and null if the queue does not have the run.
 */
export async function createQueueStatus(run: Run, invocation: Invocation): Promise<() => Promise<RunStatus | null>> {
  const { manifest } = run;
  const { queue: of, input, plan } = manifest;
  const queue = await openNamedQueue(invocation);
  const counts = createRunCounts(input.rows, plan?.change ?? 0);
  const index = await indexLedger(runFiles(run.dir).ledger, input.rows, counts.add);
  let last = index.handover?.stream || STREAM_START;

  async function copyNew(ref: NonNullable<typeof of>): Promise<void> {
    for await (const lines of readLedger(queue, ref, last)) {
      for (const line of lines) {
        const entry = 'line' in line ? parseLedgerLine(line.line) : null;
        if (entry !== null && takesLine(index, entry)) {
          addToIndex(index, entry, 0, 0);
          counts.add(entry);
        }
      }
      last = lines.at(-1)?.id ?? last;
    }
  }

  async function read(): Promise<RunStatus | null> {
    if (of === null) return null;
    const record = await readRecord(queue, of);
    if (record === null || record.state === 'taken_back') return null;
    await copyNew(of);
    const progress = (await readProgress(queue, of)) as { pace?: unknown } | null;
    const { owner } = record;
    // A worker that died stays the last owner, and its last progress stays in the job.
    const lease = await readLease(queue, of.account);
    const isAtWork = hasRun(lease?.owner ?? null, manifest.run_id);
    const status = liveStatus({
      ...{ manifest, counts },
      settings: {
        rate: String(manifest.settings.rate ?? SETTINGS.rate.default),
        reserve: Number(manifest.settings.reserve ?? SETTINGS.reserve.default),
      },
      host: owner?.host ?? manifest.host,
      pid: owner?.pid ?? manifest.pid,
      doing: { phase: 'sending', wave: null, until: null },
      pace: isAtWork ? readPace(progress?.pace) : null,
      wall: realClock.wallNow(),
      nextCommand: commandOn(run, 'resume', invocation.context),
    });
    return record.state === 'ended' ? { ...status, phase: 'ended', eta_ms: null, eta_at: null } : status;
  }

  return () => whileReachable(queue, read(), PATIENCE_MS);
}
