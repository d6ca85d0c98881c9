import { createRateControl } from '../src/core/rate/rate-control.ts';
import type { ServerOptions } from '../test/core/rate/limiters.ts';
import { allowedIn, simulate, wasteIn } from '../test/core/rate/simulate.ts';
import { type Figure, goal, type Size } from './report/figure.ts';
import { shown } from './report/spread.ts';

const MINUTE = 60_000;
const LIMITS = [20, 100, 600];
const RESERVE = 20;
/** Ten windows after the first are looked at for use, and half an hour after those for waste. */
const USE_UNTIL = 11;
const WASTE_UNTIL = 41;
/** Then another client takes half of the limit for some minutes; both changes may take two windows. */
const RIVAL_UNTIL = 56;
const END = 66;
const SETTLED = 2;

/** What `reset` tells at its plainest, for each kind of limiter. */
const PLAIN = [
  ['fixed, by the clock', 'aligned', 'end'],
  ['fixed, from the first request', 'first', 'end'],
  ['sliding', 'sliding', 'next'],
  ['token bucket', 'bucket', 'full'],
] as const;

/** Which headers answers have. */
const TOLD = ['all', 'no reset', 'none'] as const;
type Told = (typeof TOLD)[number];
type Seen = { use: number; waste: number; beside: number; again: number };
type Row = { name: string; limit: number; told: Told; seen: Seen[] };

function settle(server: Pick<ServerOptions, 'kind' | 'limit' | 'reset' | 'headers'>, seed: number) {
  const control = createRateControl({ cap: null, reserve: RESERVE, startPerSecond: 5 });
  const { sent } = simulate(
    control,
    {
      ...server,
      windowMs: MINUTE,
      whole: 'ceil',
      counted: 'after',
      latency: [20, 200],
      phaseMs: 17_000 * seed,
      refuses: 0,
    },
    END * MINUTE,
    { seed, rival: { fromMs: WASTE_UNTIL * MINUTE, toMs: RIVAL_UNTIL * MINUTE, perSecond: server.limit / 2 / 60 } },
  );
  const room = 1 - RESERVE / 100;
  const share = (from: number, to: number, of: number) =>
    allowedIn(sent, from * MINUTE, to * MINUTE) / (to - from) / (server.limit * of);
  return {
    use: share(1, USE_UNTIL, room),
    waste: 100 * wasteIn(sent, USE_UNTIL * MINUTE, WASTE_UNTIL * MINUTE),
    beside: share(WASTE_UNTIL + SETTLED, RIVAL_UNTIL, room - 0.5),
    again: share(RIVAL_UNTIL + SETTLED, END, room),
  };
}

/** How `--rate auto` settles on servers that allow so many requests a minute, simulated: no waiting is needed for it. */
export async function rateAuto({ quick, rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const rows: Row[] = [];
  for (const told of TOLD) {
    for (const [name, kind, plain] of PLAIN) {
      say(`${name}, headers: ${told}`);
      const reset = told === 'no reset' ? 'none' : plain;
      for (const limit of LIMITS) {
        const seeds = Array.from({ length: quick ? 1 : rounds }, (_, at) => at + 1);
        const server = { kind, limit, reset, headers: told === 'none' ? 'none' : 'all' } as const;
        rows.push({ name, limit, told, seen: seeds.map((seed) => settle(server, seed)) });
      }
    }
  }
  const all = (told: Told, what: keyof Seen) =>
    rows.filter((row) => row.told === told).flatMap(({ seen }) => seen.map((one) => one[what]));
  const least = (told: Told, what: keyof Seen) => Math.min(...all(told, what));
  const most = (told: Told, what: keyof Seen) => Math.max(...all(told, what));
  const cell = ({ seen }: Row, what: keyof Seen) => {
    const values = seen.map((one) => one[what]);
    return `${shown(Math.min(...values))} to ${shown(Math.max(...values))}`;
  };
  return {
    title: '--rate auto, simulated: use and waste on servers with windows of a minute',
    columns: ['limiter', 'a minute', 'headers', 'used alone', '429, percent', 'beside another client', 'alone again'],
    rows: rows.map((row) => [
      row.name,
      String(row.limit),
      row.told,
      ...(['use', 'waste', 'beside', 'again'] as const).map((what) => cell(row, what)),
    ]),
    goals: [
      goal('used, with headers, at least', least('all', 'use'), 0.95, null, 'x', true),
      goal('429 with headers', most('all', 'waste'), 0.2, 0, '%'),
      goal('beside another client, with headers, at most', most('all', 'beside'), null, 1.2, 'x'),
      goal('alone again, with headers, at least', least('all', 'again'), 0.95, null, 'x', true),
      goal('used, without reset, at least', least('no reset', 'use'), null, 0.95, 'x', true),
      goal('alone again, without reset, at least', least('no reset', 'again'), null, 0.95, 'x', true),
      goal('used, without headers, at least', least('none', 'use'), null, 0.95, 'x', true),
      goal('429 without headers', most('none', 'waste'), 2, null, '%'),
    ],
    notes: [
      'Shares of the limit less 20 %, and half of the limit less where another client takes that, which is 6 of 20 a minute.',
      'Use is the mean of ten windows after the first minute, waste that of the 30 minutes after those; the other client',
      'comes then for a quarter of an hour. Where no header tells, no reserve is kept, and the two share what there is.',
    ],
  };
}
