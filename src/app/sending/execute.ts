import { hostname } from 'node:os';
import type { Answer } from '../../core/api/response.ts';
import { executionExit, signalExit } from '../../core/results/run-exit.ts';
import { stopText } from '../../core/results/stop-text.ts';
import type { Tally } from '../../core/results/tally.ts';
import type { FinishBy } from '../../core/settings/finish-by.ts';
import type { Clock } from '../../engine/ports.ts';
import { execute } from '../../engine/sending/executor.ts';
import { createStop, type Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { openLedger } from '../../io/run/ledger-file.ts';
import { waitForQuiet } from '../account/access.ts';
import { withIdentity } from '../account/check-account.ts';
import { openTransport, type Target, type Transport } from '../account/connect.ts';
import { recordDrift } from '../account/drift.ts';
import type { Reread } from '../account/reread.ts';
import type { RunEnding } from '../ending/run-ending.ts';
import type { Invocation } from '../invocation.ts';
import { indexLedger } from '../run/ledger-index.ts';
import { openLog } from '../run/log.ts';
import { type Run, updateRun } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { onEndSignals } from '../signals.ts';
import { runSession } from './session.ts';
import { rowsToSend, tasksOf } from './tasks.ts';

/** What a plan is executed with. Another executor, such as a queue on many hosts, is passed in here. */
export type ExecuteDeps = { openTransport: typeof openTransport; execute: typeof execute; clock: Clock };

/** `reread`: the account as it is now, if the plan was made before. */
type ExecutePlanOptions = { target: Target; finishBy: FinishBy | null; reread: Reread | null };

/** `decide` returns how the run ends when its rows are counted. */
export type Executed = { run: Run; decide: (tally: Tally) => RunEnding };

/** The first signal drains the run, the second aborts requests, the third exits: results can be written again later. */
function drainOnSignals(stop: Stop, abort: () => void, note: (text: string) => void, { context }: Invocation) {
  const removeHandlers = onEndSignals(context, (signal, times) => {
    if (times > 2) context.signals?.exit(signalExit(signal));
    if (times > 1) return abort();
    note(`${signal}: no new rows; finishing requests in flight (repeat the signal to abort them)\n`);
    stop.ask('signal', signal);
  });
  // Not before the command ends: a signal while the results are written must not lose them.
  context.atEnd(removeHandlers);
  return () => undefined;
}

/** Wraps requests: records the account and the key of a run as soon as the API has accepted the key. */
function accountRecorder(started: Run, digest: string) {
  let run = started;
  const record = (answer: Answer): Answer => {
    if (answer.kind !== 'http' || answer.body.kind !== 'settings') return answer;
    const identified = withIdentity(run, answer.body.settings.organizationId ?? null, digest);
    if (identified === run) return answer;
    run = identified;
    try {
      updateRun(run, {});
    } catch {
      // A full disk stops the run at the ledger. This answer must not be lost for it.
    }
    return answer;
  };
  const wrap = (request: Transport['send']): typeof request => {
    return (entry, onSent) => request(entry, onSent).then(record);
  };
  return { wrap, run: () => run };
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
 * Executes the plan of a run directory: connects the engine with the API, the ledger and the terminal. Throws only
 * before the first request. After it an error, such as a full disk, ends the run with exit 1, and the ledger is kept.
 */
export async function executePlan(
  given: Run,
  invocation: Invocation,
  { target, finishBy, reread }: ExecutePlanOptions,
  deps: ExecuteDeps = { openTransport, execute, clock: realClock },
): Promise<Executed> {
  const { settings, context } = invocation;
  const { clock } = deps;
  const files = runFiles(given.dir);
  const index = await indexLedger(files.ledger, given.manifest.input.rows);
  // Both before the run counts as started.
  const logger = openLog(given, invocation);
  const ledger = await openLedger(files.ledger).catch((error: unknown) => {
    logger.close();
    throw error;
  });
  const account = accountRecorder(markStarted(given, context.version), keyDigest(target.baseUrl, target.key));
  if (reread !== null) await recordDrift({ run: given, reread, force: settings.force, index }, ledger);
  const transport = await deps.openTransport(target, invocation);
  const stop = createStop();
  const wrap = settings.sandbox ? (request: Transport['send']) => request : account.wrap;
  const { stopped, failure } = await runSession({
    settings,
    baseUrl: target.baseUrl,
    context,
    clock,
    stop,
    command: given.manifest.command,
    started: { pid: process.pid },
    finishBy,
    logger,
    transport: { inFlight: transport.inFlight, send: wrap(transport.send), read: wrap(transport.read) },
    record: ledger.record,
    tasks: tasksOf(files.plan, index, given.manifest.plan?.change ?? 0),
    rows: given.manifest.input.rows,
    total: rowsToSend(given, index),
    earlier: index,
    known: given.reading ?? {},
    ready: () => waitForQuiet(given, settings.rate, stop),
    steer: ({ note }) => drainOnSignals(stop, transport.abort, note, invocation),
    execute: deps.execute,
  });
  logger.close();
  await ledger.close();
  transport.close();
  const decide = (tally: Tally): RunEnding => ({
    ...executionExit(stopped, tally),
    stop: stopped,
    error: stopped === null ? null : { code: stopped.reason, message: stopText(stopped, failure, tally) },
  });
  return { run: account.run(), decide };
}
