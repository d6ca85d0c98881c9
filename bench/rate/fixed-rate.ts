import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { atLeast, atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, spread } from '../report/spread.ts';
import { type BareServer, checkRequests, perSecond, startBareServer } from '../servers/bare-server.ts';

const RATES = [10, 50, 200, 1000];
/** Above this rate, goals are aims only. */
const MAX_RATE_OF_MUST = 200;

/** A network that delays each request by another time, up to this one. */
const JITTER_MS = 100;
const JITTER_RATE = 50;

/** How exactly the program keeps a fixed rate, as received by the server, from a cold start. */
export const rate: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const seconds = quick ? 4 : 15;
  const server = await startBareServer();
  const far = await startBareServer(0, JITTER_MS);
  const measure = async (limit: number, { url, start, report }: BareServer) => {
    const rows = limit * seconds;
    const input = await inputOf(rows);
    await start();
    await runProgram(['apply', input, '--offline', '--yes', '--rate', `${limit}`, '--base-url', url]);
    const received = await report();
    checkRequests(received, rows);
    return { most: received.mostInSecond, mean: perSecond(received), lagMs: received.lagMs };
  };
  const withJitter = `${JITTER_RATE}/s, 0 to ${JITTER_MS} ms of jitter`;
  const contenders = {
    ...Object.fromEntries(RATES.map((limit) => [`${limit}/s`, () => measure(limit, server)])),
    [withJitter]: () => measure(JITTER_RATE, far),
  };
  const resultsOf = await runRounds(rounds, contenders, onProgress).finally(() => {
    server.stop();
    far.stop();
  });
  const jittered = resultsOf(withJitter);
  const of = (limit: number) => resultsOf(`${limit}/s`);
  const most = (limit: number) => of(limit).map((one) => one.most);
  const means = (limit: number) => of(limit).map(({ mean }) => mean / limit);
  const mustAt = (limit: number, bound: number) => (limit <= MAX_RATE_OF_MUST ? bound : null);
  const fourDigits = (value: number) => value.toFixed(4);
  return {
    title: `Rate: requests as received by the server, ${seconds} s from a cold start`,
    columns: ['--rate', 'most in any sliding second', 'mean / limit', 'ms that the server was blocked'],
    rows: [
      ...RATES.map((limit) => [
        `${limit}/s`,
        spread(most(limit), String),
        spread(means(limit), fourDigits),
        spread(of(limit).map(({ lagMs }) => lagMs)),
      ]),
      [
        withJitter,
        spread(
          jittered.map((one) => one.most),
          String,
        ),
        spread(
          jittered.map(({ mean }) => mean / JITTER_RATE),
          fourDigits,
        ),
        spread(jittered.map(({ lagMs }) => lagMs)),
      ],
    ],
    goals: [
      ...RATES.flatMap((limit) => [
        atMost(`most in a second at ${limit}/s`, Math.max(...most(limit)), { must: mustAt(limit, limit), aim: limit }),
        atLeast(`mean / limit at ${limit}/s`, median(means(limit)), { must: mustAt(limit, 0.99), aim: 0.994 }),
      ]),
      atMost(`most in a second at ${withJitter}`, Math.max(...jittered.map((one) => one.most)), {
        must: Math.round(JITTER_RATE * (1 + JITTER_MS / 1000)),
        aim: JITTER_RATE,
      }),
    ],
    notes: [
      `A network that delays requests by up to ${JITTER_MS} ms, each by another time, brings requests of ${1 + JITTER_MS / 1000} s into one second.`,
      'The most in a second is that of the worst round. A busy machine delivers requests to the server late and close',
      'together, so only rounds in which the server was not blocked for long measure the program.',
    ],
  };
};
