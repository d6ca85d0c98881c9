import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../../src/app/watching/notifier.ts';
import type { RunStatus } from '../../../src/core/results/run-status.ts';
import { makeStatus } from '../../support/make.ts';

const MINUTE = 60_000;
const wave = (n: number) => ({ wave: n, waves: 3, rows: 100, done: 0, until: null });
const DOWN = { slowed_by: { what: 'outage', why: 'HTTP 503' } } as const;
const PAUSED = { paused: { by: 'alice', since: '2026-11-23T02:00:00.000Z' } };

/** A notifier with a time that is set. `at` shows it a status at a time, and returns what it has sent for it. */
function notifier(isProblemsOnly = false) {
  let now = 0;
  const sent: string[] = [];
  const { onStatus, rest } = createNotifier({
    isProblemsOnly,
    host: 'h',
    clock: { now: () => now },
    send: (text) => sent.push(text),
  });
  const at = (ms: number, changes: Partial<RunStatus> = {}) => {
    now = ms;
    onStatus(makeStatus(changes));
    return sent.splice(0).map((text) => text.replaceAll('telnyx-reassign numbers on h: ', ''));
  };
  return Object.assign(at, { rest });
}

describe('people are sent a message', () => {
  it('when the run starts to send, and not while it waits', () => {
    const at = notifier();
    expect(at(0, { phase: 'waiting' })).toEqual([]);
    expect(at(5000)).toEqual(['apply started, 900 rows to send']);
    expect(at(90_000)).toEqual([]);
    expect(at(99_000, { phase: 'ended' })).toEqual([]);
  });

  it('when a wave is reached', () => {
    const at = notifier();
    expect(at(0, { wave: wave(1) })).toEqual(['apply started, 900 rows to send in 3 waves']);
    expect(at(2 * MINUTE, { wave: wave(1), phase: 'soaking' })).toEqual([]);
    expect(at(3 * MINUTE, { wave: wave(2) })).toEqual(['wave 2 of 3 started, 100 rows; 300 of 1,200 rows done']);
  });

  it('at most every ten seconds; what comes sooner is sent together', () => {
    const at = notifier();
    at(0, { wave: wave(1) });
    expect(at(3000, { wave: wave(2) })).toEqual([]);
    expect(at(6000, { wave: wave(3) })).toEqual([]);
    expect(at.rest()).toHaveLength(2);
    const [text = ''] = at(10_000, { wave: wave(3) });
    expect(at.rest()).toEqual([]);
    expect(text.split('\n')).toEqual([expect.stringMatching(/^wave 2/), expect.stringMatching(/^wave 3/)]);
  });

  it.each([
    ['an operator', PAUSED, 'paused by alice, for 10m now; 300 of 1,200 rows done'],
    ['an outage', DOWN, 'paused, because the API is down (HTTP 503), for 10m now; 300 of 1,200 rows done'],
  ])('once if %s has paused the run for ten minutes', (_, changes, text) => {
    for (const isProblemsOnly of [false, true]) {
      const at = notifier(isProblemsOnly);
      at(0);
      expect(at(MINUTE, changes)).toEqual([]);
      expect(at(11 * MINUTE - 1, changes)).toEqual([]);
      expect(at(11 * MINUTE, changes)).toEqual([text]);
      expect(at(30 * MINUTE, changes)).toEqual([]);
      // Another pause counts from its own start.
      expect(at(31 * MINUTE)).toEqual([]);
      expect(at(32 * MINUTE, changes)).toEqual([]);
      expect(at(42 * MINUTE, changes)).toEqual([text]);
    }
  });

  it('about problems only, if that is set', () => {
    const at = notifier(true);
    expect([...at(0, { wave: wave(1) }), ...at(5 * MINUTE, { wave: wave(2) })]).toEqual([]);
  });
});
