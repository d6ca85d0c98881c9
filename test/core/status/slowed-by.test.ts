import { describe, expect, it } from 'vitest';
import { notSteered } from '../../../src/core/ledger/steered.ts';
import type { PaceNow } from '../../../src/core/status/pace.ts';
import { slowedBy } from '../../../src/core/status/slowed-by.ts';
import { makePace } from '../../support/status.ts';

const WALL = Date.parse('2026-11-23T02:00:00Z');
const steering = notSteered();

function by(pace: Partial<PaceNow> | null, facts: Partial<Parameters<typeof slowedBy>[0]> = {}) {
  return slowedBy({ pace: pace && makePace(pace), steering, reserve: 20, now: 50, wall: WALL, ...facts });
}

const steered = (command: string, from: string, to: string) => ({
  steering: {
    ...steering,
    list: [{ type: 'steered' as const, at: '2026-11-23T01:00:00Z', by: 'alice', command, from, to }],
  },
});

describe('what slows a run down', () => {
  it.each<[string, ReturnType<typeof by>, ReturnType<typeof by>]>([
    ['nothing at the rate that was set', by({}), { what: null, why: '' }],
    ['nothing while no session is at work', by(null), { what: null, why: '' }],
    ['nothing without a limit', by({ allowed: null, set: 'off' }), { what: null, why: '' }],
    [
      'an operator who has paused it, whatever else there is',
      by({ pausedMs: 5000 }, { steering: { ...steering, paused: { by: 'alice', at: '2026-11-23T01:00:00Z' } } }),
      { what: 'operator', why: 'paused by alice' },
    ],
    [
      'an operator who has set the rate',
      by({ set: 10, allowed: 10 }, { now: 10, ...steered('rate', '50', '10') }),
      { what: 'operator', why: 'rate 10 by alice' },
    ],
    ['no operator whose rate was replaced', by({}, steered('rate', '50', '10')), { what: null, why: '' }],
    [
      'an outage until the next probe',
      by({ outage: { why: '10 attempts in a row failed', probeInMs: 4000 }, pausedMs: 9000 }),
      { what: 'outage', why: 'it looks down: 10 attempts in a row failed', until: '2026-11-23T02:00:04.000Z' },
    ],
    [
      'a wait that the server asks for',
      by({ pausedMs: 30_000, pausedWhy: 'HTTP 503: the server asks to wait' }),
      { what: 'server', why: 'HTTP 503: the server asks to wait', until: '2026-11-23T02:00:30.000Z' },
    ],
    [
      'too few open files',
      by({ inFlight: 8, files: 8 }, { now: 20 }),
      { what: 'files', why: 'this machine lets 8 requests be open at once: raise the limit with ulimit -n' },
    ],
    [
      'too many requests in flight',
      by({ inFlight: 100 }, { now: 20 }),
      { what: 'concurrency', why: '100 requests at once, all waiting for answers' },
    ],
    [
      'an operator who has lowered the concurrency',
      by({ inFlight: 1, concurrency: 1, allowed: null, set: 'off' }, steered('concurrency', '100', '1')),
      { what: 'operator', why: 'concurrency 1 by alice: 1 request at once, all waiting for answers' },
    ],
    ['nothing if the rate is reached with all requests in flight', by({ inFlight: 100 }), { what: null, why: '' }],
    [
      'a server that names no limit',
      by({ allowed: 20 }, { now: 20 }),
      { what: 'server', why: 'it names no limit, so the rate follows its answers (429)' },
    ],
    [
      'the limit of a server below the setting',
      by({ allowed: 19, serverLimit: { limit: 20, windowMs: 1000 } }, { now: 19 }),
      { what: 'server', why: 'its limit is 20 requests in 1s' },
    ],
    [
      'others who use the limit too',
      by({ allowed: 5, serverLimit: { limit: 20, windowMs: 1000 } }, { now: 5 }),
      {
        what: 'server',
        why: 'its limit is 20 requests in 1s; others use a part of it, or the rate still rises',
      },
    ],
    [
      'a limit whose window is not known',
      by({ set: 'auto', allowed: 5, serverLimit: { limit: 1000, windowMs: null } }, { now: 5 }),
      {
        what: 'server',
        why: 'its limit is 1,000 requests a window; others use a part of it, or the rate still rises',
      },
    ],
    [
      'the reserve of --rate auto',
      by({ set: 'auto', allowed: 16, serverLimit: { limit: 200, windowMs: 10_000 } }, { now: 16 }),
      { what: 'reserve', why: '20% of the limit stay free; its limit is 200 requests in 10s' },
    ],
    [
      'no reserve if it is 0',
      by({ set: 'auto', allowed: 19, serverLimit: { limit: 200, windowMs: 10_000 } }, { now: 19, reserve: 0 }),
      { what: 'server', why: 'its limit is 200 requests in 10s' },
    ],
  ])('is %s', (_, slowed, expected) => {
    expect(slowed).toEqual(expected);
  });
});
