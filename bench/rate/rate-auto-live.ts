import { allowedIn, type Sent } from '../../test/core/rate/simulate.ts';
import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { atLeast, atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, spread } from '../report/spread.ts';
import { forkServer } from '../servers/fork-server.ts';

const LIMIT = 100;
const WINDOW_MS = 5000;
const RESERVE = 0.2;
/** When another client takes half of the limit. */
const RIVAL_MS: [number, number] = [25_000, 50_000];
/** Three windows after a change. */
const ADAPTED_MS = 3 * WINDOW_MS;
const ROWS = 1100;

const KINDS = { 'fixed window': 'aligned', 'sliding window': 'sliding', 'token bucket': 'bucket' };

/** `--rate auto` against servers that limit in three ways, with another client that comes and goes. */
export const rateAutoLive: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const input = await inputOf(ROWS);
  const contenders = Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [
      name,
      async () => {
        const server = await forkServer(
          'servers/limited-server.ts',
          kind,
          `${LIMIT}`,
          `${WINDOW_MS}`,
          ...RIVAL_MS.map(String),
        );
        try {
          await runProgram(['apply', input, '--offline', '--yes', '--rate', 'auto', '--base-url', server.url]);
          return (await server.ask('tell')) as { sent: Sent[]; rival: Sent[] };
        } finally {
          server.stop();
        }
      },
    ]),
  );
  const of = await runRounds(quick ? 1 : rounds, contenders, onProgress);
  const [from, to] = RIVAL_MS;
  // A bucket keeps its reserve as tokens, so its whole refill can be used.
  const room = (name: string) =>
    (LIMIT * (KINDS[name as keyof typeof KINDS] === 'bucket' ? 1 : 1 - RESERVE)) / WINDOW_MS;
  const share = (sent: Sent[], start: number, end: number, perMs: number) =>
    allowedIn(sent, start, end) / (end - start) / perMs;
  const alone = (name: string) => of(name).map(({ sent }) => share(sent, ADAPTED_MS, from, room(name)));
  const beside = (name: string) =>
    of(name).map(({ sent }) => share(sent, from + ADAPTED_MS, to, room(name) - LIMIT / 2 / WINDOW_MS));
  const again = (name: string) =>
    of(name).map(({ sent }) => share(sent, to + ADAPTED_MS, (sent.at(-1) as Sent).at, room(name)));
  const refusals = (list: 'sent' | 'rival') => (name: string) =>
    of(name).map((one) => one[list].filter(({ refused }) => refused).length);
  const refusedAlone = (name: string) =>
    of(name).map((one) => one.sent.filter(({ at, refused }) => refused && at < from).length);
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
      atLeast(`${name}: used alone`, median(alone(name)), { must: 0.97, unit: 'x' }),
      atLeast(`${name}: used alone again`, median(again(name)), { must: 0.97, unit: 'x' }),
      atLeast(`${name}: used beside another client, at least`, median(beside(name)), { must: 0.9, unit: 'x' }),
      atMost(`${name}: used beside another client, at most`, median(beside(name)), { must: 1.1, unit: 'x' }),
      atMost(`${name}: 429 of this program while alone, at most`, Math.max(...refusedAlone(name)), { must: 0 }),
    ]),
    notes: [
      `Shares of ${LIMIT} less 20 %, or of the refill of the bucket, less half of ${LIMIT} beside another client that takes that.`,
      'Each is measured from three windows after the change on.',
    ],
  };
};
