import type { StopReason } from '../core/classify.ts';
import type { RateSeen, RequestCounts } from '../core/ledger-entry.ts';
import type { PlanEntry } from '../core/plan.ts';
import { concurrencyOf } from '../core/resolve-settings.ts';
import type { Settings } from '../core/settings.ts';
import { carryOut, type Shared } from './attempt.ts';
import { createKeyCheck } from './key-check.ts';
import { createLanes } from './lanes.ts';
import { createPacer } from './pacer.ts';
import type { Ports, Stop } from './ports.ts';
import { createThrottle } from './throttle.ts';

/** Rows that wait for a retry at most: memory must not grow with a million rows that all fail once. */
const MAX_OPEN = 5000;

/** What an execution came to. `stop` is null when every entry has an outcome. */
export type Execution = {
  stop: { reason: StopReason; detail: string } | null;
  requests: RequestCounts;
  rate: RateSeen;
};

type Pace = Pick<Settings, 'rate' | 'concurrency' | 'max_attempts' | 'retry_base' | 'retry_max' | 'max_server_wait'>;

/**
 * Rows whose intent may be on disk while they wait for their first request: enough to cover the disk, and few, as
 * each of them must be looked at after a crash.
 */
function lookahead(pace: Pace): number {
  return pace.rate === 'off' ? concurrencyOf(pace) : Math.max(2, Math.min(64, Math.ceil(pace.rate / 10)));
}

/**
 * Carries out a plan: takes entries as fast as they can be sent, keeps the queue fed, and stops on reason. The
 * entries are those still to be sent. Throws what a port throws (the disk is full), after all requests have ended.
 */
export async function execute(
  entries: AsyncIterable<PlanEntry>,
  ports: Ports,
  pace: Pace,
  stop: Stop,
): Promise<Execution> {
  const pacer = createPacer(pace.rate, ports.clock, stop);
  const limits = { retryBaseMs: pace.retry_base, retryMaxMs: pace.retry_max, maxServerWaitMs: pace.max_server_wait };
  const shared: Shared = {
    ports,
    stop,
    lanes: createLanes(concurrencyOf(pace), pacer),
    throttle: createThrottle(ports, pacer, stop, limits),
    keyCheck: createKeyCheck(ports, pacer, stop),
    limits: { maxAttempts: pace.max_attempts, ...limits },
    requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
    pausedForMs: () => Math.max(0, pacer.pausedUntil() - ports.clock.now()),
    answered: 0,
  };
  const ahead = lookahead(pace);
  let open = 0;
  let unlaunched = 0;
  let unfinished = 0;
  let changed: () => void = () => undefined;
  let crash: { error: unknown } | null = null;

  const untilRoom = async () => {
    while (stop.asked() === null && (open >= MAX_OPEN || unlaunched >= ahead)) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };

  async function settle(entry: PlanEntry, onLaunched: () => void): Promise<void> {
    await ports.record({ type: 'intent', row: entry.row, at: new Date(ports.clock.wallNow()).toISOString() });
    const ended = await carryOut(entry, shared, onLaunched);
    if ('putBack' in ended) {
      unfinished += 1;
      const at = new Date(ports.clock.wallNow()).toISOString();
      const { ambiguous, attempts } = ended;
      await ports.record({ type: 'put_back', row: entry.row, ambiguous, attempts, at });
      return;
    }
    await ports.record({ type: 'outcome', ...ended });
    ports.tell({ event: ended.status === 'updated' ? 'row.updated' : 'row.failed', entry, outcome: ended });
  }

  function launch(entry: PlanEntry): void {
    open += 1;
    unlaunched += 1;
    let launched = false;
    const onLaunched = () => {
      if (launched) return;
      launched = true;
      unlaunched -= 1;
      changed();
    };
    settle(entry, onLaunched)
      .catch((error: unknown) => {
        crash ??= { error };
        stop.ask('internal', error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        onLaunched();
        open -= 1;
        changed();
      });
  }

  stop.onAsked(() => {
    const { reason, detail } = stop.asked() as { reason: StopReason; detail: string };
    ports.tell({ event: 'run.stopping', reason, detail });
    changed();
  });
  for await (const entry of entries) {
    await untilRoom();
    if (stop.asked() !== null) {
      unfinished += 1;
      break;
    }
    launch(entry);
  }
  while (open > 0) {
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
  }
  // A pause that the last answer asked for would keep the process alive, for as long as --max-server-wait.
  shared.throttle.end();
  if (crash !== null) throw (crash as { error: unknown }).error;
  const { requests: _, ...rate } = pacer.seen();
  // A signal that came when every row had its outcome has stopped nothing.
  const asked = stop.asked();
  const mattered = unfinished > 0 || asked?.reason === 'phone_number_mismatch';
  return { stop: mattered ? asked : null, requests: shared.requests, rate };
}
