import { executionEnding } from '../core/ending.ts';
import { LEFT } from '../core/ledger-entry.ts';
import type { PlanEntry } from '../core/plan.ts';
import { createCleaner } from '../core/redact.ts';
import { concurrencyOf, type Resolved } from '../core/resolve-settings.ts';
import type { Tally } from '../core/tally.ts';
import { execute } from '../engine/executor.ts';
import { createStop, type Stop } from '../engine/ports.ts';
import { createAgents } from '../io/agents.ts';
import { realClock } from '../io/clock.ts';
import { openLedger } from '../io/ledger.ts';
import { readPlan } from '../io/plan-reader.ts';
import { runFiles } from '../io/run-directory.ts';
import { createTelnyxClient } from '../io/telnyx-client.ts';
import type { Context } from './context.ts';
import type { Finish } from './finish.ts';
import { type Run, update } from './new-run.ts';
import { createReporter } from './report-events.ts';
import { openLog } from './run-log.ts';
import { onEndSignals } from './signals.ts';
import { indexLedger } from './write-results.ts';

/** Where the requests go, and with which key. */
export type Target = { baseUrl: string; key: string };

/** The entries of a plan that are still to be sent. */
async function* entriesToSend(planPath: string, left: Uint8Array): AsyncGenerator<PlanEntry> {
  for await (const batch of readPlan(planPath)) {
    for (const entry of batch) {
      if (entry.action === 'change' && left[entry.row] !== LEFT.outcome) yield entry;
    }
  }
}

/** The first signal drains; a second one breaks off what is in flight. */
function drainOnSignals(stop: Stop, breakOff: () => void, tell: (text: string) => void): void {
  onEndSignals((signal, times) => {
    if (times > 1) {
      breakOff();
      return;
    }
    tell(`${signal}: no new rows; finishing what is in flight (once more to break it off)\n`);
    stop.ask('signal', signal);
  });
}

/**
 * Carries out the plan of a run directory: wires the io to the engine, and gives how it ended. Never throws for what
 * happens on the way: a disk that is full, or a bug, ends the run with exit 1 and the ledger kept.
 */
export async function carryOut(
  run: Run,
  { settings }: Resolved,
  target: Target,
  context: Context,
): Promise<{ run: Run; decide: (tally: Tally) => Finish }> {
  const files = runFiles(run.dir);
  const index = await indexLedger(files.ledger, run.manifest.input.rows);
  const ledger = await openLedger(files.ledger);
  const logger = openLog(run, settings, context);
  const concurrency = concurrencyOf(settings);
  const agents = createAgents(target.baseUrl, concurrency, context.env);
  const client = createTelnyxClient({
    baseUrl: target.baseUrl,
    key: target.key,
    timeoutMs: settings.timeout,
    agents: { http: agents.http, https: agents.https },
    clean: createCleaner(target.key),
    userAgent: `telnyx-reassign/${context.version}`,
  });
  const stop = createStop();
  const total = run.manifest.plan?.change ?? 0;
  const reporter = createReporter({ logger, settings, total, context, clock: realClock, inFlight: client.inFlight });
  // Kept to the end of the process: a signal while the results are written must not lose them.
  drainOnSignals(stop, client.abort, reporter.note);
  const started = update(run, {
    state: 'running',
    started_at: run.manifest.started_at ?? new Date().toISOString(),
    pid: process.pid,
  });
  let failure: unknown = null;
  let stopped: Awaited<ReturnType<typeof execute>>['stop'] = null;
  logger.log('info', 'run.started', `${run.manifest.command}: ${total} rows to send`, {
    rows: run.manifest.input.rows,
    counts: { change: total },
    base_url: target.baseUrl,
    rate: settings.rate,
    concurrency,
  });
  try {
    await ledger.record({ type: 'session_started', at: new Date().toISOString(), pid: process.pid });
    const execution = await execute(
      entriesToSend(files.plan, index.left),
      { clock: realClock, send: client.send, record: ledger.record, tell: reporter.tell },
      settings,
      stop,
    );
    stopped = execution.stop;
    const { requests, rate } = execution;
    await ledger.record({
      type: 'session_ended',
      at: new Date().toISOString(),
      stop: stopped?.reason ?? null,
      requests,
      rate,
    });
  } catch (error) {
    failure = error;
    stopped = { reason: 'internal', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    reporter.stop();
    logger.close();
    await ledger.close();
    agents.destroy();
  }
  const decide = (tally: Tally): Finish => ({
    ...executionEnding(stopped, tally),
    stop: stopped,
    error: spoken(stopped, failure, tally),
  });
  return { run: started, decide };
}

/** Why a run stopped, as its summary says it. */
function spoken(
  stop: { reason: string; detail: string } | null,
  failure: unknown,
  { counts }: Tally,
): { code: string; message: string } | null {
  if (stop === null) return null;
  const texts: Record<string, string> = {
    signal: `Stopped by ${stop.detail}; ${counts.unverified > 0 ? 'what could not be finished is unverified' : 'what was in flight was finished'}.`,
    key_refused: `The API refused the key: ${stop.detail}. Set TELNYX_API_KEY to a key that is valid, then go on.`,
    account_refused: `The API refused the account or the key: ${stop.detail}.`,
    redirected: `Nothing was sent on: ${stop.detail}. Check --base-url.`,
    phone_number_mismatch: `Ids and phone numbers do not belong together: ${stop.detail}. Was one column sorted alone?`,
    server_wait: `Stopped: ${stop.detail}.`,
    internal: `Stopped by a fault of ours or of this machine: ${failure instanceof Error ? failure.message : stop.detail}.`,
  };
  return { code: stop.reason, message: texts[stop.reason] ?? stop.detail };
}
