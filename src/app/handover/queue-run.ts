import type { StopCause } from '../../core/attempt/stop-reason.ts';
import { STOP_REASONS } from '../../core/attempt/stop-reason.ts';
import type { RunEnd } from '../../core/queue/protocol.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { FinishBy } from '../../core/settings/finish-by.ts';
import { visible } from '../../core/text/visible.ts';
import { realClock } from '../../io/clock.ts';
import { removeJob } from '../../io/queue/jobs.ts';
import { withIdentity } from '../account/check-account.ts';
import type { Reread } from '../account/reread.ts';
import { type StartedRun, startRun } from '../account/start-run.ts';
import type { Context } from '../context.ts';
import { type Executed, endingAfter } from '../ending/run-ending.ts';
import { CommandError } from '../errors.ts';
import type { HeldAccount, Invocation, KeyedInvocation } from '../invocation.ts';
import { whileReachable } from '../queue/connect.ts';
import { commandOn, type Run, updateRun } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { continueSteering } from '../steering/control.ts';
import { type Followed, follow } from './follow.ts';
import { type HandedOver, hasTasks, markHandedOver, upload } from './hand-over.ts';
import { createStopRequests, type Left } from './stop-requests.ts';
import { giveRunUp, takeOutOfQueue, takeRunBack } from './take-back.ts';

/** A run after its rows had their turn, or one that workers have and that is not followed: `left` by a signal. */
export type QueueRun = Executed | { detached: Run; left: Left | null };

/** The refusal of a run that was taken back in a copy of its directory (exit 8). */
export function takenBack(run: Run, by: string, context: Context): CommandError {
  const { manifest } = run;
  const copy = `Run ${manifest.run_id} was taken back by ${visible(by)}, in a copy of this directory, which has its ledger.`;
  const here = commandOn(run, 'resume', context, '--leave-queue');
  const message = `${copy} Go on with that copy. To go on here, reading each row before it is sent: ${here}`;
  return new CommandError(EXIT.refused, 'taken_back', message);
}

/** The reason of a worker, as far as this version knows it. */
function stopOf({ stop, failure }: RunEnd): StopCause | null {
  if (stop === null) return failure === null ? null : { reason: 'internal', detail: failure };
  if (Object.hasOwn(STOP_REASONS, stop.reason)) return stop as StopCause;
  return { reason: 'internal', detail: `the worker stopped for a reason of another version: ${stop.reason}` };
}

/** Records the account that a worker has seen. Without a key, this command cannot tell which one it was. */
function identified(
  run: Run,
  { organization_id: organization }: RunEnd,
  invocation: Invocation & { key?: string | null },
) {
  const { key = null, settings } = invocation;
  if (organization === null || key === null) return run;
  const known = withIdentity(run, organization, keyDigest(settings.base_url, key));
  return known === run ? run : updateRun(known, {});
}

/** Does in ledger and run.json what follows from how following ended. */
async function endedRun(over: HandedOver, followed: Followed, invocation: Invocation): Promise<QueueRun> {
  const { started, queue } = over;
  const stop = (detail: string) => endingAfter({ reason: 'queue_lost', detail }, null);
  switch (followed.kind) {
    case 'ended': {
      const run = identified(await takeRunBack(over), followed.end, invocation);
      return { run, decide: endingAfter(stopOf(followed.end), null) };
    }
    case 'removed':
      return { run: await takeRunBack(over), decide: endingAfter({ reason: 'signal', detail: followed.signal }, null) };
    case 'lost': {
      const run = await giveRunUp(started);
      const what = `${queue.name} has lost the run: it was started empty, or its keys were removed`;
      return { run, decide: stop(`${what}. resume reads each row that is left before it sends it`) };
    }
    case 'away': {
      const why = `${followed.why.replace(/\.$/, '')}; the run is still handed over, and workers may go on with it`;
      return { run: started.run, decide: stop(why) };
    }
    case 'left':
      return { detached: started.run, left: followed.left };
    case 'taken':
      throw takenBack(started.run, followed.by, invocation.context);
  }
}

/** Follows a run that workers have, and takes it back. An error of this machine leaves it to them. */
export async function followRun(
  over: HandedOver,
  invocation: Invocation,
  stops = createStopRequests(over, invocation),
): Promise<QueueRun> {
  const { started } = over;
  try {
    return await endedRun(over, await follow(over, stops, invocation), invocation);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    return { run: started.run, decide: endingAfter({ reason: 'internal', detail }, error) };
  } finally {
    await started.close();
  }
}

/** Hands a run over and follows it. Returns null if it could not be handed over, and nothing of it is in Redis. */
async function handOver(
  started: StartedRun,
  held: HeldAccount,
  invocation: KeyedInvocation,
  finishBy: FinishBy | null,
) {
  const { settings } = invocation;
  const over = await markHandedOver(started, held.queue, held.account);
  const stops = createStopRequests(over, invocation);
  try {
    await whileReachable(held.queue, upload(over, invocation, finishBy), settings.outage_patience);
  } catch (error) {
    if (error instanceof CommandError && error.code !== 'queue_refused') return { over, stops, away: error.message };
    // Its memory may be full.
    await whileReachable(held.queue, removeJob(held.queue, over.ref), 0).catch(() => undefined);
    const { message } = error as Error;
    const taken = await takeOutOfQueue(over);
    if (taken === null) return { over, stops, away: message };
    // A worker may have the run if only the last command was refused.
    if (taken !== 'sending') {
      const run = await takeRunBack(over);
      await started.close();
      return { refused: run, why: `the rows could not be handed over: ${message.replace(/\.$/, '')}` };
    }
  }
  const { reading } = over.started.run;
  await held.release(Math.max(0, (reading?.memory.pause.end ?? 0) - realClock.now()));
  const { logger } = started;
  const { index, run } = over.started;
  const { handover, account } = over.ref;
  logger.log('info', 'run.handed_over', `${run.manifest.command}: handed over to the workers of ${held.queue.name}`, {
    queue: held.queue.name,
    handover,
    account,
    rows_done: index.ended,
  });
  return { over, stops, away: null };
}

/**
 * Executes the plan of a run by handing it over to workers, and follows it unless --detach. Throws only before anything
 * is in Redis.
 */
export async function executeInQueue(
  given: Run,
  invocation: KeyedInvocation & { held: HeldAccount },
  { reread, finishBy }: { reread: Reread | null; finishBy: FinishBy | null },
): Promise<QueueRun> {
  const started = await startRun(given, reread, invocation);
  if (!(await hasTasks(started))) {
    await started.close();
    return { run: started.run, decide: endingAfter(null, null) };
  }
  const { index, ledger, logger } = started;
  await continueSteering(started.run, index.steering, { record: ledger.record, logger }, invocation);
  const handed = await handOver(started, invocation.held, invocation, finishBy);
  if ('refused' in handed) {
    return { run: handed.refused, decide: endingAfter({ reason: 'queue_lost', detail: handed.why as string }, null) };
  }
  const { over, stops, away } = handed;
  if (away !== null) {
    const executed = await endedRun(over, { kind: 'away', why: away }, invocation);
    await started.close();
    return executed;
  }
  if (!invocation.settings.detach || stops.asked() !== null) return followRun(over, invocation, stops);
  await started.close();
  return { detached: over.started.run, left: null };
}
