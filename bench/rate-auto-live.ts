import { allowedIn, type Sent } from '../test/core/rate/simulate.ts';
import { inputOf } from './process/inputs.ts';
import { runProgram } from './process/run.ts';
import { type Figure, goal, runRounds, type Size } from './report/figure.ts';
import { median, spread } from './report/spread.ts';
import { forkServer } from './servers/fork-server.ts';

const LIMIT = 100;
const WINDOW_MS = 5000;
const RESERVE = 0.2;
/** When another client takes half of the limit. */
const RIVAL_MS: [number, number] = [25_000, 50_000];
/** Three windows after something has changed. */
const SETTLED_MS = 3 * WINDOW_MS;
const ROWS = 1100;

const KINDS = { 'fixed window': 'aligned', 'sliding window': 'sliding', 'token bucket': 'bucket' };

/** `--rate auto` against servers that limit in three ways, with another client that comes and goes. */
export async function rateAutoLive({ quick, rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const input = await inputOf(ROWS);
  const contenders = Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [
      name,
      async () => {
        const server = await forkServer('limited-server.ts', kind, `${LIMIT}`, `${WINDOW_MS}`, ...RIVAL_MS.map(String));
        try {
          await runProgram(['apply', input, '--offline', '--yes', '--rate', 'auto', '--base-url', server.url]);
          return (await server.ask('tell')) as { sent: Sent[]; rival: Sent[] };
        } finally {
          server.stop();
        }
      },
    ]),
  );
  const of = await runRounds(quick ? 1 : rounds, contenders, say);
  const [from, to] = RIVAL_MS;
  const room = (LIMIT * (1 - RESERVE)) / WINDOW_MS;
  const share = (sent: Sent[], start: number, end: number, perMs: number) =>
    allowedIn(sent, start, end) / (end - start) / perMs;
  const alone = (name: string) => of(name).map(({ sent }) => share(sent, SETTLED_MS, from, room));
  const beside = (name: string) =>
    of(name).map(({ sent }) => share(sent, from + SETTLED_MS, to, room - LIMIT / 2 / WINDOW_MS));
  const again = (name: string) =>
    of(name).map(({ sent }) => share(sent, to + SETTLED_MS, (sent.at(-1) as Sent).at, room));
  const refusals = (list: 'sent' | 'rival') => (name: string) =>
    of(name).map((one) => one[list].filter(({ refused }) => refused).length);
  const names = Object.keys(KINDS);
  return {
    title: `--rate auto against a server that allows ${LIMIT} in ${WINDOW_MS / 1000} s, live`,
    columns: ['limiter', 'alone', 'beside another client', 'alone again', '429', "429 of the other's"],
    rows: names.map((name) => [
      name,
      ...[alone, beside, again].map((part) => spread(part(name))),
      ...[refusals('sent'), refusals('rival')].map((part) => spread(part(name), String)),
    ]),
    goals: names.flatMap((name) => [
      goal(`${name}: used alone`, median(alone(name)), 0.95, 0.95, 'x', true),
      goal(`${name}: used alone again`, median(again(name)), 0.95, 0.95, 'x', true),
      goal(`${name}: used beside another client`, median(beside(name)), null, 1.2, 'x'),
    ]),
    notes: [
      `Shares of what is to be used: ${LIMIT} less 20 %, and half of ${LIMIT} less where another client takes that, each from`,
      'three windows after the change on.',
    ],
  };
}
