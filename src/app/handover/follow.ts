import type { HandoverRecord, RunEnd } from '../../core/queue/protocol.ts';
import { realClock } from '../../io/clock.ts';
import { hasHandover, readRecord } from '../../io/queue/handover.ts';
import { readLedger, STREAM_START } from '../../io/queue/ledger-reader.ts';
import { isRefusal, refusalText } from '../../io/redis/connection.ts';
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { whileReachable } from '../queue/connect.ts';
import { type Display, showFollowing } from './following-display.ts';
import type { HandedOver } from './hand-over.ts';
import type { Left, StopRequests } from './stop-requests.ts';
import { copyLines } from './stream-lines.ts';
import { watchUnowned } from './unowned.ts';

const TURN_MS = 200;
/** How often the rest is looked at: owner, progress. */
const LOOK_MS = 1000;

/**
 * How following a run ended. `ended`: a worker has ended it. `removed`: it was to stop, and no worker had it. `lost`:
 * Redis does not know it any more. `taken`: another copy of the run directory has taken it back. `left`: the user leaves
 * it to the workers. `away`: Redis does not answer.
 */
export type Followed =
  | { kind: 'ended'; end: RunEnd }
  | { kind: 'removed'; signal: string }
  | { kind: 'taken'; by: string }
  | { kind: 'lost' }
  | { kind: 'left'; left: Left }
  | { kind: 'away'; why: string };

/** Copies what is new to ledger and log. Returns how following ended, or null. */
async function turn(over: HandedOver, stops: StopRequests, copyNew: () => Promise<void>): Promise<Followed | null> {
  const { queue, ref } = over;
  // Before the lines: a run that had ended here has no line after those that follow.
  const record = await readRecord(queue, ref);
  if (record === null) {
    if (await hasHandover(queue, ref)) throw new Error(`another version has handed run ${ref.handover} over`);
    return { kind: 'lost' };
  }
  if (record.state === 'taken_back') return { kind: 'taken', by: record.taken_by };
  await stops.pass();
  const isRemoved = record.state !== 'ended' && (await stops.isRemoved(record));
  await copyNew();
  if (isRemoved) return { kind: 'removed', signal: stops.asked() as string };
  return endOf(record);
}

function endOf({ state, end }: HandoverRecord): Followed | null {
  if (state !== 'ended') return null;
  return { kind: 'ended', end: end ?? { stop: null, failure: null, organization_id: null } };
}

/** Returns a function that copies the lines that have come since the last time. */
function createCopier({ started, queue, ref }: HandedOver, { onWorker }: Display) {
  let last = started.index.handover?.stream || STREAM_START;
  return async function copyNew(): Promise<void> {
    for await (const lines of readLedger(queue, ref, last)) {
      await copyLines(started, lines, onWorker);
      last = lines.at(-1)?.id ?? last;
    }
  };
}

/**
 * Follows a run to its end: copies the lines of its workers to ledger and log, shows how far it is, and passes signals
 * on. Throws what the file system throws.
 */
export async function follow(over: HandedOver, stops: StopRequests, invocation: Invocation): Promise<Followed> {
  const display = showFollowing(over, invocation);
  stops.noteWith(display.note);
  const look = watchUnowned(over, invocation, display.onUnowned);
  const copyNew = createCopier(over, display);
  const endWatch = over.started.watch.attach(display.pace);
  const patienceMs = invocation.settings.outage_patience;
  let isOver = false;
  let refusedSince: number | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function step(): Promise<Followed | null> {
    try {
      const followed = await turn(over, stops, copyNew);
      if (followed !== null) return followed;
      if (realClock.now() - lookedAt >= LOOK_MS) {
        lookedAt = realClock.now();
        await display.refresh(await look());
      }
      refusedSince = null;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      display.onRefused(refusalText(over.queue.name, error));
      refusedSince ??= realClock.now();
      if (realClock.now() - refusedSince >= patienceMs) return { kind: 'away', why: error.message };
    }
    return null;
  }

  async function toTheEnd(): Promise<Followed> {
    while (!isOver) {
      const followed = await step();
      if (followed !== null) return followed;
      await realClock.sleep(TURN_MS).done;
    }
    return { kind: 'away', why: 'it is no longer followed' };
  }

  try {
    const left = stops.left.then((found) => ({ kind: 'left', left: found }) as const);
    return await Promise.race([whileReachable(over.queue, toTheEnd(), patienceMs), left]);
  } catch (error) {
    if (error instanceof CommandError) return { kind: 'away', why: error.message };
    throw error;
  } finally {
    isOver = true;
    endWatch();
    display.stop();
  }
}
