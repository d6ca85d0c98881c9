import { join } from 'node:path';
import { ROOT, runNode, runProgram, type Usage } from '../process/run.ts';
import { atLeast, atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, ratios, spread } from '../report/spread.ts';
import { forkServer } from '../servers/fork-server.ts';
import { inputTo, profileOf } from './account.ts';

/** Requests a second that the server allows. */
const LIMIT = 20;
/** One below the limit: at the limit, a server that says so makes the program wait. */
const RATE = LIMIT - 1;
const IN_FLIGHT = 10;
const PROFILES = 3;

type Report = { requests: number; refused: number; orders: number; on: Record<string, number> };
/** `scale`: how many times as many rows the figure stands for. */
type Job = { rows: number; profiles: number; limit: number; scale: number };
type Result = { requests: number; seconds: number; orders: number; refused: number };

/** Sends rows to a server of their own. Throws if a number is not at its target afterwards. */
async function measure({ rows, profiles, limit, scale }: Job, send: (input: string, url: string) => Promise<Usage>) {
  const server = await forkServer('servers/order-server.ts', `${rows}`, `${limit}`);
  try {
    const { wallMs } = await send(inputTo(rows, profiles), server.url);
    const { requests, refused, orders, on } = (await server.ask('tell')) as Report;
    const moved = Array.from({ length: profiles }, (_, at) => on[profileOf(at + 1)] ?? 0);
    if (moved.reduce((sum, count) => sum + count, 0) !== rows)
      throw new Error(`${moved.join(', ')} of ${rows} are at their targets`);
    return { requests: requests * scale, seconds: (wallMs / 1000) * scale, orders, refused: refused * scale };
  } finally {
    server.stop();
  }
}

const program = (rate: number | 'off', bulk: 'auto' | 'off') => (input: string, url: string) =>
  runProgram(['apply', input, '--yes', '--rate', `${rate}`, '--bulk', bulk, '--base-url', url]);
const loop = (input: string, url: string) =>
  runNode([join(ROOT, 'bench', 'loops', 'sdk-retries.mjs'), input, url, `${IN_FLIGHT}`]);

/** Bulk orders against one PATCH a number: requests, and time where the server allows few. */
export const orders: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const rows = quick ? 5000 : 100_000;
  const scale = 50;
  const many: Job = { rows, profiles: PROFILES, limit: LIMIT, scale: 1 };
  const few: Job = { ...many, rows: rows / scale, scale };
  const free: Job = { rows, profiles: 1, limit: 0, scale: 1 };
  const limited = {
    '--bulk auto': () => measure(many, program(RATE, 'auto')),
    'PATCH alone': () => measure(few, program(RATE, 'off')),
    'telnyx SDK in p-limit': () => measure(few, loop),
  };
  const unlimited = {
    '--bulk auto, one profile, no limit': () => measure(free, program('off', 'auto')),
    'PATCH alone, one profile, no limit': () => measure(free, program('off', 'off')),
  };
  const resultsOf: (name: string) => Result[] = await runRounds(rounds, { ...limited, ...unlimited }, onProgress);
  const of = (name: string, what: keyof Result) => resultsOf(name).map((one) => one[what]);
  const [auto, patch, sdk] = Object.keys(limited) as [string, string, string];
  const [autoOne, patchOne] = Object.keys(unlimited) as [string, string];
  const times = (what: 'requests' | 'seconds', other: string, own: string) =>
    median(ratios(of(other, what), of(own, what)));
  const whole = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return {
    title: `Bulk orders: ${whole(rows)} numbers to ${PROFILES} profiles, the server allows ${LIMIT}/s`,
    columns: ['', 'requests', 'orders', '429', 'seconds', 'it / --bulk auto'],
    rows: Object.keys({ ...limited, ...unlimited }).map((name) => [
      name,
      spread(of(name, 'requests'), whole),
      spread(of(name, 'orders'), whole),
      spread(of(name, 'refused'), whole),
      name in limited ? spread(of(name, 'seconds'), whole) : '',
      spread(
        name in limited
          ? ratios(of(name, 'seconds'), of(auto, 'seconds'))
          : ratios(of(name, 'requests'), of(autoOne, 'requests')),
      ),
    ]),
    goals: [
      atLeast('requests of PATCH against orders, one profile', times('requests', patchOne, autoOne), {
        must: 60,
        unit: 'x',
      }),
      atLeast('requests of PATCH against orders, three profiles', times('requests', patch, auto), {
        must: 55,
        aim: 60,
        unit: 'x',
      }),
      atLeast(`time of PATCH against orders at ${LIMIT}/s`, times('seconds', patch, auto), {
        must: 45,
        aim: 55,
        unit: 'x',
      }),
      atLeast(`time of the SDK against orders at ${LIMIT}/s`, times('seconds', sdk, auto), {
        must: 45,
        aim: 55,
        unit: 'x',
      }),
      atMost('429 of orders', Math.max(...of(auto, 'refused')), { must: 0 }),
    ],
    notes: [
      `PATCH and the SDK at ${LIMIT}/s were measured with ${whole(rows / scale)} numbers, and requests and seconds multiplied by ${scale}: every`,
      `row is one request there. This program has --rate ${RATE}. The orders have all numbers, and run in real time. Every`,
      'number of an order is read before and after it, and all requests count, with those that read the account. The last',
      'column compares seconds, or requests where there is no limit.',
    ],
  };
};
