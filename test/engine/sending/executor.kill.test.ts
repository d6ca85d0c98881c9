import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import type { Outcome } from '../../../src/core/attempt/outcome.ts';
import { ROW_STATE } from '../../../src/core/ledger/replay.ts';
import { PROOF_ROWS } from '../../../src/engine/sending/write-proof.ts';
import { decides, mayHaveLanded, settings } from '../../support/engine/fake-world.ts';
import {
  type AnsweredRequest,
  type Disturbance,
  type EarlyEnd,
  FAULTS,
  type Fault,
  type FinishedRun,
  runSessions,
  type Scenario,
} from '../../support/engine/killed-sessions.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const ROWS = 40;
/** More attempts than faults that a row can meet: no row is given up. */
const ENDLESS = 60;

const time = fc.integer({ min: 0, max: 40_000 });
const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  from: time,
  ms: fc.oneof(fc.integer({ min: 100, max: 5000 }), fc.integer({ min: 5000, max: 150_000 })),
  kind: fc.constantFrom('503', 'refused', 'hang', '429', 'writes 503'),
});
const end: fc.Arbitrary<EarlyEnd> = fc.oneof(
  fc.record({ kind: fc.constant('entry' as const), n: fc.integer({ min: 1, max: 70 }) }),
  fc.record({ kind: fc.constantFrom('time' as const, 'signal' as const), n: time }),
);
const fault = fc.constantFrom<Fault>(...FAULTS);
const rowFaults = fc.array(
  fc.tuple(fc.integer({ min: 1, max: ROWS }), fc.array(fault, { minLength: 1, maxLength: 6 })),
  {
    maxLength: 15,
  },
);

const scenario: fc.Arbitrary<Scenario> = fc.record({
  rows: fc.integer({ min: 1, max: ROWS }),
  refused: fc.array(fc.integer({ min: 1, max: ROWS }), { maxLength: 4 }).map((list) => new Set(list)),
  faults: rowFaults.map((list) => new Map(list)),
  disturbances: fc.array(disturbance, { maxLength: 2 }),
  latencies: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 10 }),
  diskMs: fc.integer({ min: 0, max: 60 }),
  clockSteps: fc.array(fc.record({ at: time, by: fc.constantFrom(3_600_000, -3_600_000) }), { maxLength: 3 }),
});

const limits = fc.record({
  rate: fc.constantFrom(0.8, 3, 7, 20),
  concurrency: fc.constantFrom(null, 1, 4, 25),
  max_attempts: fc.constantFrom(1, 2, 5, ENDLESS, ENDLESS),
  outage_patience: fc.constantFrom(20_000, 300_000),
  stop_after: fc.constantFrom(null, null, 9),
});

/** The outcomes of a row, oldest first. */
function outcomesOf({ ledger }: FinishedRun, row: number): Outcome[] {
  return ledger.flatMap((line) => (line.type === 'outcome' && line.row === row ? [line] : []));
}

/** Whether a row was written after a write that may have happened, with no read in between that was answered. */
function isWrittenBlindly(asked: readonly AnsweredRequest[]): boolean {
  let unsure = false;
  for (const { operation, answer } of asked) {
    if (operation === 'write' && unsure) return true;
    // No request is sent before the one before it was answered.
    if (answer === null) return false;
    if (operation === 'write') unsure = mayHaveLanded(answer);
    else if (decides(answer)) unsure = false;
  }
  return false;
}

const isAccepted = (answer: Answer) =>
  answer.kind === 'http' && answer.status === 200 && answer.body.kind === 'settings';

/** Whether a row was read although its last write in this session was clear; if that was a 200, it is a `proof`. */
function needlessRead(asked: readonly AnsweredRequest[]): 'none' | 'proof' | 'for nothing' {
  let unsure = false;
  let accepted = false;
  for (const { operation, answer } of asked) {
    if (operation === 'read' && !unsure) return accepted ? 'proof' : 'for nothing';
    if (answer === null) return 'none';
    if (operation === 'write') {
      unsure = mayHaveLanded(answer);
      accepted = isAccepted(answer);
    } else if (decides(answer)) unsure = false;
  }
  return 'none';
}

/** What sessions have done and must not do, according to the state of the rows in the ledger before them. */
function violationsOf({ sessions }: FinishedRun, rows: number): string[] {
  return sessions.flatMap(({ before, sent, early }, n) => {
    const violations = early.map((row) => `session ${n} wrote row ${row} before its intent was on disk`);
    let proofs = 0;
    for (let row = 1; row <= rows; row++) {
      const asked = sent.filter((one) => one.row === row);
      const operations = asked.map(({ operation }) => operation);
      const left = before[row];
      const uncertain = left === ROW_STATE.intent || left === ROW_STATE.ambiguous;
      if (uncertain && operations[0] === 'write')
        violations.push(`session ${n} wrote row ${row} again without reading it`);
      if (left === ROW_STATE.unverified && operations.includes('write'))
        violations.push(`session ${n} wrote row ${row}, which had ended`);
      if (left === ROW_STATE.outcome && operations.length > 0)
        violations.push(`session ${n} sent a request about row ${row}, which had ended`);
      const clear = left === ROW_STATE.untouched || left === ROW_STATE.requeued;
      const needless = clear ? needlessRead(asked) : 'none';
      if (needless === 'for nothing') violations.push(`session ${n} read row ${row} for nothing`);
      if (needless === 'proof') proofs += 1;
      if (isWrittenBlindly(asked)) violations.push(`session ${n} wrote row ${row} again without a read in between`);
    }
    if (proofs > PROOF_ROWS) violations.push(`session ${n} read ${proofs} rows back after their 200`);
    return violations;
  });
}

function check(run: FinishedRun, given: Scenario, max: { rate: number; max_attempts: number }): void {
  expect(violationsOf(run, given.rows)).toEqual([]);
  for (const { sent, execution } of run.sessions) {
    const all = sent.map(({ at }) => at);
    expect(mostInWindow(all, 1000)).toBeLessThanOrEqual(Math.ceil(max.rate));
    if (execution !== null) {
      expect(execution.requests.total).toBe(sent.length);
      expect(execution.requests.reads).toBe(sent.filter(({ operation }) => operation === 'read').length);
    }
  }
  for (let row = 1; row <= given.rows; row++) {
    const outcomes = outcomesOf(run, row);
    const last = outcomes.at(-1);
    // One final outcome, before which there may be unverified ones.
    expect(outcomes.slice(0, -1).every(({ status }) => status === 'unverified')).toBe(true);
    expect([row, last?.status]).toEqual([row, run.atTarget(row) ? 'updated' : 'failed']);
    // A row is unverified only if reads have failed too.
    const unknown = outcomes.filter(({ status }) => status === 'unverified');
    expect(unknown.every(({ reason }) => reason === 'read_failed')).toBe(true);
    const writes = run.sessions
      .flatMap(({ sent }) => sent)
      .filter((one) => one.row === row && one.operation === 'write');
    const killed = run.sessions.filter(({ execution }) => execution === null).length;
    expect(last?.attempts).toBeLessThanOrEqual(writes.length + killed);
    if (given.refused.has(row)) expect(last).toMatchObject({ status: 'failed' });
    else if (max.max_attempts === ENDLESS)
      expect([row, last?.status, last?.retryable]).toEqual([row, 'updated', false]);
  }
  expect(run.index.ended).toBe(given.rows);
}

describe('a run that is killed again and again', () => {
  it('ends with one true outcome for each row, reads before it writes again, and keeps the rate', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, limits, fc.array(end, { maxLength: 5 }), async (given, some, ends) => {
        const run = await runSessions(given, settings(some), ends);
        check(run, given, some);
      }),
      { numRuns: 200 },
    );
  });

  it('is correct if it is killed at any entry of its ledger', async () => {
    const given: Scenario = {
      rows: 12,
      refused: new Set([5]),
      faults: new Map<number, Fault[]>([
        [2, ['503 landed']],
        [4, ['cut', '429', 'cut landed']],
        [7, ['429']],
        [9, ['garbled landed', '503']],
      ]),
      disturbances: [{ from: 1500, ms: 4000, kind: '503' }],
      latencies: [5, 400, 30],
      diskMs: 3,
      clockSteps: [],
    };
    const some = settings({ rate: 7, max_attempts: ENDLESS });
    const whole = await runSessions(given, some, []);
    check(whole, given, { rate: 7, max_attempts: ENDLESS });
    expect(whole.sessions).toHaveLength(1);
    expect(whole.ledger.length).toBeGreaterThan(24);
    for (let n = 1; n <= whole.ledger.length; n++) {
      const run = await runSessions(given, some, [{ kind: 'entry', n }]);
      expect(run.sessions[0]?.execution).toBeNull();
      check(run, given, { rate: 7, max_attempts: ENDLESS });
    }
  });

  it('reads all rows that were in flight, and writes none of them twice', async () => {
    const given: Scenario = {
      rows: 10,
      refused: new Set(),
      faults: new Map(),
      disturbances: [],
      latencies: [5000],
      diskMs: 0,
      clockSteps: [],
    };
    const run = await runSessions(given, settings({ rate: 'off', concurrency: 10 }), [{ kind: 'time', n: 3000 }]);
    const [first, second] = run.sessions;
    expect(first?.sent.map(({ operation }) => operation)).toEqual(Array(10).fill('write'));
    expect(second?.sent.map(({ operation }) => operation)).toEqual(Array(10).fill('read'));
    for (let row = 1; row <= 10; row++) {
      expect(outcomesOf(run, row)).toMatchObject([{ status: 'updated', reason: 'confirmed_by_read', attempts: 1 }]);
    }
  });
});
