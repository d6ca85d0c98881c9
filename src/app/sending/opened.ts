import type { Answer } from '../../core/api/response.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import type { FinishBy } from '../../core/settings/finish-by.ts';
import type { RawSettings, Settings } from '../../core/settings/schema.ts';
import { createContact } from '../../engine/contact.ts';
import { createPaceMemory } from '../../engine/pacing/pace-memory.ts';
import type { Clock } from '../../engine/ports.ts';
import type { execute } from '../../engine/sending/executor.ts';
import { createControl, steerControl } from '../../engine/sending/pipeline.ts';
import { createStop, type Stop } from '../../engine/stop.ts';
import { runFiles } from '../../io/run/directory.ts';
import { waitForQuiet } from '../account/access.ts';
import { withIdentity } from '../account/check-account.ts';
import type { openTransport, Target, Transport } from '../account/connect.ts';
import type { Reread } from '../account/reread.ts';
import { startRun } from '../account/start-run.ts';
import { createOrderRun, type SessionPart, sendWithOrders } from '../bulk/with-orders.ts';
import type { Invocation } from '../invocation.ts';
import { changedFile } from '../planning/check-plan.ts';
import { type Run, updateRun } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { tasksOf } from '../run/tasks.ts';
import { onEndSignals } from '../signals.ts';
import type { Part, WaveRun } from '../waves/course.ts';
import { runWaves } from '../waves/run-waves.ts';
import { stopAtFinishTime } from './finish-time.ts';
import { runSession } from './session.ts';
import { createVoice, openSteering } from './steered.ts';

/** What a plan is executed with. Another executor, such as a queue on many hosts, is passed in here. */
export type ExecuteDeps = { openTransport: typeof openTransport; execute: typeof execute; clock: Clock };

/** `reread`: the account as it is now, if the plan was made before. */
export type ExecutePlanOptions = { target: Target; finishBy: FinishBy | null; reread: Reread | null };

/** The first signal drains the run, the second aborts requests, the third exits: results can be written again later. */
function drainOnSignals(stop: Stop, abort: () => void, note: (text: string) => void, { context }: Invocation): void {
  const removeHandlers = onEndSignals(context, (signal, times) => {
    if (times > 2) context.signals?.exit(signalExit(signal));
    if (times > 1) return abort();
    note(`${signal}: no new rows; finishing requests in flight (repeat the signal to abort them)\n`);
    stop.ask('signal', signal);
  });
  // Not before the command ends: a signal while the results are written must not lose them.
  context.atEnd(removeHandlers);
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
  const keep = (settings: RawSettings) => {
    run = updateRun(run, { settings: { ...run.manifest.settings, ...settings } });
  };
  return { wrap, keep, run: () => run };
}

/** What all sessions learn about the API together, so that the rate is kept over their boundaries too. */
function knownTo({ reading }: Run, settings: Settings) {
  return {
    control: reading?.control ?? createControl(settings),
    memory: reading?.memory ?? createPaceMemory(),
    contact: reading?.contact ?? createContact(settings.base_url),
  };
}

/** The rows of a session. Throws if the plan is another by now: a wave may come hours after the plan was checked. */
async function* checkedTasks(run: Run, index: LedgerIndex, isTaken?: Part['isTaken']) {
  const changed = await changedFile(run);
  if (changed !== null) throw new Error(`${changed} was changed while the run was at work`);
  yield* tasksOf(runFiles(run.dir).plan, index, run.manifest.plan?.change ?? 0, isTaken);
}

/**
 * Opens what a command needs once to send: ledger, log, client, signals, time limit. `session` sends rows, as often as
 * it is called; `close` must be called after the last one.
 */
export async function openForSending(
  given: Run,
  invocation: Invocation,
  { target, finishBy, reread }: ExecutePlanOptions,
  deps: ExecuteDeps,
) {
  const { settings, context } = invocation;
  const { clock } = deps;
  const started = await startRun(given, reread, invocation);
  const { ledger, logger } = started;
  const account = accountRecorder(started.run, keyDigest(target.baseUrl, target.key));
  const transport = await deps.openTransport(target, invocation);
  const stop = createStop();
  const cancelTimer = stopAtFinishTime(finishBy, stop, clock);
  const voice = createVoice(invocation);
  drainOnSignals(stop, transport.abort, voice.note, invocation);
  const parts = { stop, transport, say: voice.say, keep: account.keep };
  const { steering, close: closeSteering } = await openSteering(started, parts, invocation);
  const known = knownTo(given, settings);
  steerControl(known.control, steering, settings);
  let { reading } = given;
  const wrap = settings.sandbox ? (request: Transport['send']) => request : account.wrap;
  const onEnded = () => {
    reading = { ...known, endedAt: clock.now() };
  };
  const session = async ({ index, bulk, ...part }: SessionPart) => {
    const ended = await runSession({
      ...{ settings, context, clock, stop, steering, logger, known },
      baseUrl: target.baseUrl,
      command: given.manifest.command,
      finishBy: null,
      transport: { inFlight: transport.inFlight, send: wrap(transport.send), read: wrap(transport.read) },
      record: ledger.record,
      tasks: () => checkedTasks(given, index, part.isTaken),
      rows: given.manifest.input.rows,
      ...part,
      started: { pid: process.pid, ...(bulk === undefined ? {} : { bulk: true as const }), ...part.started },
      earlier: index,
      ready: () => waitForQuiet({ reading }, steering.rate(), stop, clock),
      steer: voice.attach,
      execute: bulk?.execute ?? deps.execute,
      watch: started.watch,
    });
    onEnded();
    return ended;
  };
  const lent = { index: started.index, ports: transport, say: voice.say, send: session };
  const withOrders = createOrderRun(given, invocation, lent);
  const close = async () => {
    cancelTimer();
    // What follows, such as an undo, answers signals itself.
    voice.mute();
    await closeSteering();
    await started.close();
    transport.close();
  };
  const waveRun: WaveRun = {
    run: given,
    invocation: { ...invocation, key: target.key },
    client: transport,
    ...{ ledger, logger, clock, stop, steering, watch: started.watch },
    reading: { get: () => reading ?? { ...known, endedAt: Number.NEGATIVE_INFINITY }, onEnded },
    session: ({ index, ...part }) => sendWithOrders(withOrders, index, part),
  };
  return {
    /** With what later phases of the command must know of the pace. */
    run: (): Run => ({ ...account.run(), reading }),
    watch: started.watch,
    close,
    /** Sends all rows that are left, in waves if there are any. Never throws. */
    send: () =>
      settings.waves === null ? sendWithOrders(withOrders, started.index) : runWaves(waveRun, settings.waves),
  };
}
