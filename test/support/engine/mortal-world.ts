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
import { entry, http, network, ok, PROFILE, type Sent } from './fake-world.ts';
import { virtualClock } from './virtual-clock.ts';

/** What may go wrong with one request; `landed`: a write has happened nevertheless. */
export const FAULTS = ['429', '425', 'refused', '503', '503 landed', 'cut', 'cut landed', 'garbled landed'] as const;
export type Fault = (typeof FAULTS)[number];

/** A time (ms from the start of the first session) in which all requests, or all writes, end in the same way. */
export type Spell = { from: number; ms: number; kind: '503' | 'refused' | 'hang' | '429' | 'writes 503' };

/** How a session ends early: killed with its n-th entry on disk, killed at a time, or by a signal. */
export type End = { kind: 'entry' | 'time' | 'signal'; n: number };

export type Plan = {
  rows: number;
  /** Rows whose write is always refused. */
  refused: ReadonlySet<number>;
  /** What goes wrong with the first requests of a row, in this order. */
  faults: ReadonlyMap<number, readonly Fault[]>;
  spells: readonly Spell[];
  /** How long requests take, in ms, in turn. */
  ways: readonly number[];
  /** How long writing an entry takes, in ms. */
  disk: number;
  /** When the system clock is set, and by how much. */
  steps: readonly { at: number; by: number }[];
};

/** A request and its answer; null if the session was killed before. */
export type Asked = Sent & { answer: Answer | null };

export type Session = {
  /** The state of each row in the ledger before the session. */
  before: Uint8Array;
  sent: Asked[];
  /** Rows whose write was sent without an intent of this session on disk. */
  early: number[];
  /** Null if it was killed. */
  execution: Execution | null;
};

export type Life = {
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
function* tasksOf(index: LedgerIndex, count: number): Generator<Task> {
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

/**
 * Runs sessions of the engine against one server. Each continues from the ledger that the one before has left, until a
 * session ends by itself and no row is unverified. Throws if that takes too many sessions.
 */
export async function live(plan: Plan, limits: Limits, ends: readonly End[]): Promise<Life> {
  const targets = new Set<number>();
  const asked = new Map<number, number>();
  const ledger: LedgerEntry[] = [];
  const sessions: Session[] = [];
  let requests = 0;
  let startedAt = 0;

  function faultOf(row: number, at: number, operation: Operation): Fault | 'hang' | null {
    const n = asked.get(row) ?? 0;
    const spell = plan.spells.find(({ from, ms }) => at >= from && at < from + ms);
    if (spell?.kind === 'writes 503') return operation === 'write' ? '503' : null;
    if (spell !== undefined) return spell.kind;
    asked.set(row, n + 1);
    return plan.faults.get(row)?.[n] ?? null;
  }

  async function session(end: End | undefined): Promise<void> {
    const clock = virtualClock(sessions.length + 1);
    const stop = createStop();
    const index = indexOf(ledger, plan.rows);
    const sent: Asked[] = [];
    const early: number[] = [];
    const intents = new Set<number>();
    const underWay = new Set<() => void>();
    const never = new Promise<never>(() => undefined);
    let dead = false;
    let written = 0;
    let die: () => void = () => undefined;
    const death = new Promise<null>((resolve) => {
      die = () => {
        dead = true;
        resolve(null);
      };
    });

    async function answer(row: number, operation: Operation): Promise<Answer> {
      const way = plan.ways[requests++ % plan.ways.length] as number;
      const fault = faultOf(row, startedAt + clock.now(), operation);
      if (fault === 'hang') {
        await clock.sleep(TIMEOUT_MS).done;
        return network('ETIMEDOUT', true);
      }
      const isRefused = plan.refused.has(row);
      const lands = operation === 'write' && !isRefused && (fault === null || fault.endsWith(' landed'));
      const land = () => {
        if (lands) targets.add(row);
      };
      underWay.add(land);
      await clock.sleep(way / 2).done;
      if (dead) return never;
      underWay.delete(land);
      land();
      await clock.sleep(way / 2).done;
      switch (fault) {
        case null:
          if (operation === 'read') return ok({ profile: targets.has(row) ? PROFILE : null });
          return isRefused ? http(422, '10015') : ok();
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

    const requestOf = (operation: Operation) => async (one: { row: number }, onSent: () => void) => {
      if (dead) return never;
      if (operation === 'write' && !intents.has(one.row)) early.push(one.row);
      const asked: Asked = { row: one.row, at: clock.now(), operation, answer: null };
      sent.push(asked);
      onSent();
      asked.answer = await answer(one.row, operation);
      return asked.answer;
    };

    async function record(line: LedgerEntry): Promise<void> {
      if (plan.disk > 0) await clock.sleep(plan.disk).done;
      if (dead) return never;
      ledger.push(line);
      if (line.type === 'intent') intents.add(line.row);
      written += 1;
      if (end?.kind !== 'entry' || written < end.n) return;
      die();
      return never;
    }

    for (const { at, by } of plan.steps) clock.at(at, () => clock.stepWall(by));
    if (end?.kind === 'time') clock.at(end.n, die);
    if (end?.kind === 'signal') clock.at(end.n, () => stop.ask('signal', 'SIGTERM'));
    async function* tasks(): AsyncGenerator<Task> {
      yield* tasksOf(index, plan.rows);
    }
    const ports = { clock, send: requestOf('write'), read: requestOf('read'), record, onEvent: () => undefined };
    const whole = async () => {
      await record({ type: 'session_started', at: new Date(clock.wallNow()).toISOString(), pid: 1 });
      return execute({ tasks: tasks(), ports, limits, control: createControl(limits), stop, earlier: index });
    };
    const execution = await clock.until(Promise.race([whole(), death]));
    // Requests that were in flight arrive or do not.
    let n = sessions.length;
    for (const land of underWay) if (n++ % 2 === 0) land();
    sessions.push({ before: index.rowStates.slice(), sent, early, execution });
    // The next session starts later each time.
    startedAt += clock.now() + 1000 * sessions.length;
  }

  for (const end of ends) await session(end);
  for (let more = 0; ; more++) {
    if (more > 100) throw new Error('the run does not end');
    await session(undefined);
    const index = indexOf(ledger, plan.rows);
    const isDone = sessions.at(-1)?.execution?.stop === null && !index.rowStates.includes(ROW_STATE.unverified);
    if (isDone) return { ledger, sessions, atTarget: (row) => targets.has(row), index };
  }
}
