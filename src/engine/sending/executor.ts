import type { StopReason } from '../../core/attempt/classify.ts';
import type { RateSeen, RequestCounts } from '../../core/ledger/entry.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { Meter } from '../pacing/sliding-window.ts';
import type { Ports, Task } from '../ports.ts';
import type { Stop } from '../stop.ts';
import { createErrorBudget } from './error-budget.ts';
import { createPipeline, type PipelineLimits } from './pipeline.ts';
import { processRow } from './send-row.ts';

/** Rows that wait for a retry at most: memory must not grow with a million rows that all fail once. */
const MAX_OPEN = 5000;

const NOTE_EVERY_MS = 1000;

/** What an execution came to. `stop` is null when every row has an outcome, or is held with others going on. */
export type Execution = {
  stop: { reason: StopReason; detail: string } | null;
  requests: RequestCounts;
  rate: RateSeen;
};

/** The settings that the engine obeys. */
export type Limits = PipelineLimits & Pick<Settings, 'max_failures' | 'max_same_error' | 'stop_after' | 'force'>;

export type ExecuteOptions = {
  /** The rows that are still to be processed. */
  tasks: AsyncIterable<Task>;
  ports: Ports;
  limits: Limits;
  control: RateControl;
  stop: Stop;
  /** Rows of this run that ended in earlier sessions, and how many of them failed permanently. */
  earlier: { ended: number; permanent: number };
  /** Has counted the requests of earlier phases of this command. */
  meter?: Meter | undefined;
};

/**
 * Rows whose intent may be on disk while they wait for their first request: enough to cover the disk, and few, as
 * each of them must be looked at after a crash.
 */
function lookahead(limits: Limits, control: RateControl, now: number): number {
  if (limits.rate === 'off') return concurrencyOf(limits);
  return Math.max(2, Math.min(64, Math.ceil(control.rate(now) / 10)));
}

/**
 * Carries out a plan: takes rows as fast as they can be sent, keeps the queue fed, and stops on reason. Throws what a port throws (the disk is full), after all requests have ended.
 */
export async function execute({
  tasks,
  ports,
  limits,
  control,
  stop,
  earlier,
  meter,
}: ExecuteOptions): Promise<Execution> {
  const { clock } = ports;
  const budget = createErrorBudget(stop, limits, earlier);
  let open = 0;
  let unlaunched = 0;
  let unfinished = 0;
  let launches = 0;
  let more = true;
  /** Rows held back, and rows launched since a profile was held: with none, nothing else is left to go on with. */
  let heldBack = 0;
  let launchedSinceHold = 0;
  let changed: () => void = () => undefined;
  let crash: { error: unknown } | null = null;
  let notedAt = clock.now();

  const traffic = createPipeline({
    ports,
    limits,
    control,
    stop,
    meter,
    othersAtWork: (waiting) => more || open > waiting,
  });
  const shared = { ...traffic, ports, isHeld: budget.isHeld, force: limits.force };
  const nowText = () => new Date(clock.wallNow()).toISOString();
  const untilChange = () =>
    new Promise<void>((resolve) => {
      changed = resolve;
    });

  /** What this session has come to, every second: a crash must not take the count of its requests along. */
  function noteSession(): void {
    const now = clock.now();
    if (now - notedAt < NOTE_EVERY_MS) return;
    notedAt = now;
    // It shares the write of the outcome that comes with it; when it fails, so does that.
    ports
      .record({ type: 'session_seen', at: nowText(), requests: { ...traffic.requests }, rate: traffic.rateSeen() })
      .catch(() => undefined);
  }

  function failWith(error: unknown): void {
    crash ??= { error };
    stop.ask('internal', error instanceof Error ? error.message : String(error));
  }

  async function resolveForCommand(task: Task, onLaunched: () => void): Promise<void> {
    const { entry } = task;
    const ended = await processRow(task, shared, onLaunched);
    if ('untouched' in ended) {
      unfinished += 1;
      return;
    }
    if ('putBack' in ended) {
      if (stop.asked() === null) heldBack += 1;
      else unfinished += 1;
      const { ambiguous, attempts } = ended;
      await ports.record({ type: 'put_back', row: entry.row, ambiguous, attempts, at: nowText() });
      return;
    }
    noteSession();
    // Counted before it is on disk: a run that has had enough must not send on while it waits for the disk.
    const hold = task.first === 'read_only' ? null : budget.count(entry, ended);
    if (hold !== null) launchedSinceHold = 0;
    await ports.record({ type: 'outcome', ...ended });
    const event = ended.status === 'updated' ? 'row.updated' : ended.status === 'held' ? 'row.held' : 'row.failed';
    ports.onEvent({ event, entry, outcome: ended });
    if (hold === null) return;
    ports.onEvent({ event: 'profile.held', ...hold });
    await ports.record({ type: 'profile_held', ...hold, at: nowText() });
  }

  function launch(task: Task): void {
    open += 1;
    unlaunched += 1;
    launches += 1;
    launchedSinceHold += 1;
    let launched = false;
    const onLaunched = () => {
      if (launched) return;
      launched = true;
      unlaunched -= 1;
      changed();
    };
    resolveForCommand(task, onLaunched)
      .catch(failWith)
      .finally(() => {
        onLaunched();
        open -= 1;
        traffic.breaker.look();
        changed();
      });
  }

  stop.onAsked(() => {
    const { reason, detail } = stop.asked() as { reason: StopReason; detail: string };
    ports.onEvent({ event: 'run.stopping', reason, detail });
    changed();
  });
  let paused = false;
  try {
    for await (const task of tasks) {
      while (stop.asked() === null && (open >= MAX_OPEN || unlaunched >= lookahead(limits, control, clock.now())))
        await untilChange();
      paused = limits.stop_after !== null && launches >= limits.stop_after;
      if (stop.asked() !== null || paused) {
        unfinished += 1;
        break;
      }
      if (budget.isHeld(task.entry)) heldBack += 1;
      else launch(task);
    }
  } catch (error) {
    // The plan could not be read on: what is in flight is brought to its end.
    failWith(error);
  }
  more = false;
  traffic.breaker.look();
  while (open > 0) await untilChange();
  if (paused) stop.ask('stop_after', `--stop-after ${limits.stop_after}: so many rows were sent`);
  if (heldBack > 0 && launchedSinceHold === 0) {
    stop.ask('profiles_held', 'every profile that has rows left is held');
    unfinished += heldBack;
  }
  traffic.end();
  if (crash !== null) throw (crash as { error: unknown }).error;
  // A signal that came when every row had its outcome has stopped nothing.
  const asked = stop.asked();
  const mattered = unfinished > 0 || asked?.reason === 'phone_number_mismatch';
  return { stop: mattered ? asked : null, requests: traffic.requests, rate: traffic.rateSeen() };
}
