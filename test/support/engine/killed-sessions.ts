import type { Answer } from '../../../src/core/api/response.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import {
  addToIndex,
  attemptsBefore,
  emptyIndex,
  type LedgerIndex,
  ROW_STATE,
} from '../../../src/core/ledger/replay.ts';
import type { Operation, Task } from '../../../src/engine/ports.ts';
import { type Execution, execute } from '../../../src/engine/sending/executor.ts';
import { createControl } from '../../../src/engine/sending/pipeline.ts';
import type { Limits } from '../../../src/engine/sending/session.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { answeredContact, entry, http, network, ok, PROFILE, type Sent } from './fake-world.ts';
import { virtualClock } from './virtual-clock.ts';

/** What may go wrong with one request; `landed`: a write has happened nevertheless. */
export const FAULTS = ['429', '425', 'refused', '503', '503 landed', 'cut', 'cut landed', 'garbled landed'] as const;
export type Fault = (typeof FAULTS)[number];

/** A time (ms from the start of the first session) in which all requests, or all writes, end in the same way. */
export type Disturbance = { from: number; ms: number; kind: '503' | 'refused' | 'hang' | '429' | 'writes 503' };

/** How a session ends early: killed with its n-th entry on disk, killed at a time, or by a signal. */
export type EarlyEnd = { kind: 'entry' | 'time' | 'signal'; n: number };

export type Scenario = {
  rows: number;
  /** Rows whose write is always refused. */
  refused: ReadonlySet<number>;
  /** What goes wrong with the first requests of a row, in this order. */
  faults: ReadonlyMap<number, readonly Fault[]>;
  disturbances: readonly Disturbance[];
  /** How long requests take, in ms, in turn. */
  latencies: readonly number[];
  /** How long writing an entry takes, in ms. */
  diskMs: number;
  /** When the system clock is set, and by how much. */
  clockSteps: readonly { at: number; by: number }[];
};

/** A request and its answer; null if the session was killed before. */
export type AnsweredRequest = Sent & { answer: Answer | null };

export type Session = {
  /** The state of each row in the ledger before the session. */
  before: Uint8Array;
  sent: AnsweredRequest[];
  /** Rows whose write was sent without an intent of this session on disk. */
  early: number[];
  /** Null if it was killed. */
  execution: Execution | null;
};

export type FinishedRun = {
  ledger: LedgerEntry[];
  sessions: Session[];
  atTarget: (row: number) => boolean;
  index: LedgerIndex;
};

const TIMEOUT_MS = 10_000;

function indexOf(ledger: readonly LedgerEntry[], count: number): LedgerIndex {
  const index = emptyIndex(count);
  ledger.forEach((line, at) => {
    addToIndex(index, line, at, 1);
  });
  return index;
}

/** The rows that are still to be processed, as the command makes them from ledger and plan. */
async function* tasksOf(index: LedgerIndex, count: number): AsyncGenerator<Task> {
  for (let row = 1; row <= count; row++) {
    const left = index.rowStates[row];
    if (left === ROW_STATE.outcome) continue;
    const first =
      left === ROW_STATE.unverified
        ? 'read_only'
        : left === ROW_STATE.intent || left === ROW_STATE.ambiguous
          ? 'read'
          : 'send';
    yield { entry: entry(row), first, attempts: attemptsBefore(index, row) };
  }
}

/** The API that all sessions of a run talk to: it keeps what has been written. */
function createServer(scenario: Scenario) {
  const targets = new Set<number>();
  const requestsOf = new Map<number, number>();
  let requests = 0;

  /** What goes wrong with the next request of a row. */
  function nextFault(row: number, at: number, operation: Operation): Fault | 'hang' | null {
    const n = requestsOf.get(row) ?? 0;
    const disturbance = scenario.disturbances.find(({ from, ms }) => at >= from && at < from + ms);
    if (disturbance?.kind === 'writes 503') return operation === 'write' ? '503' : null;
    if (disturbance !== undefined) return disturbance.kind;
    requestsOf.set(row, n + 1);
    return scenario.faults.get(row)?.[n] ?? null;
  }

  function answerTo(row: number, operation: Operation, fault: Fault | null): Answer {
    switch (fault) {
      case null:
        if (operation === 'read') return ok({ profile: targets.has(row) ? PROFILE : null });
        return scenario.refused.has(row) ? http(422, '10015') : ok();
      case '429':
        return http(429, '10011', { retryAfter: '3' });
      case '425':
        return http(425);
      case 'refused':
        return network('ECONNREFUSED', false);
      case '503':
      case '503 landed':
        return http(503);
      case 'garbled landed':
        return { ...http(200), body: { kind: 'unreadable' } };
      default:
        return network('ECONNRESET', true);
    }
  }

  return {
    atTarget: (row: number) => targets.has(row),
    nextFault,
    answerTo,
    nextLatency: () => scenario.latencies[requests++ % scenario.latencies.length] as number,
    /** The write of a request takes effect, unless it is refused or lost. */
    land(row: number, operation: Operation, fault: Fault | null): void {
      const isAccepted = operation === 'write' && !scenario.refused.has(row);
      if (isAccepted && (fault === null || fault.endsWith(' landed'))) targets.add(row);
    },
  };
}

type SessionOptions = {
  scenario: Scenario;
  limits: Limits;
  server: ReturnType<typeof createServer>;
  ledger: LedgerEntry[];
  /** How many sessions came before it. */
  number: number;
  /** In ms from the start of the first session. */
  startedAt: number;
  end: EarlyEnd | undefined;
};

const NEVER = new Promise<never>(() => undefined);

/** Runs one session; returns it, and how long it took. */
async function runSession(options: SessionOptions): Promise<{ session: Session; tookMs: number }> {
  const { scenario, limits, server, ledger, number, startedAt, end } = options;
  const clock = virtualClock(number + 1);
  const stop = createStop();
  const index = indexOf(ledger, scenario.rows);
  const session: Session = { before: index.rowStates.slice(), sent: [], early: [], execution: null };
  const intents = new Set<number>();
  const inFlight = new Set<() => void>();
  let isKilled = false;
  let written = 0;
  let kill: () => void = () => undefined;
  const killed = new Promise<null>((resolve) => {
    kill = () => {
      isKilled = true;
      resolve(null);
    };
  });

  async function answer(row: number, operation: Operation): Promise<Answer> {
    const latency = server.nextLatency();
    const fault = server.nextFault(row, startedAt + clock.now(), operation);
    if (fault === 'hang') {
      await clock.sleep(TIMEOUT_MS).done;
      return network('ETIMEDOUT', true);
    }
    const land = () => server.land(row, operation, fault);
    inFlight.add(land);
    await clock.sleep(latency / 2).done;
    if (isKilled) return NEVER;
    inFlight.delete(land);
    land();
    await clock.sleep(latency / 2).done;
    return server.answerTo(row, operation, fault);
  }

  const requestOf = (operation: Operation) => async (one: { row: number }, onSent: () => void) => {
    if (isKilled) return NEVER;
    if (operation === 'write' && !intents.has(one.row)) session.early.push(one.row);
    const request: AnsweredRequest = { row: one.row, at: clock.now(), operation, answer: null };
    session.sent.push(request);
    onSent();
    request.answer = await answer(one.row, operation);
    return request.answer;
  };

  async function record(line: LedgerEntry): Promise<void> {
    if (scenario.diskMs > 0) await clock.sleep(scenario.diskMs).done;
    if (isKilled) return NEVER;
    ledger.push(line);
    if (line.type === 'intent') intents.add(line.row);
    written += 1;
    if (end?.kind !== 'entry' || written < end.n) return;
    kill();
    return NEVER;
  }

  for (const { at, by } of scenario.clockSteps) clock.at(at, () => clock.stepWall(by));
  if (end?.kind === 'time') clock.at(end.n, kill);
  if (end?.kind === 'signal') clock.at(end.n, () => stop.ask('signal', 'SIGTERM'));
  const ports = { clock, send: requestOf('write'), read: requestOf('read'), record, onEvent: () => undefined };
  const tasks = () => tasksOf(index, scenario.rows);
  const finished = async () => {
    await record({ type: 'session_started', at: new Date(clock.wallNow()).toISOString(), pid: 1 });
    return execute({
      tasks,
      ports,
      limits,
      control: createControl(limits),
      stop,
      earlier: index,
      contact: answeredContact(),
    });
  };
  session.execution = await clock.until(Promise.race([finished(), killed]));
  // Half of the requests that were in flight arrive.
  let n = number;
  for (const land of inFlight) if (n++ % 2 === 0) land();
  return { session, tookMs: clock.now() };
}

/**
 * Runs sessions of the engine against one server. Each continues from the ledger that the one before has left, until a
 * session ends by itself and no row is unverified. Throws if that takes too many sessions.
 */
export async function runSessions(scenario: Scenario, limits: Limits, ends: readonly EarlyEnd[]): Promise<FinishedRun> {
  const server = createServer(scenario);
  const ledger: LedgerEntry[] = [];
  const sessions: Session[] = [];
  let startedAt = 0;
  for (let number = 0; number < ends.length + 100; number++) {
    const end = ends[number];
    const { session, tookMs } = await runSession({ scenario, limits, server, ledger, number, startedAt, end });
    sessions.push(session);
    // The next session starts later each time.
    startedAt += tookMs + 1000 * sessions.length;
    const index = indexOf(ledger, scenario.rows);
    const isDone = session.execution?.stop === null && !index.rowStates.includes(ROW_STATE.unverified);
    if (number >= ends.length && isDone) return { ledger, sessions, atTarget: server.atTarget, index };
  }
  throw new Error('the run does not end');
}
