import type { Answer } from '../../core/api/response.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import type { FinishBy } from '../../core/settings/finish-by.ts';
import type { Clock } from '../../engine/ports.ts';
import { execute } from '../../engine/sending/executor.ts';
import { createStop, type Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { waitForQuiet } from '../account/access.ts';
import { withIdentity } from '../account/check-account.ts';
import { openTransport, type Target, type Transport } from '../account/connect.ts';
import type { Reread } from '../account/reread.ts';
import { startRun } from '../account/start-run.ts';
import { type Executed, endingAfter } from '../ending/run-ending.ts';
import type { Invocation } from '../invocation.ts';
import { type Run, updateRun } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { rowsToSend, tasksOf } from '../run/tasks.ts';
import { onEndSignals } from '../signals.ts';
import { runSession } from './session.ts';

/** What a plan is executed with. Another executor, such as a queue on many hosts, is passed in here. */
export type ExecuteDeps = { openTransport: typeof openTransport; execute: typeof execute; clock: Clock };

/** `reread`: the account as it is now, if the plan was made before. */
type ExecutePlanOptions = { target: Target; finishBy: FinishBy | null; reread: Reread | null };

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
  const started = await startRun(given, reread, invocation);
  const { index, ledger, logger } = started;
  const account = accountRecorder(started.run, keyDigest(target.baseUrl, target.key));
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
    tasks: tasksOf(runFiles(given.dir).plan, index, given.manifest.plan?.change ?? 0),
    rows: given.manifest.input.rows,
    total: rowsToSend(given, index),
    earlier: index,
    known: given.reading ?? {},
    ready: () => waitForQuiet(given, settings.rate, stop),
    steer: ({ note }) => drainOnSignals(stop, transport.abort, note, invocation),
    execute: deps.execute,
  });
  await started.close();
  transport.close();
  return { run: account.run(), decide: endingAfter(stopped, failure) };
}
