import { hostname } from 'node:os';
import type { Answer } from '../../core/api/response.ts';
import { attemptsBefore, hasOutcome, type LedgerIndex, ROW_STATE } from '../../core/ledger/replay.ts';
import { executionExit, signalExit } from '../../core/results/run-exit.ts';
import { stopText } from '../../core/results/stop-text.ts';
import type { Tally } from '../../core/results/tally.ts';
import { type FinishBy, localTime } from '../../core/settings/finish-by.ts';
import { concurrencyOf, type Resolved } from '../../core/settings/resolve.ts';
import type { Sleep, Task } from '../../engine/ports.ts';
import { execute } from '../../engine/sending/executor.ts';
import { createControl } from '../../engine/sending/pipeline.ts';
import { createStop, type Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import type { TelnyxClient } from '../../io/http/client.ts';
import { runFiles } from '../../io/run/directory.ts';
import { openLedger } from '../../io/run/ledger-file.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { openClient, type Target } from '../account/connect.ts';
import { settleLive } from '../account/drift.ts';
import type { Live } from '../account/reread.ts';
import { untilQuiet } from '../account/session.ts';
import type { Context } from '../context.ts';
import type { Finish } from '../ending/summarize.ts';
import { indexLedger } from '../ending/write-results.ts';
import { createEventReporter } from '../run/events.ts';
import { openLog } from '../run/log.ts';
import { type Run, update } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { onEndSignals } from '../signals.ts';

/** The rows of a plan that are still to be carried out, as the ledger left them. */
async function* tasksOf(planPath: string, index: LedgerIndex, changes: number): AsyncGenerator<Task> {
  // Rows of unknown outcome are looked at again only when nothing else is left: a run that a crash has cut in two ends
  // as one that ran in one go.
  const looksAgain = index.ended >= changes;
  for await (const batch of readPlan(planPath)) {
    for (const entry of batch) {
      const left = index.rowStates[entry.row];
      // One that was at its target is sent where somebody else has changed it and that is to be overwritten.
      const isMeant = entry.action === 'change' || (entry.action === 'unchanged' && index.overwritten.has(entry.row));
      if (!isMeant || left === ROW_STATE.outcome) continue;
      if (left === ROW_STATE.unverified && !looksAgain) continue;
      const first =
        left === ROW_STATE.unverified
          ? 'read_only'
          : left === ROW_STATE.intent || left === ROW_STATE.ambiguous
            ? 'read'
            : 'send';
      yield { entry, first, attempts: attemptsBefore(index, entry.row) };
    }
  }
}

/**
 * The first signal drains; a second one breaks off what is in flight; a third one does not even wait for the result
 * files, which can be made again from the ledger.
 */
function drainOnSignals(stop: Stop, breakOff: () => void, tell: (text: string) => void, context: Context): void {
  const remove = onEndSignals(context, (signal, times) => {
    if (times > 2) context.signals?.exit(signalExit(signal));
    if (times > 1) {
      breakOff();
      return;
    }
    tell(`${signal}: no new rows; finishing what is in flight (once more to break it off)\n`);
    stop.ask('signal', signal);
  });
  // Not before the command ends: a signal while the results are written must not lose them.
  context.atEnd(remove);
}

/** Asks for a stop when it is time; by the monotonic clock, so that a step of the system's changes nothing. */
function endAtTime(finishBy: FinishBy | null, stop: Stop): Sleep {
  if (finishBy === null) return { done: Promise.resolve(), cancel: () => undefined };
  const now = Date.now();
  const at = 'at' in finishBy ? finishBy.at : now + finishBy.afterMs;
  const sleep = realClock.sleep(Math.max(0, at - now));
  let over = false;
  void sleep.done.then(() => {
    if (!over) stop.ask('finish_by', `--finish-by: it is ${localTime(at)}`);
  });
  return {
    done: sleep.done,
    cancel: () => {
      over = true;
      sleep.cancel();
    },
  };
}

/**
 * Carries out the plan of a run directory: wires the io to the engine, and gives how it ended. Never throws for what
 * happens on the way: a disk that is full, or a bug, ends the run with exit 1 and the ledger kept.
 */
export async function executePlan(
  run: Run,
  { settings }: Resolved,
  target: Target,
  finishBy: FinishBy | null,
  live: Live,
  context: Context,
): Promise<{ run: Run; decide: (tally: Tally) => Finish }> {
  const files = runFiles(run.dir);
  const index = await indexLedger(files.ledger, run.manifest.input.rows);
  const ledger = await openLedger(files.ledger);
  let started = update(run, {
    state: 'running',
    started_at: run.manifest.started_at ?? new Date().toISOString(),
    finished_at: null,
    exit_code: null,
    stop: null,
    host: hostname(),
    pid: process.pid,
  });
  if (live !== null) await settleLive(run, live, settings.force, index, ledger);
  const logger = openLog(run, settings, context);
  const { client, agents } = await openClient(target, settings, context);
  const stop = createStop();
  const changes = run.manifest.plan?.change ?? 0;
  // Those that were at their target when they were planned, and are sent as somebody else has changed them.
  const unchangedButSent = [...index.unchangedButSent].filter((row) => !hasOutcome(index.rowStates[row] ?? 0)).length;
  const total = changes - index.ended + unchangedButSent;
  const control = run.before?.control ?? createControl(settings);
  const { inFlight } = client;
  const reporter = createEventReporter({ logger, settings, total, context, clock: realClock, inFlight, control });
  drainOnSignals(stop, client.abort, reporter.note, context);
  const digest = keyDigest(target.baseUrl, target.key);
  // The key and the account that this run belongs to, as soon as the API has accepted the one and shown the other.
  const noteAccount = (answer: Answer): Answer => {
    const { organization_id: known, key_sha256: recorded } = started.manifest;
    if (recorded === digest && known !== null) return answer;
    if (answer.kind !== 'http' || answer.body.kind !== 'settings') return answer;
    const organization = known ?? answer.body.settings.organizationId ?? null;
    if (recorded !== digest || organization !== null) {
      const manifest = { ...started.manifest, organization_id: organization, key_sha256: digest };
      started = { ...started, manifest };
      try {
        update(started, {});
      } catch {
        // A disk that takes no more stops the run at the ledger; the answer to this request must not be lost for it.
      }
    }
    return answer;
  };
  const noted =
    (ask: TelnyxClient['send']): TelnyxClient['send'] =>
    (entry, onLeft) =>
      settings.sandbox ? ask(entry, onLeft) : ask(entry, onLeft).then(noteAccount);
  const timer = endAtTime(finishBy, stop);
  let failure: unknown = null;
  let stopped: Awaited<ReturnType<typeof execute>>['stop'] = null;
  logger.log('info', 'run.started', `${run.manifest.command}: ${total} rows to send`, {
    rows: run.manifest.input.rows,
    counts: { change: total },
    base_url: target.baseUrl,
    rate: settings.rate,
    concurrency: concurrencyOf(settings),
  });
  try {
    await ledger.record({ type: 'session_started', at: new Date().toISOString(), pid: process.pid });
    await untilQuiet(run, settings.rate, stop);
    const execution = await execute({
      tasks: tasksOf(files.plan, index, changes),
      ports: {
        clock: realClock,
        send: noted(client.send),
        read: noted(client.read),
        record: ledger.record,
        onEvent: reporter.tell,
      },
      limits: settings,
      control,
      stop,
      earlier: index,
      meter: run.before?.meter,
    });
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
    timer.cancel();
    reporter.stop();
    logger.close();
    await ledger.close();
    agents.destroy();
  }
  const decide = (tally: Tally): Finish => ({
    ...executionExit(stopped, tally),
    stop: stopped,
    error: stopped === null ? null : { code: stopped.reason, message: stopText(stopped, failure, tally) },
  });
  return { run: started, decide };
}
