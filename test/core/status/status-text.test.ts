import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../../src/core/results/run-status.ts';
import { statusLine, statusLines } from '../../../src/core/status/status-text.ts';
import { anyText } from '../../support/any-text.ts';
import { makeStatus } from '../../support/status.ts';

const style = { time: (iso: string) => iso.slice(11, 19), paint: (_: string, text: string) => text };
const textOf = (changes: Partial<RunStatus> = {}) => statusLines(makeStatus(changes), style).join('\n');
const cause: RunStatus['causes'][number] = {
  status: 'failed',
  reason: 'api_error',
  http_status: 404,
  error_code: '10005',
  error_title: 'Resource not found',
  count: 12,
  example_row: 2,
};
const rows = makeStatus().rows;
const NO_ROWS = { ...rows, total: 0, done: 0, updated: 0, left: 0 };

describe('the status for people', () => {
  it('of a run in good order is short', () => {
    expect(textOf()).toBe(
      `20261123T020000Z-numbers-1f2e  apply sending
[###############...............]  50 %  6,000 of 12,000 rows, 6,000 left
  rows       6,000 updated
  rate       48.9/s now, 50.0/s allowed, 50/s set
  requests   6,020 requests, 0 retries, 0 rate limited
  ETA        2m, at 02:12:00`,
    );
  });

  it('says what slows it down, what is held, which wave it is, why rows failed, and who has steered it', () => {
    const held = { id: 'profile-1', name: 'Support', by: 'alice', why: '' };
    expect(
      textOf({
        rows: { ...rows, updated: 5980, failed: 15, unverified: 5 },
        slowed_by: { what: 'server', why: 'HTTP 429: the server asks to wait', until: '2026-11-23T02:10:30.000Z' },
        held_profiles: [held, { id: 'profile-2', name: '', by: null, why: 'refused 3 times' }, held, held],
        wave: { wave: 2, waves: 4, rows: 200, done: 120, until: null },
        causes: [cause, { ...cause, error_title: '', count: 3 }, cause, cause, cause, cause],
        steered: [
          { at: '2026-11-23T02:01:00.000Z', by: 'alice', command: 'rate', from: '50', to: '10' },
          { at: '2026-11-23T02:02:00.000Z', by: 'alice', command: 'hold', from: '', to: 'profile-1' },
        ],
      }),
    ).toBe(`20261123T020000Z-numbers-1f2e  apply sending
[###############...............]  50 %  6,000 of 12,000 rows, 6,000 left
  rows       5,980 updated, 15 failed, 5 unverified
  rate       48.9/s now, 50.0/s allowed, 50/s set
  slowed by  the server: HTTP 429: the server asks to wait, until 02:10:30
  requests   6,020 requests, 0 retries, 0 rate limited
  held       Support (profile-1) by alice; profile-2 after failures: refused 3
             times; Support (profile-1) by alice; and 1 more profile
  wave       2 of 4: 120 of 200 rows
  ETA        2m, at 02:12:00
  not at their target
    12  failed     404 10005 Resource not found (e.g. row 2)
     3  failed     404 10005 api_error (e.g. row 2)
    12  failed     404 10005 Resource not found (e.g. row 2)
    12  failed     404 10005 Resource not found (e.g. row 2)
    12  failed     404 10005 Resource not found (e.g. row 2)
    and 1 more cause in status.json
  steered
    02:01:00  rate 50 -> 10 by alice
    02:02:00  hold profile-1 by alice`);
  });

  it('says which bulk order is at work, and how many there were', () => {
    const open = { order: 3, order_id: 'o-3', rows: 500, pending: 1200 };
    const requests = { ...makeStatus().requests, orders: 1 };
    const text = textOf({ order: open, requests });
    expect(text).toContain('  order      bulk order 3 (o-3): 500 rows without an outcome, 1,200 pending\n');
    expect(text).toMatch(/requests {3}[\d,]+ requests, 1 bulk order, \d+ retr/);
    const unknown = textOf({ order: { ...open, order_id: null, pending: null } });
    expect(unknown.replace(/\s+/g, ' ')).toContain('bulk order 3: 500 rows without an outcome, not known how many');
  });

  it.each<[Partial<RunStatus>, RegExp]>([
    [{ paused: { by: 'alice', since: '2026-11-23T02:05:00.000Z' } }, /apply paused by alice since 02:05:00$/m],
    [{ phase: 'waiting' }, /apply waiting to send$/m],
    [{ phase: 'waiting', rows: NO_ROWS }, /^\[\.{30}\] {3}0 %[\s\S]* rows {7}not known yet$/m],
    [
      { phase: 'ended', state: 'refused', started_at: null, rows: NO_ROWS },
      /^\[\.{30}\] {3}0 %[\s\S]* rows {7}none was planned$/m,
    ],
    [{ rows: NO_ROWS }, /^\[#{30}\] 100 %[\s\S]* rows {7}none to send$/m],
    [
      { phase: 'soaking', wave: { wave: 1, waves: 2, rows: 5, done: 5, until: '2026-11-23T02:20:00.000Z' } },
      /5 of 5 rows, soaking until 02:20:00$/m,
    ],
    [
      { phase: 'ended', state: 'finished', exit_code: 4 },
      /apply finished, exit 4 \(failed_rows\)|apply finished, exit 4/,
    ],
    [{ phase: 'ended', state: 'interrupted' }, /apply interrupted$/m],
    [{ phase: 'ended' }, /apply ended by its workers$/m],
    [{ eta_ms: null, eta_at: null }, /ETA {8}not known now$/m],
    [{ rate: { now: 0, allowed: null, set: 'off' } }, /0\.0\/s now, no limit, off set$/m],
    [{ phase: 'gate', rate: { now: 0, allowed: null, set: '50' } }, / nothing is sent now, 50\/s set$/m],
    [{ rate: { now: 0, allowed: 3, set: 'auto' } }, /3\.0\/s allowed, auto set$/m],
    [
      { rows: { ...rows, total: 0, done: 0, updated: 0, left: 0 }, eta_ms: null },
      /100 % {2}0 of 0 rows, 0 left\n {2}rows {7}none to send$/m,
    ],
    [{ rows: { ...rows, done: 0, updated: 0 } }, /rows {7}none has ended$/m],
    [{ requests: { ...makeStatus().requests, total: 0 } }, /set\n {2}ETA/],
    [{ slowed_by: { what: 'files', why: 'too few' } }, /slowed by {2}open files: too few$/m],
  ])('of %j', (changes, expected) => {
    expect(textOf(changes)).toMatch(expected);
  });

  it('is painted by how the run does', () => {
    const painted = (changes: Partial<RunStatus>) =>
      statusLines(makeStatus(changes), { ...style, paint: (how, text) => `<${how}>${text}` })[0]?.split('  ')[1];
    const ended = { phase: 'ended', state: 'finished' } as const;
    expect(painted({})).toBe('<good>apply sending');
    expect(painted({ paused: { by: 'alice', since: '' } })).toMatch(/^<bad>/);
    expect(painted({ ...ended, exit_code: 0 })).toMatch(/^<good>/);
    expect(painted({ ...ended, exit_code: 4 })).toMatch(/^<bad>/);
    expect(painted({ ...ended, state: 'planned', started_at: null })).toMatch(/^<good>/);
  });

  it('fits 80 columns and has no control characters, whatever the texts are', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const lines = statusLines(
          makeStatus({
            causes: [{ ...cause, error_code: text, error_title: text }],
            held_profiles: [{ id: 'profile-1', name: text, by: text, why: '' }],
            paused: { by: text, since: '2026-11-23T02:05:00.000Z' },
            steered: [{ at: '2026-11-23T02:05:00.000Z', by: text, command: 'rate', from: text, to: text }],
            slowed_by: { what: 'operator', why: text },
          }),
          style,
        );
        for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
        // A word that is longer is not broken.
        for (const line of lines.slice(1)) if (!/\S{40}/.test(line)) expect(line.length).toBeLessThanOrEqual(80);
      }),
    );
  });
});

describe('the status in one line', () => {
  it.each<[Partial<RunStatus>, string]>([
    [{}, '02:10:00 sending, 6,000 of 12,000 rows, 48.9/s of 50.0, 0 failed, ETA 2m, at 02:12:00'],
    [
      {
        rate: { now: 10, allowed: null, set: 'off' },
        slowed_by: { what: 'concurrency', why: '5 requests at once' },
        wave: { wave: 1, waves: 2, rows: 20, done: 3, until: null },
        eta_ms: null,
      },
      '02:10:00 sending, 6,000 of 12,000 rows, 10.0/s, 0 failed, wave 1 of 2: 3 of 20 rows, slowed by --concurrency: 5 requests at once, ETA not known now',
    ],
    [
      { order: { order: 3, order_id: 'o-3', rows: 50, pending: 1200 }, eta_ms: null },
      '02:10:00 sending, 6,000 of 12,000 rows, 48.9/s of 50.0, 0 failed, bulk order 3: 1,200 pending, ETA not known now',
    ],
    [{ phase: 'ended', state: 'interrupted' }, '02:10:00 interrupted, 6,000 of 12,000 rows, 0 failed'],
    [{ rows: { ...rows, left: 0 }, eta_ms: null }, '02:10:00 sending, 6,000 of 12,000 rows, 48.9/s of 50.0, 0 failed'],
  ])('of %j', (changes, expected) => {
    expect(statusLine(makeStatus(changes), style)).toBe(expected);
  });
});
