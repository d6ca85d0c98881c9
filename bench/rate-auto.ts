import { createRateControl } from '../src/core/rate-control.ts';
import type { ServerOptions } from '../test/core/limiters.ts';
import { allowedIn, simulate, wasteIn } from '../test/core/simulate.ts';
import { type Figure, goal, type Size } from './figure.ts';
import { shown } from './spread.ts';

const MINUTE = 60_000;
const LIMITS = [20, 100, 600];
const RESERVE = 20;
/** Ten windows after the first are looked at for use, and half an hour after those for waste. */
const USE_UNTIL = 11;
const WASTE_UNTIL = 41;

/** What `reset` tells at its plainest, for each kind of limiter. */
const KINDS = [
  ['fixed, by the clock', 'aligned', 'end'],
  ['fixed, from the first request', 'first', 'end'],
  ['sliding', 'sliding', 'next'],
  ['token bucket', 'bucket', 'full'],
] as const;

type Row = { name: string; limit: number; headers: boolean; uses: number[]; wastes: number[] };

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
    WASTE_UNTIL * MINUTE,
    { seed },
  );
  const minutes = USE_UNTIL - 1;
  const share = allowedIn(sent, MINUTE, USE_UNTIL * MINUTE) / minutes / (server.limit * (1 - RESERVE / 100));
  return { use: share, waste: wasteIn(sent, USE_UNTIL * MINUTE, WASTE_UNTIL * MINUTE) };
}

/** How `--rate auto` settles on servers that allow so many requests a minute, simulated: no waiting is needed for it. */
export async function rateAuto({ quick, rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const rows: Row[] = [];
  for (const headers of [true, false]) {
    for (const [name, kind, reset] of KINDS) {
      say(`${name}, ${headers ? 'with' : 'without'} headers`);
      for (const limit of LIMITS) {
        const seeds = Array.from({ length: quick ? 1 : rounds }, (_, at) => at + 1);
        const server = { kind, limit, reset, headers: headers ? 'all' : 'none' } as const;
        const seen = seeds.map((seed) => settle(server, seed));
        rows.push({
          name,
          limit,
          headers,
          uses: seen.map(({ use }) => use),
          wastes: seen.map(({ waste }) => waste * 100),
        });
      }
    }
  }
  const told = rows.filter(({ headers }) => headers);
  const blind = rows.filter(({ headers }) => !headers);
  const least = (some: Row[]) => Math.min(...some.flatMap(({ uses }) => uses));
  const most = (some: Row[]) => Math.max(...some.flatMap(({ wastes }) => wastes));
  const cells = (values: number[]) => `${shown(Math.min(...values))} to ${shown(Math.max(...values))}`;
  return {
    title: '--rate auto, simulated: use and waste on servers with windows of a minute',
    columns: ['limiter', 'a minute', 'headers', 'used / (limit less 20 %)', '429, percent of requests'],
    rows: rows.map(({ name, limit, headers, uses, wastes }) => [
      name,
      String(limit),
      headers ? 'yes' : 'no',
      cells(uses),
      cells(wastes),
    ]),
    goals: [
      goal('used, with headers, at least', least(told), 0.95, null, 'x', true),
      goal('429 with headers', most(told), 0.2, 0, '%'),
      goal('used, without headers, at least', least(blind), null, 0.95, 'x', true),
      goal('429 without headers', most(blind), 2, null, '%'),
    ],
    notes: ['Use is the mean of ten windows after the first minute, waste that of the 30 minutes after those.'],
  };
}
