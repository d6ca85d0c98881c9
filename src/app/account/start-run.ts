import { hostname } from 'node:os';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import { createRunCounts } from '../../core/status/run-counts.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { type Ledger, openLedger } from '../../io/run/ledger-file.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import type { Invocation } from '../invocation.ts';
import { indexLedger } from '../run/ledger-index.ts';
import { openLog } from '../run/log.ts';
import { type Run, updateRun } from '../run/open.ts';
import { type RunWatch, watchRun } from '../watching/watch-run.ts';
import { recordDrift } from './drift.ts';
import type { Reread } from './reread.ts';

/** A run that is at work, with its ledger and its log open. */
export type StartedRun = {
  run: Run;
  index: LedgerIndex;
  ledger: Ledger;
  logger: Logger;
  watch: RunWatch;
  close: () => Promise<void>;
};

/** A ledger whose lines the watch sees when they are on disk. */
function watchedLedger(ledger: Ledger, watch: RunWatch): Ledger {
  return {
    ...ledger,
    async record(entry: LedgerEntry) {
      await ledger.record(entry);
      watch.onEntry(entry);
    },
  };
}

function markStarted(run: Run, version: string): Run {
  const { started_at: startedAt, duration_ms: earlierMs = null } = run.manifest;
  return updateRun(
    { ...run, since: realClock.now() },
    {
      // The time of planning does not count.
      duration_ms: startedAt === null ? null : earlierMs,
      state: 'running',
      // A later command must know who wrote the last lines of the ledger.
      version,
      started_at: startedAt ?? new Date().toISOString(),
      finished_at: null,
      exit_code: null,
      stop: null,
      host: hostname(),
      pid: process.pid,
    },
  );
}

/**
 * Starts a run, or goes on with it: opens its ledger and its log, and records what has changed since the plan was made.
 * `reread`: the account as it is now, if the plan was made before. Throws what the file system throws.
 */
export async function startRun(given: Run, reread: Reread | null, invocation: Invocation): Promise<StartedRun> {
  const { settings, context } = invocation;
  const path = runFiles(given.dir).ledger;
  const { input, plan } = given.manifest;
  const counts = createRunCounts(input.rows, plan?.change ?? 0);
  const index = await indexLedger(path, input.rows, counts.add);
  // Both before the run counts as started.
  const logger = openLog(given, invocation);
  const ledger = await openLedger(path).catch((error: unknown) => {
    logger.close();
    throw error;
  });
  const run = markStarted(given, context.version);
  const watch = watchRun({ run, counts }, invocation);
  const watched = watchedLedger(ledger, watch);
  if (reread !== null) await recordDrift({ run: given, reread, force: settings.force, index }, watched);
  const close = async () => {
    watch.end();
    logger.close();
    await ledger.close();
  };
  return { run, index, ledger: watched, logger, watch, close };
}
