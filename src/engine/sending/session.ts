import type { PlanEntry } from '../../core/plan/entry.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { PaceNow } from '../../core/status/pace.ts';
import type { Contact } from '../contact.ts';
import type { PaceMemory } from '../pacing/pace-memory.ts';
import { createPassedOver } from '../passed-over.ts';
import type { Ports, Task } from '../ports.ts';
import type { Steering } from '../steering.ts';
import type { Stop } from '../stop.ts';
import { type BudgetLimits, createErrorBudget } from './error-budget.ts';
import { createPipeline, type PipelineLimits } from './pipeline.ts';
import type { RowContext } from './row.ts';
import type { RowResult } from './row-outcome.ts';
import { createWriteProof } from './write-proof.ts';

const NOTE_INTERVAL_MS = 1000;

/** The settings that the engine obeys. */
export type Limits = PipelineLimits & BudgetLimits & Pick<Settings, 'stop_after' | 'force'>;

export type ExecuteOptions = {
  /** The rows that are still to be processed. Called again for those that an operator has held and released. */
  tasks: () => AsyncIterable<Task>;
  ports: Ports;
  limits: Limits;
  control: RateControl;
  stop: Stop;
  /** What an operator changes while the run is at work; `limits` are live then. */
  steering?: Steering | undefined;
  /** Rows of this run that ended in earlier sessions, and how many of them failed permanently. */
  earlier: { ended: number; permanent: number };
  /** Of the command, if this is not its only session. */
  series?: Series | undefined;
  /** Of earlier phases of the command. */
  memory?: PaceMemory | undefined;
  /** How many rows of each kind of change are read back; for tests. */
  proofRows?: number | undefined;
  /** What earlier phases of this command have learned about the API. */
  contact?: Contact | undefined;
  /** Is called once, with a function that says how requests leave. */
  observe?: ((pace: () => PaceNow) => void) | undefined;
};

/**
 * What the sessions of a command share if it sends its rows in several. `launched`: rows that it has launched so far;
 * `launchedSinceHold`: those since a profile was held. `held`: the profiles that earlier ones have put on hold.
 * `hasNext`: more rows follow in another session.
 */
export type Series = { launched: number; launchedSinceHold: number; held: Iterable<string>; hasNext: boolean };

export function newSeries(): Series {
  return { launched: 0, launchedSinceHold: 0, held: [], hasNext: false };
}

export type Session = ReturnType<typeof createSession>;

/** An execution in progress. */
export function createSession(options: ExecuteOptions) {
  const { ports, limits, control, stop, steering, earlier, series = newSeries(), memory, contact, proofRows } = options;
  const rows = {
    areAllRead: false,
    /** Launched and not ended. */
    open: 0,
    /** Launched, and waiting for their first request. */
    unsent: 0,
    /** Without an outcome because the run stops. */
    unfinished: 0,
    /** Not sent because their profile is held. */
    heldBack: 0,
    passedOver: createPassedOver(),
  };
  const othersAtWork = (waiting: number) => !rows.areAllRead || rows.open > waiting;
  const pipeline = createPipeline({ ports, limits, control, stop, steering, memory, contact, othersAtWork });
  const budget = createErrorBudget(stop, limits, earlier, series.held);
  const proof = createWriteProof(
    () => concurrencyOf(limits),
    () => session.onChange(),
    proofRows,
  );
  const { onAccepted } = budget;
  const isHeldByOperator = ({ profileTarget }: PlanEntry) => steering?.isHeld(profileTarget) ?? false;
  const isHeld = (entry: PlanEntry) => budget.isHeld(entry) || isHeldByOperator(entry);
  let maxFailures = limits.max_failures;
  const endSteering = steering?.onChange(() => {
    if (limits.max_failures !== maxFailures) budget.onLimit();
    maxFailures = limits.max_failures;
    session.onChange();
  });
  const context: RowContext = { ...pipeline, ports, proof, isHeld, onAccepted, force: limits.force };
  const session = {
    options,
    series,
    pipeline,
    context,
    budget,
    isHeldByOperator,
    end() {
      pipeline.end();
      endSteering?.();
    },
    rows,
    notedAt: ports.clock.now(),
    crash: null as { error: unknown } | null,
    /** Wakes what waits in `untilChange`. */
    onChange: () => {},
  };
  return session;
}

/** Ends the run because of an error that is about no row. */
export function failWith(session: Session, error: unknown): void {
  session.crash ??= { error };
  session.options.stop.ask('internal', error instanceof Error ? error.message : String(error));
}

export async function recordResult(session: Session, task: Task, result: RowResult): Promise<void> {
  const { rows, options } = session;
  const { ports, stop } = options;
  const { entry } = task;
  if (result.kind === 'untouched') {
    rows.unfinished += 1;
    return;
  }
  if (result.kind === 'requeued') {
    if (stop.asked() !== null) rows.unfinished += 1;
    else if (session.budget.isHeld(entry)) rows.heldBack += 1;
    else {
      rows.passedOver.add(entry);
      session.series.launched -= 1;
    }
    const { ambiguous, attempts } = result;
    await ports.record({ type: 'put_back', row: entry.row, ambiguous, attempts, at: nowText(ports) });
    return;
  }
  noteSession(session);
  const { outcome } = result;
  // Counted before it is on disk: a run that is to stop must not send more while it waits for the disk.
  const hold = task.first === 'read_only' ? null : session.budget.count(entry, outcome);
  if (hold !== null) session.series.launchedSinceHold = 0;
  await ports.record({ type: 'outcome', ...outcome });
  const { status } = outcome;
  const isFailed = status === 'failed' || status === 'unverified';
  const event = isFailed ? 'row.failed' : (`row.${status}` as const);
  ports.onEvent({ event, entry, outcome });
  if (hold === null) return;
  ports.onEvent({ event: 'profile.held', ...hold });
  await ports.record({ type: 'profile_held', ...hold, at: nowText(ports) });
}

/** Records the counts of this session from time to time, so that a crash does not lose them. */
function noteSession(session: Session): void {
  const now = session.options.ports.clock.now();
  if (now - session.notedAt < NOTE_INTERVAL_MS) return;
  // It is written together with the outcome that follows, whose failure ends the run.
  recordSeen(session).catch(() => undefined);
}

/** Records the counts of this session. */
export function recordSeen(session: Session): Promise<void> {
  const { pipeline, options } = session;
  const { ports, limits, control } = options;
  const now = ports.clock.now();
  session.notedAt = now;
  const allowed = limits.rate === 'off' ? null : Math.round(control.rate(now) * 100) / 100;
  const seen = { requests: { ...pipeline.requests }, rate: pipeline.measuredRate(), allowed_per_s: allowed };
  return ports.record({ type: 'session_seen', at: nowText(ports), ...seen });
}

function nowText({ clock }: Ports): string {
  return new Date(clock.wallNow()).toISOString();
}
