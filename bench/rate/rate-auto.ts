import { createRateControl } from '../../src/core/rate/rate-control.ts';
import type { ServerOptions } from '../../test/core/rate/limiters.ts';
import { allowedIn, simulate, wasteIn } from '../../test/core/rate/simulate.ts';
import { atLeast, atMost, type MeasureFigure } from '../report/figure.ts';
import { tableLines } from '../report/figure-text.ts';
import { shown } from '../report/spread.ts';

const MINUTE = 60_000;
const LIMITS = [20, 100, 600];
const RESERVE = 20;
/** Use is measured over ten windows after the first, and waste over half an hour after those. */
const USE_UNTIL = 11;
const WASTE_UNTIL = 41;
/** A bucket needs the second minute to use up its first tokens. */
const STEADY_AT = 2;
/** Then another client takes half of the limit for some minutes. Both changes may take two windows. */
const RIVAL_UNTIL = 56;
const END = 66;
const ADAPTED = 2;

/** The documented meaning of `reset` that fits each kind of limiter. */
const LIMITERS = [
  ['fixed, by the clock', 'aligned', 'end'],
  ['fixed, from the first request', 'first', 'end'],
  ['sliding', 'sliding', 'next'],
  ['token bucket', 'bucket', 'full'],
] as const;

/** Which headers the responses have. */
const HEADERS = ['all', 'no reset', 'none'] as const;
type Headers = (typeof HEADERS)[number];
type Result = { use: number; free: number; refused: number; waste: number; beside: number; again: number };
type Row = { name: string; kind: ServerOptions['kind']; limit: number; headers: Headers; results: Result[] };

function simulateRun(server: Pick<ServerOptions, 'kind' | 'limit' | 'reset' | 'headers'>, seed: number): Result {
  const { sent } = simulate(
    createRateControl({ cap: null, reserve: RESERVE, startPerSecond: 5 }),
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
  const room = server.kind === 'bucket' ? 1 : 1 - RESERVE / 100;
  const share = (from: number, to: number, of: number) =>
    allowedIn(sent, from * MINUTE, to * MINUTE) / (to - from) / (server.limit * of);
  const alone = sent.filter(({ at }) => at < WASTE_UNTIL * MINUTE);
  const steady = alone.filter(({ at }) => at >= STEADY_AT * MINUTE);
  return {
    use: share(1, USE_UNTIL, room),
    free: Math.min(...steady.map(({ free }) => free)) / server.limit,
    refused: alone.filter(({ refused }) => refused).length,
    waste: 100 * wasteIn(sent, USE_UNTIL * MINUTE, WASTE_UNTIL * MINUTE),
    beside: share(WASTE_UNTIL + ADAPTED, RIVAL_UNTIL, room - 0.5),
    again: share(RIVAL_UNTIL + ADAPTED, END, room),
  };
}

/** How `--rate auto` adapts to servers with windows of a minute, simulated, so that it takes no waiting. */
export const rateAuto: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const rows: Row[] = [];
  for (const headers of HEADERS) {
    for (const [name, kind, plainReset] of LIMITERS) {
      onProgress(`${name}, headers: ${headers}`);
      const reset = headers === 'no reset' ? 'none' : plainReset;
      for (const limit of LIMITS) {
        const seeds = Array.from({ length: quick ? 1 : rounds }, (_, at) => at + 1);
        const server = { kind, limit, reset, headers: headers === 'none' ? 'none' : 'all' } as const;
        rows.push({ name, kind, limit, headers, results: seeds.map((seed) => simulateRun(server, seed)) });
      }
    }
  }
  const all = (headers: Headers, what: keyof Result, isCounted: (row: Row) => boolean = () => true) =>
    rows
      .filter((row) => row.headers === headers && isCounted(row))
      .flatMap(({ results }) => results.map((result) => result[what]));
  const least = (...args: Parameters<typeof all>) => Math.min(...all(...args));
  const most = (...args: Parameters<typeof all>) => Math.max(...all(...args));
  const isWindow = ({ kind }: Row) => kind !== 'bucket';
  const isBucket = ({ kind }: Row) => kind === 'bucket';
  const isLarge = ({ limit }: Row) => limit >= 100;
  const isLargeWindow = (row: Row) => isWindow(row) && isLarge(row);
  const cell = ({ results }: Row, what: keyof Result) => {
    const values = results.map((result) => result[what]);
    return `${shown(Math.min(...values))} to ${shown(Math.max(...values))}`;
  };
  const span = (...args: Parameters<typeof all>) => `${shown(least(...args))} to ${shown(most(...args))}`;
  // The left column is from the control of 18 files that this one replaced, measured once in this simulation.
  const comparison = [
    ['windows, with headers: used', '0.988 to 1.01', span('all', 'use', isWindow)],
    ['token bucket, with headers: refill used', '0.801 to 0.820', span('all', 'use', isBucket)],
    ['token bucket, with headers: least free', '0.400 to 0.997', span('all', 'free', isBucket)],
    ['windows of 100 and 600, with headers: beside', '0.979 to 1.09', span('all', 'beside', isLargeWindow)],
    ['windows, with headers: again', '0.984 to 1.00', span('all', 'again', isWindow)],
    ['windows, no reset: used', '0.925 to 1.02', span('no reset', 'use', isWindow)],
    ['windows, no reset: again', '0.953 to 1.03', span('no reset', 'again', isWindow)],
    ['windows, no headers: used', '1.01 to 1.24', span('none', 'use', isWindow)],
    ['no headers: 429, percent', '0.111 to 1.48', span('none', 'waste')],
  ];
  return {
    title: '--rate auto, simulated: use and waste on servers with windows of a minute',
    columns: ['limiter', 'a minute', 'headers', 'used', 'least free', '429', '429, percent', 'beside', 'again'],
    rows: rows.map((row) => [
      row.name,
      String(row.limit),
      row.headers,
      ...(['use', 'free', 'refused', 'waste', 'beside', 'again'] as const).map((what) => cell(row, what)),
    ]),
    goals: [
      atLeast('windows, with headers: used, at least', least('all', 'use', isWindow), { must: 0.97, unit: 'x' }),
      atLeast('token bucket, with headers: refill used, at least', least('all', 'use', isBucket), {
        must: 0.97,
        unit: 'x',
      }),
      atLeast('token bucket, with headers: free tokens, at least', least('all', 'free', isBucket), {
        must: 0.18,
        aim: 0.2,
        unit: 'x',
      }),
      atMost('429 alone with headers, in 41 minutes', most('all', 'refused'), { must: 0 }),
      atLeast('beside another client at 100 and 600, at least', least('all', 'beside', isLarge), {
        must: 0.9,
        unit: 'x',
      }),
      atMost('beside another client at 100 and 600, at most', most('all', 'beside', isLarge), { must: 1.1, unit: 'x' }),
      atLeast('again alone, with headers, at least', least('all', 'again'), { must: 0.97, unit: 'x' }),
      atLeast('without reset: used, at least', least('no reset', 'use'), { must: 0.85, aim: 0.95, unit: 'x' }),
      atLeast('without headers: used, at least', least('none', 'use'), { must: 0.9, unit: 'x' }),
      atMost('without headers: 429', most('none', 'waste'), { must: 2, unit: '%' }),
    ],
    notes: [
      'Used: share of the limit less the reserve of 20 %, or of the refill of a bucket, in ten minutes after the first. Least',
      'free: the least share of the limit that was free after any request, from minute 2 to 41. 429: number in 41 minutes,',
      'and percent in the last 30 of them. Beside: share of what another client leaves that takes half of the limit for a',
      'quarter of an hour; of 20 a minute these are 6. Again: share used from two minutes after it has left. Without headers',
      'no reserve can be kept, and the two share what there is.',
      '',
      'Compared with the control before this one, whose reserve was a part of the refill of a bucket:',
      '',
      ...tableLines(['', 'before', 'now'], comparison),
    ],
  };
};
