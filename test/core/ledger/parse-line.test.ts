import { describe, expect, it } from 'vitest';
import { OUTCOME_STATUSES } from '../../../src/core/attempt/outcome.ts';
import { type LedgerEntry, ORDER_RESULTS } from '../../../src/core/ledger/entry.ts';
import { parseLedgerLine, UnknownLineError } from '../../../src/core/ledger/parse-line.ts';
import { REASONS } from '../../../src/core/plan/reason.ts';
import { makeOutcome } from '../../support/make.ts';

const AT = '2026-11-23T02:00:00.000Z';
const requests = { total: 2, writes: 1, reads: 1, retries: 0, rate_limited: 0 };
const rate = {
  ...{ mean_per_s: 2, max_in_1s: 2, max_in_60s: 2, paused_ms: 0, throttled_ms: 0 },
  ...{ allowed: null, server_limit: { requests: 10, window_ms: null } },
};

const ENTRIES: LedgerEntry[] = [
  { type: 'session_started', at: AT, pid: 7 },
  { type: 'session_started', reading: true, at: AT, pid: 7 },
  { type: 'session_started', at: AT, pid: 7, wave: 2, continued: true },
  { type: 'wave', at: AT, wave: 1, waves: 3, rows: 20, step: 'soaked' },
  { type: 'session_started', bulk: true, at: AT, pid: 7 },
  { type: 'order_intent', at: AT, order: 1, profile: 'p', rows: [1, 3], on_profile: 0 },
  { type: 'order_placed', at: AT, order: 1, order_id: '', success: 1, pending: 1, failed: 0 },
  { type: 'order_seen', at: AT, order: 1, pending: 0 },
  { type: 'order_seen', at: AT, order: 1, pending: 0, mismatch: '+18005550001 moved too' },
  ...ORDER_RESULTS.map((result) => ({ type: 'order_ended' as const, at: AT, order: 1, result, why: '' })),
  { type: 'intent', row: 1, at: AT },
  { type: 'found', row: 1, profile: 'p', product: 'A2P', at: AT },
  { type: 'found', row: 1, profile: 'p', product: 'A2P', at: AT, unchangedButSent: true },
  { type: 'outcome', ...makeOutcome() },
  { type: 'outcome', ...makeOutcome({ httpStatus: null }), unchangedButSent: true },
  { type: 'put_back', row: 1, ambiguous: true, attempts: 2, at: AT },
  { type: 'profile_held', profile: 'p', why: 'because', at: AT },
  { type: 'session_seen', at: AT, requests, rate },
  { type: 'session_seen', at: AT, requests, rate, allowed_per_s: 5 },
  { type: 'session_seen', at: AT, requests, rate, allowed_per_s: null },
  { type: 'session_seen', at: AT, requests: { ...requests, orders: 1 }, rate },
  {
    type: 'session_seen',
    at: AT,
    requests: { ...requests, answers: { read: { ok: 1 }, write: { rejected: 1 } } },
    rate,
  },
  { type: 'session_ended', at: AT, stop: null, requests, rate },
  { type: 'session_ended', at: AT, stop: 'signal', requests, rate },
  { type: 'session_ended', bulk: true, at: AT, stop: null, requests, rate },
  { type: 'session_started', at: AT, pid: 7, worker: 'w', host: 'h', fence: 3, stream: '1-0' },
  { type: 'intent', row: 1, at: AT, stream: '1-1' },
  { type: 'handed_over', at: AT, queue: 'redis://10.0.0.5', handover: 'r.1' },
  { type: 'taken_back', at: AT, handover: 'r.1' },
  { type: 'handover_lost', at: AT, handover: 'r.1' },
];

const parse = (value: unknown) => parseLedgerLine(JSON.stringify(value));

describe('a line of the ledger', () => {
  it.each(ENTRIES)('comes back: %j', (entry) => {
    expect(parse(entry)).toEqual(entry);
  });

  it.each(Object.keys(REASONS))('of an outcome may have the reason %s', (reason) => {
    const outcome = { type: 'outcome', ...makeOutcome(), reason };
    expect(parse(outcome)).toEqual(outcome);
  });

  it.each(OUTCOME_STATUSES)('of an outcome may have the status %s', (status) => {
    const outcome = { type: 'outcome', ...makeOutcome(), status };
    expect(parse(outcome)).toEqual(outcome);
  });
});

describe('a line of another version', () => {
  it('may have fields that this one does not know', () => {
    for (const entry of ENTRIES) expect(parse({ ...entry, colour: 'red' })).toEqual({ ...entry, colour: 'red' });
  });

  it('of 0.1.0 has no field that was added since', () => {
    const { throttled_ms, allowed, server_limit, ...first } = rate;
    const ended = { type: 'session_ended', at: AT, stop: null, requests, rate: first };
    expect(parse(ended)).toEqual(ended);
  });

  it('may name the flag of unchanged rows that were sent as it was before', () => {
    expect(parse({ type: 'outcome', ...makeOutcome(), besides: true })).toMatchObject({ unchangedButSent: true });
  });

  it.each([
    [{ type: 'order_moved', rows: [1] }, 'unknown entry type "order_moved"'],
    [{ type: 'order_ended', at: AT, order: 1, result: 'lost', why: '' }, 'unknown result "lost"'],
    [{ type: 'toString' }, 'unknown entry type "toString"'],
    [{ type: 'wave', at: AT, wave: 1, waves: 2, rows: 3, step: 'surfed' }, 'unknown step "surfed"'],
    [{ type: 'outcome', ...makeOutcome(), status: 'half_done' }, 'unknown status "half_done"'],
    [{ type: 'outcome', ...makeOutcome(), reason: 'bored' }, 'unknown reason "bored"'],
    [{ type: 'outcome', ...makeOutcome(), reason: 'toString' }, 'unknown reason "toString"'],
  ])('is refused if it says what only that version knows: %j', (line, message) => {
    expect(() => parse(line)).toThrow(new UnknownLineError(message));
    expect(() => parse(line)).toThrow(UnknownLineError);
  });
});

describe('a damaged line', () => {
  it.each([null, 'x', { write: null }, { write: { ok: 'many' } }, { read: { ok: -1 } }])(
    'may not count answers as %j',
    (answers) => {
      const line = { type: 'session_seen', at: AT, requests: { ...requests, answers }, rate };
      expect(() => parse(line)).toThrow('the field requests of session_seen');
    },
  );

  it.each(['', '{', '{"type":', 'x'])('is not JSON: %j', (text) => {
    expect(() => parseLedgerLine(text)).toThrow(new Error('not a line of JSON'));
  });

  it.each([null, 1, [], {}, { type: 1 }, 'intent'])('is not an entry: %j', (value) => {
    expect(() => parse(value)).toThrow(new Error('not an entry'));
  });

  it('lacks a field, or has one of another type; every field of every type is checked', () => {
    const optional = [
      'type',
      'reading',
      'bulk',
      'mismatch',
      'unchangedButSent',
      'stream',
      'worker',
      'host',
      'fence',
      'wave',
      'continued',
      'allowed_per_s',
    ];
    for (const entry of ENTRIES) {
      for (const name of Object.keys(entry).filter((field) => !optional.includes(field) || entry.type === 'wave')) {
        if (name === 'type') continue;
        const message = `the field ${name} of ${entry.type} is missing or not valid`;
        expect(() => parse({ ...entry, [name]: undefined })).toThrow(new Error(message));
        expect(() => parse({ ...entry, [name]: [] })).toThrow(new Error(message));
      }
    }
  });

  it.each([[[]], [[1, '2']], [[1.5]], ['1']])('is of an order without rows: %j', (rows) => {
    const line = { type: 'order_intent', at: AT, order: 1, profile: 'p', rows, on_profile: 0 };
    expect(() => parse(line)).toThrow('the field rows of order_intent is missing or not valid');
  });

  it('has an order at no time', () => {
    const line = { type: 'order_placed', at: 'now', order: 1, order_id: '', success: 1, pending: 0, failed: 0 };
    expect(() => parse(line)).toThrow('the field at of order_placed is missing or not valid');
  });

  it('has an order with a mismatch that is no text', () => {
    const line = { type: 'order_seen', at: AT, order: 1, pending: 0, mismatch: 7 };
    expect(() => parse(line)).toThrow('the field mismatch of order_seen is missing or not valid');
  });

  it('names a wave that is no number', () => {
    const line = { type: 'session_started', at: AT, pid: 7, wave: 'x' };
    expect(() => parse(line)).toThrow('the field wave of session_started');
  });

  it('has a place in the stream that is no text', () => {
    expect(() => parse({ ...ENTRIES[2], stream: 7 })).toThrow(new Error('the field stream is not valid'));
  });

  it.each([
    { requests: { ...requests, reads: '1' }, rate },
    { requests: 7, rate },
    { requests: { ...requests, orders: -1 }, rate },
  ])('has counts that are not numbers: %j', (counts) => {
    expect(() => parse({ type: 'session_seen', at: AT, ...counts })).toThrow('the field requests of session_seen');
  });

  it.each([
    ['attempts', -1],
    ['attempts', 1.5],
    ['durationMs', -1],
    ['durationMs', Number.POSITIVE_INFINITY],
    ['httpStatus', 1000],
    ['httpStatus', -200],
    ['httpStatus', 200.5],
  ])('has a number that nothing counts: %s %d', (name, value) => {
    const outcome = ENTRIES.find(({ type }) => type === 'outcome');
    // As text, because JSON can hold a number that is too large.
    const text = JSON.stringify({ ...outcome, [name]: value }).replace(`"${name}":null`, `"${name}":1e999`);
    expect(() => parseLedgerLine(text)).toThrow(`the field ${name} of outcome is missing or not valid`);
  });

  it.each([
    { throttled_ms: '1' },
    { allowed: -1 },
    { server_limit: 7 },
    { server_limit: { requests: '1', window_ms: 1 } },
    { server_limit: { requests: 1, window_ms: -1 } },
  ])('has a rate that none was measured as: %j', (changes) => {
    const counts = { requests, rate: { ...rate, ...changes } };
    expect(() => parse({ type: 'session_seen', at: AT, ...counts })).toThrow('the field rate of session_seen');
  });

  it('has a rate with what later versions measure', () => {
    for (const changes of [
      {},
      { allowed: null, server_limit: null },
      { server_limit: { requests: 1, window_ms: null } },
    ]) {
      const counts = { requests, rate: { ...rate, throttled_ms: 0, ...changes } };
      expect(() => parse({ type: 'session_seen', at: AT, ...counts })).not.toThrow();
    }
  });

  it.each([1.5, '1', 2 ** 60])('names the row %j', (row) => {
    expect(() => parse({ type: 'intent', row, at: AT })).toThrow('the field row of intent is missing or not valid');
  });
});
