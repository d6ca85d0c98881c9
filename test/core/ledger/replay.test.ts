import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/attempt/outcome.ts';
import type { LedgerEntry, WaveStep } from '../../../src/core/ledger/entry.ts';
import {
  addToIndex,
  attemptsBefore,
  countEndedAs,
  emptyIndex,
  hasEndedAs,
  hasOutcome,
  type LedgerIndex,
  ROW_STATE,
  type RowState,
  takesLine,
} from '../../../src/core/ledger/replay.ts';
import { noSessions, paceOf } from '../../../src/core/ledger/sessions.ts';
import { makeOutcome } from '../../support/make.ts';

const at = '2026-11-23T02:00:00.000Z';

const intent = (row: number): LedgerEntry => ({ type: 'intent', row, at });
const putBack = (row: number, attempts: number, ambiguous = false): LedgerEntry => ({
  type: 'put_back',
  row,
  ambiguous,
  attempts,
  at,
});
const outcome = (row: number, status: Outcome['status'], retryable = false) => ({
  type: 'outcome' as const,
  ...makeOutcome({ row, status, retryable }),
});
/** The outcome of a row that was at its target when the plan was made. */
const unchangedButSent = (row: number, status: Outcome['status']): LedgerEntry => ({
  ...outcome(row, status),
  unchangedButSent: true,
});
const foundOf = (row: number, profile: string, product: string): LedgerEntry => ({
  ...{ type: 'found', row, profile, product, at },
});
const started: LedgerEntry = { type: 'session_started', at, pid: 1 };
const held = (profile: string, why: string): LedgerEntry => ({ type: 'profile_held', profile, why, at });
const pace = {
  at,
  requests: { total: 5, writes: 4, reads: 1, retries: 3, rate_limited: 2 },
  rate: { mean_per_s: 1, max_in_1s: 2, max_in_60s: 3, paused_ms: 4, throttled_ms: 1, allowed: 5, server_limit: null },
};
const seen: LedgerEntry = { type: 'session_seen', ...pace };
const ended: LedgerEntry = { type: 'session_ended', stop: null, ...pace };

/** The index of a ledger for `rows` rows, whose entries are 100 bytes each. */
function indexOf(rows: number, ...entries: LedgerEntry[]): LedgerIndex {
  const index = emptyIndex(rows);
  entries.forEach((entry, place) => {
    addToIndex(index, entry, 100 * place, 100);
  });
  return index;
}

describe('an index', () => {
  it('of an empty ledger has no row touched, and place for row 1 to the last', () => {
    expect(emptyIndex(2)).toEqual({
      rowStates: new Uint8Array([0, 0, 0]),
      statusOf: new Uint8Array([0, 0, 0]),
      waveOf: new Uint8Array([0, 0, 0]),
      sendingWave: 0,
      wave: null,
      offset: new Float64Array([0, 0, 0]),
      length: new Uint32Array([0, 0, 0]),
      attempts: new Uint8ClampedArray([0, 0, 0]),
      sessions: noSessions(),
      heldProfiles: new Map(),
      steering: { paused: null, held: new Map(), list: [], count: 0 },
      orders: { last: 0, open: new Map(), byRow: new Map(), missed: new Set(), mismatch: null },
      overwritten: new Map(),
      unchangedButSent: new Set(),
      handover: null,
      ended: 0,
      permanent: 0,
    });
  });

  it('separates six states of a row: untouched is 0, and two of them have ended', () => {
    expect(new Set(Object.values(ROW_STATE)).size).toBe(6);
    expect(ROW_STATE.untouched).toBe(0);
    const those = Object.entries(ROW_STATE).filter(([, left]) => hasOutcome(left));
    expect(those.map(([name]) => name)).toEqual(['unverified', 'outcome']);
  });
});

describe('a row is left', () => {
  it.each([
    ['untouched', 'untouched by nothing', []],
    ['intent', 'with a write that may be on its way, after its intent', [intent(2)]],
    ['requeued', 'waiting, after it was put back', [intent(2), putBack(2, 1)]],
    ['ambiguous', 'waiting, with a write that may have happened', [intent(2), putBack(2, 1, true)]],
    ['intent', 'with a write on its way again, after a second intent', [intent(2), putBack(2, 1), intent(2)]],
    ['requeued', 'waiting, though it was ambiguous before', [putBack(2, 1, true), putBack(2, 1)]],
    ['outcome', 'ended, after it was updated', [intent(2), outcome(2, 'updated')]],
    ['outcome', 'ended, after it failed', [intent(2), outcome(2, 'failed')]],
    ['outcome', 'ended, after it failed for the time being', [intent(2), outcome(2, 'failed', true)]],
    ['unverified', 'ended without knowledge', [intent(2), outcome(2, 'unverified', true)]],
    ['outcome', 'ended, after an unverified one was read', [outcome(2, 'unverified'), outcome(2, 'updated')]],
    ['unverified', 'ended without knowledge once more', [outcome(2, 'unverified'), outcome(2, 'unverified')]],
  ] satisfies [keyof typeof ROW_STATE, string, LedgerEntry[]][])('as %s: %s', (left, _what, entries) => {
    const index = indexOf(3, started, ...entries, intent(3), ended);
    expect([...index.rowStates]).toEqual([0, 0, ROW_STATE[left], ROW_STATE.intent]);
  });

  it('by its last entry, whose place in the file is kept, beyond 4 GB too', () => {
    const index = emptyIndex(2);
    addToIndex(index, intent(1), 10, 50);
    addToIndex(index, intent(2), 60, 51);
    addToIndex(index, outcome(1, 'updated'), 5_000_000_000, 4_000);
    addToIndex(index, ended, 5_000_004_000, 200);
    expect([...index.offset]).toEqual([0, 5_000_000_000, 60]);
    expect([...index.length]).toEqual([0, 4_000, 51]);
  });
});

describe('the attempts that a row has behind it', () => {
  it.each([
    ['none, before its first intent', [], 0],
    ['one that a crash has cut off', [intent(1)], 1],
    ['one for every intent that a crash has cut off', [intent(1), intent(1), intent(1)], 3],
    ['those that its put_back names', [intent(1), putBack(1, 4)], 4],
    [
      'those that its put_back names, and not those that a crash has cut off before',
      [intent(1), intent(1), putBack(1, 7)],
      7,
    ],
    ['none, where it was put back before its first request', [intent(1), putBack(1, 0)], 0],
    ['those that its put_back names, and one that was cut off', [putBack(1, 4), intent(1)], 5],
    ['those that its put_back names, and two that were cut off', [putBack(1, 4, true), intent(1), intent(1)], 6],
    ['the highest number that there is place for', [putBack(1, 255)], 255],
    ['no more than that', [putBack(1, 256)], 255],
    ['no more than that, however many they are', [putBack(1, 1_000_000)], 255],
    ['those of its outcome', [intent(1), outcome(1, 'unverified')], makeOutcome().attempts],
    ['one less', [putBack(1, 254)], 254],
    ['one less, and two that were cut off', [putBack(1, 254), intent(1), intent(1)], 256],
    ['no more than that, and one that was cut off', [putBack(1, 300), intent(1), intent(1), intent(1)], 256],
  ] satisfies [string, LedgerEntry[], number][])('are %s', (_what, entries, attempts) => {
    const index = indexOf(2, ...entries);
    expect(attemptsBefore(index, 1)).toBe(attempts);
    expect(attemptsBefore(index, 2)).toBe(0);
  });
});

describe('the rows that have ended', () => {
  it.each([
    ['none, while it is sent', [intent(1), putBack(1, 3, true), intent(1)], 0, 0],
    ['one that was updated', [outcome(1, 'updated')], 1, 0],
    ['one that failed for good', [outcome(1, 'failed')], 1, 1],
    ['one that failed for the time being', [outcome(1, 'failed', true)], 1, 0],
    ['one that is unverified', [outcome(1, 'unverified')], 1, 0],
    ['one that was read, and is at its target', [outcome(1, 'unverified', true), outcome(1, 'updated')], 1, 0],
    ['one that was read, and failed for good', [outcome(1, 'unverified', true), outcome(1, 'failed')], 1, 1],
    ['one that was read, and may be sent again', [outcome(1, 'unverified', true), outcome(1, 'failed', true)], 1, 0],
    ['two', [intent(1), intent(2), outcome(2, 'failed'), outcome(1, 'failed')], 2, 2],
    ['none that was not to be sent', [unchangedButSent(1, 'held'), unchangedButSent(2, 'unchanged')], 0, 0],
    ['none that was not to be sent, though its number is gone', [unchangedButSent(1, 'failed')], 0, 0],
    ['one, beside one that was not to be sent', [unchangedButSent(1, 'failed'), outcome(2, 'failed')], 1, 1],
    ['none for which only is recorded what it had', [foundOf(1, 'p', 'A2P')], 0, 0],
  ] satisfies [string, LedgerEntry[], number, number][])('are %s', (_what, entries, all, permanent) => {
    const index = indexOf(2, ...entries);
    expect([index.ended, index.permanent]).toEqual([all, permanent]);
  });
});

describe('a row that was not to be sent', () => {
  it('has ended all the same, and its outcome is found in the ledger', () => {
    const index = indexOf(2, started, unchangedButSent(2, 'held'));
    expect([...index.rowStates]).toEqual([0, 0, ROW_STATE.outcome]);
    expect([...index.offset]).toEqual([0, 0, 100]);
    expect([...index.length]).toEqual([0, 0, 100]);
  });
});

describe('the values of rows that are sent although someone else has changed them', () => {
  it('is kept across sessions, and the last one counts', () => {
    const index = indexOf(3, foundOf(1, 'p', 'A2P'), started, foundOf(3, 'UNASSIGN', ''), foundOf(1, 'q', ''), ended);
    expect([...index.overwritten]).toEqual([
      [1, { profile: 'q', product: '' }],
      [3, { profile: 'UNASSIGN', product: '' }],
    ]);
    expect([...indexOf(1, foundOf(1, 'p', 'A2P'), started, intent(1), outcome(1, 'updated')).overwritten]).toHaveLength(
      1,
    );
    expect([...indexOf(1, started, intent(1), outcome(1, 'updated'), ended).overwritten]).toEqual([]);
  });

  it('keeps those apart that were at their target when they were planned: they were not to be sent', () => {
    const forced: LedgerEntry = { type: 'found', unchangedButSent: true, row: 1, profile: 'p', product: 'A2P', at };
    const index = indexOf(2, forced, intent(1), outcome(1, 'failed'), outcome(2, 'updated'));
    expect([...index.unchangedButSent]).toEqual([1]);
    expect([index.ended, index.permanent]).toEqual([1, 0]);
    expect(index.rowStates[1]).toBe(ROW_STATE.outcome);
  });

  it('leaves the row as it was', () => {
    const index = indexOf(2, intent(1), putBack(1, 3), foundOf(1, 'p', 'A2P'), foundOf(2, 'p', 'A2P'));
    expect(index).toEqual({ ...indexOf(2, intent(1), putBack(1, 3)), overwritten: index.overwritten });
  });
});

describe('the profiles that are held', () => {
  it('are those of the last session, and why', () => {
    const one = indexOf(1, started, held('p', 'why p'), held('q', 'why q'), held('q', 'why q again'), ended);
    expect([...one.heldProfiles]).toEqual([
      ['p', 'why p'],
      ['q', 'why q again'],
    ]);
    expect([...indexOf(1, started, held('p', 'why p'), ended, started).heldProfiles]).toEqual([]);
    expect([...indexOf(1, started, held('p', 'why p'), seen).heldProfiles]).toEqual([['p', 'why p']]);
    const reading: LedgerEntry = { type: 'session_started', reading: true, at, pid: 1 };
    expect([...indexOf(1, started, held('p', 'why p'), ended, reading, ended).heldProfiles]).toEqual([['p', 'why p']]);
    expect([...indexOf(1, started, held('p', 'x'), started, held('q', 'y'), intent(1)).heldProfiles]).toEqual([
      ['q', 'y'],
    ]);
  });
});

describe('the waves', () => {
  const sending = (wave: number, continued?: true): LedgerEntry => ({
    type: 'session_started',
    at,
    pid: 1,
    wave,
    ...(continued && { continued }),
  });
  const step = (wave: number, name: WaveStep): LedgerEntry => ({
    type: 'wave',
    at,
    wave,
    waves: 2,
    rows: 1,
    step: name,
  });

  it('have the rows that have ended in their sessions, and a last step', () => {
    const first = [step(1, 'started'), sending(1), intent(2), outcome(2, 'updated'), ended, step(1, 'sent')];
    const reading: LedgerEntry = { type: 'session_started', reading: true, at, pid: 1 };
    const index = indexOf(3, ...first, reading, ended, step(1, 'kept'), sending(2, true), outcome(1, 'failed'));
    expect([...index.waveOf]).toEqual([0, 2, 1, 0]);
    expect(index.wave).toMatchObject({ wave: 1, step: 'kept' });
    expect(hasEndedAs(index, 2, 'updated')).toBe(true);
    expect(hasEndedAs(index, 1, 'updated')).toBe(false);
    expect(hasEndedAs(index, 3, 'updated')).toBe(false);
    expect(countEndedAs(index, 'updated')).toBe(1);
    expect(countEndedAs(index, 'failed')).toBe(1);
    expect(indexOf(1, sending(2), started, outcome(1, 'updated')).waveOf[1]).toBe(0);
  });

  it('of one command keep the profiles that are held; a resume tries them again', () => {
    const first = [sending(1), held('p', 'why p'), ended];
    expect([...indexOf(1, ...first, sending(2, true)).heldProfiles.keys()]).toEqual(['p']);
    expect([...indexOf(1, ...first, sending(2)).heldProfiles]).toEqual([]);
  });
});

describe('the sessions', () => {
  it('are counted up with the rows', () => {
    const { sessions } = indexOf(1, started, intent(1), outcome(1, 'updated'), ended, started, seen);
    expect(sessions).toMatchObject({ count: 2, firstAt: at });
    expect(paceOf(sessions).requests).toEqual({ total: 10, writes: 8, reads: 2, retries: 6, rate_limited: 4 });
  });
});

describe('a ledger that belongs to another plan', () => {
  it.each([
    [0, intent(0)],
    [4, intent(4)],
    [-1, putBack(-1, 1)],
    [1_000_000, outcome(1_000_000, 'updated')],
    [Number.NaN, intent(Number.NaN)],
    [4, foundOf(4, 'p', 'A2P')],
    [4, unchangedButSent(4, 'held')],
  ])('names row %d, and is refused', (row, entry) => {
    const index = emptyIndex(3);
    expect(() => addToIndex(index, entry, 0, 1)).toThrow(new Error(`it names row ${row}, and the plan has 3`));
    expect(index).toEqual(emptyIndex(3));
  });

  it('names a row again after its outcome, and is refused; the same outcome twice counts once', () => {
    for (const again of [intent(1), putBack(1, 1)]) {
      expect(() => indexOf(1, outcome(1, 'updated'), again)).toThrow('it names row 1 again after its outcome');
      expect(() => indexOf(1, outcome(1, 'unverified'), again)).not.toThrow();
    }
    expect(indexOf(1, outcome(1, 'failed'), outcome(1, 'failed'))).toMatchObject({ ended: 1, permanent: 1 });
  });

  it('names no row beyond the first and the last', () => {
    expect(indexOf(3, intent(1), intent(3)).rowStates).toEqual(
      new Uint8Array([0, ROW_STATE.intent, 0, ROW_STATE.intent]),
    );
  });
});

/** What a ledger may say of one row, session by session: cut off, put back, or ended. */
const history: fc.Arbitrary<((row: number) => LedgerEntry)[]> = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constant([intent]),
        fc
          .tuple(fc.nat(300), fc.boolean(), fc.boolean())
          .map(([attempts, ambiguous, read]) => [
            ...(read ? [] : [intent]),
            (row: number) => putBack(row, attempts, ambiguous),
          ]),
      ),
      { maxLength: 4 },
    ),
    fc.array(
      fc.constant((row: number) => outcome(row, 'unverified', true)),
      { maxLength: 2 },
    ),
    fc.option(
      fc.tuple(fc.constantFrom('updated' as const, 'failed' as const), fc.boolean()).map(
        ([status, retryable]) =>
          (row: number) =>
            outcome(row, status, retryable),
      ),
    ),
  )
  .map(([sessions, unverified, last]) => [...sessions.flat(), ...unverified, ...(last === null ? [] : [last])]);

/** The entries of several rows, each in its order, among those of the others and of sessions. */
const ledger = fc
  .tuple(fc.array(history, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(6), { maxLength: 80 }))
  .map(([rows, order]) => {
    const waiting = rows.map((entries, place) => entries.map((entry) => entry(place + 1)));
    const entries: LedgerEntry[] = [];
    for (const turn of order) entries.push(waiting[turn]?.shift() ?? started);
    return { rows: rows.length, entries: [...entries, ...waiting.flat()] };
  });

const leftBy = (entry: LedgerEntry | undefined): RowState => {
  if (entry?.type === 'intent') return ROW_STATE.intent;
  if (entry?.type === 'put_back') return entry.ambiguous ? ROW_STATE.ambiguous : ROW_STATE.requeued;
  if (entry?.type === 'outcome') return entry.status === 'unverified' ? ROW_STATE.unverified : ROW_STATE.outcome;
  return ROW_STATE.untouched;
};

it('whatever a ledger says, the last entry of a row decides, and every row that has ended is counted once', () => {
  fc.assert(
    fc.property(ledger, ({ rows, entries }) => {
      const index = indexOf(rows, ...entries);
      let all = 0;
      let permanent = 0;
      for (let row = 1; row <= rows; row++) {
        const about = entries.flatMap((entry, place) =>
          'row' in entry && entry.row === row ? [{ entry, place }] : [],
        );
        const last = about.at(-1);
        expect(index.rowStates[row]).toBe(leftBy(last?.entry));
        expect(index.offset[row]).toBe(100 * (last?.place ?? 0));
        expect(index.length[row]).toBe(last === undefined ? 0 : 100);
        if (last?.entry.type === 'outcome') {
          all += 1;
          if (last.entry.status === 'failed' && !last.entry.retryable) permanent += 1;
          continue;
        }
        const back = about.findLastIndex(({ entry }) => entry.type === 'put_back');
        const requeued = about[back]?.entry;
        const cut = about.length - 1 - back;
        const before = Math.min(255, requeued?.type === 'put_back' ? requeued.attempts : 0) + cut;
        expect(attemptsBefore(index, row)).toBe(Math.min(before, cut > 0 ? 256 : 255));
      }
      expect([index.ended, index.permanent]).toEqual([all, permanent]);
      expect(index.sessions.count).toBe(entries.filter(({ type }) => type === 'session_started').length);
    }),
    { numRuns: 300 },
  );
});

it.each([
  ['10013', ''],
  ['10017', ''],
  ['10015', '/messaging_profile_id'],
])('a failure that names the profile (%s %s) is not one of those for good', (errorCode, errorPointer) => {
  const about = { ...makeOutcome({ row: 1, status: 'failed', retryable: false }), errorCode, errorPointer };
  const index = indexOf(2, { type: 'outcome', ...about }, outcome(2, 'failed'));
  expect([index.ended, index.permanent]).toEqual([2, 1]);
});

describe('a run that is handed over', () => {
  const over: LedgerEntry = { type: 'handed_over', at, queue: 'redis://10.0.0.5', handover: 'r.1' };
  const handover = { id: 'r.1', queue: 'redis://10.0.0.5' };

  it('is so until it is taken back or lost, at the place of the last line from the stream', () => {
    expect(indexOf(2, over).handover).toEqual({ ...handover, stream: '' });
    const lines: LedgerEntry[] = [over, { ...started, stream: '5-1' }, { ...intent(1), stream: '5-2' }, intent(2)];
    expect(indexOf(2, ...lines).handover).toEqual({ ...handover, stream: '5-2' });
    for (const type of ['taken_back', 'handover_lost'] as const) {
      expect(indexOf(2, ...lines, { type, at, handover: 'r.1' }).handover).toBeNull();
    }
    expect(indexOf(2, { ...started, stream: '5-1' }).handover).toBeNull();
  });

  it('takes no line about a row that has ended, but a better outcome than unverified', () => {
    const index = indexOf(5, outcome(1, 'updated'), outcome(2, 'unverified'), intent(3));
    const taken = (...entries: LedgerEntry[]) => entries.map((entry) => takesLine(index, entry));
    expect(taken(intent(1), putBack(1, 1), outcome(1, 'failed'))).toEqual([false, false, false]);
    expect(taken(intent(2), putBack(2, 1), outcome(2, 'updated'))).toEqual([false, false, true]);
    expect(taken(putBack(3, 1), intent(4), outcome(5, 'held'), started, intent(9))).toEqual(Array(5).fill(true));
  });
});
