import type { StopCause, StopReason } from '../../core/attempt/stop-reason.ts';
import type { RateSeen, RequestCounts } from '../../core/ledger/entry.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import { count } from '../../core/text/text.ts';
import type { RowSet } from '../passed-over.ts';
import type { Task } from '../ports.ts';
import { processRow } from './send-row.ts';
import { createSession, type ExecuteOptions, failWith, recordResult, type Session } from './session.ts';

/** Limits the memory that rows in a backoff take: a million rows may all fail once. */
const MAX_OPEN_ROWS = 5000;

/** Stops that say something about rows with an outcome. Any other has stopped nothing if every row has one. */
export const ABOUT_ENDED_ROWS: ReadonlySet<StopReason | undefined> = new Set([
  'phone_number_mismatch',
  'write_not_kept',
  'order_mismatch',
]);

/** `stop` is null when every row has an outcome, or is held while others went on. */
export type Execution = { stop: StopCause | null; requests: RequestCounts; rate: RateSeen };

/**
 * Executes a plan: takes rows as fast as they can be sent, and stops on reason. Throws what a port throws (the disk is
 * full), after all requests have ended.
 */
export async function execute(options: ExecuteOptions): Promise<Execution> {
  const { ports, limits, stop } = options;
  const session = createSession(options);
  const { pipeline, rows, series } = session;
  options.observe?.(pipeline.paceNow);
  stop.onAsked(() => {
    const { reason, detail } = stop.asked() as StopCause;
    ports.onEvent({ event: 'run.stopping', reason, detail });
    session.onChange();
  });
  let isPaused = false;
  try {
    isPaused = (await launchAll(session, null)) || (await launchReleased(session));
  } catch (error) {
    // The plan could not be read to its end: what is in flight is finished.
    failWith(session, error);
  }
  onAllRead(session);
  while (rows.open > 0) await untilChange(session);
  if (!series.hasNext) options.steering?.end();
  if (isPaused) stop.ask('stop_after', `--stop-after ${limits.stop_after}: ${count(series.launched, 'row')} sent`);
  if (rows.heldBack > 0 && series.launchedSinceHold === 0 && !series.hasNext) {
    stop.ask('profiles_held', 'every profile with rows to send is held');
    rows.unfinished += rows.heldBack;
  }
  session.end();
  if (session.crash !== null) throw session.crash.error;
  const asked = stop.asked();
  const hasStopped = rows.unfinished > 0 || ABOUT_ENDED_ROWS.has(asked?.reason);
  return { stop: hasStopped ? asked : null, requests: pipeline.requests, rate: pipeline.measuredRate() };
}

function onAllRead({ rows, pipeline }: Session): void {
  rows.areAllRead = true;
  pipeline.outages.onRowEnd();
}

/**
 * Launches the rows that an operator has held and released, as long as others are at work. A run that is paused does not
 * end, because its operator may still release rows. Returns as `launchAll`.
 */
async function launchReleased(session: Session): Promise<boolean> {
  const { rows, options } = session;
  const { steering, stop } = options;
  for (;;) {
    const released = rows.passedOver.takeReleased((profile) => steering?.isHeld(profile) ?? false);
    if (released !== null && stop.asked() === null) {
      rows.areAllRead = false;
      if (await launchAll(session, released)) return true;
      continue;
    }
    if (released !== null) rows.unfinished += released.size;
    onAllRead(session);
    const mayRelease = !rows.passedOver.isEmpty() && steering?.isPaused() === true;
    if ((rows.open === 0 && !mayRelease) || stop.asked() !== null) return false;
    await untilChange(session);
  }
}

/**
 * Launches rows (`only`: these) until there are no more, or the run is to stop. Returns whether --stop-after was
 * reached.
 */
async function launchAll(session: Session, only: RowSet | null): Promise<boolean> {
  const { options, budget, rows, series, context } = session;
  const { tasks, limits, stop } = options;
  const mustWait = ({ entry }: Task) =>
    rows.open >= MAX_OPEN_ROWS || rows.unsent >= maxUnsent(options) || !context.proof.mayLaunch(entry);
  for await (const task of tasks()) {
    if (only?.has(task.entry.row) === false) continue;
    while (stop.asked() === null && mustWait(task)) await untilChange(session);
    const isLimitReached = limits.stop_after !== null && series.launched >= limits.stop_after;
    if (stop.asked() !== null || isLimitReached) {
      rows.unfinished += 1;
      return isLimitReached;
    }
    if (session.isHeldByOperator(task.entry)) rows.passedOver.add(task.entry);
    else if (budget.isHeld(task.entry)) rows.heldBack += 1;
    else launch(session, task);
  }
  return false;
}

/**
 * How many rows may have their intent on disk while they wait for their first request: enough to hide the latency of
 * the disk, or of the way to Redis under a lease, and few, because each of them must be read after a crash.
 */
function maxUnsent({ limits, control, ports }: ExecuteOptions): number {
  if (limits.rate === 'off') return concurrencyOf(limits);
  const latencyS = ports.untilMayLeave === undefined ? 0.1 : 0.5;
  return Math.max(2, Math.min(64, Math.ceil(control.rate(ports.clock.now()) * latencyS)));
}

function untilChange(session: Session): Promise<void> {
  return new Promise((resolve) => {
    session.onChange = resolve;
  });
}

function launch(session: Session, task: Task): void {
  const { rows, series } = session;
  rows.open += 1;
  rows.unsent += 1;
  series.launched += 1;
  series.launchedSinceHold += 1;
  let isSent = false;
  const onLaunched = () => {
    if (isSent) return;
    isSent = true;
    rows.unsent -= 1;
    session.onChange();
  };
  processRow(task, session.context, onLaunched)
    .then((result) => recordResult(session, task, result))
    .catch((error) => failWith(session, error))
    .finally(() => {
      onLaunched();
      rows.open -= 1;
      session.pipeline.outages.onRowEnd();
      session.onChange();
    });
}
