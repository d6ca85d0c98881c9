import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { atLeast, atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, spread } from '../report/spread.ts';
import { checkRequests, perSecond, startBareServer } from '../servers/bare-server.ts';

const RATES = [10, 50, 200, 1000];
/** Above this rate, goals are aims only. */
const MAX_RATE_OF_MUST = 200;

/** How exactly the program keeps a fixed rate, as received by the server, from a cold start. */
export const rate: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const seconds = quick ? 4 : 15;
  const server = await startBareServer();
  const contenders = Object.fromEntries(
    RATES.map((limit) => [
      `${limit}/s`,
      async () => {
        const rows = limit * seconds;
        const input = await inputOf(rows);
        await server.start();
        await runProgram(['apply', input, '--offline', '--yes', '--rate', `${limit}`, '--base-url', server.url]);
        const report = await server.report();
        checkRequests(report, rows);
        return { most: report.mostInSecond, mean: perSecond(report), lagMs: report.lagMs };
      },
    ]),
  );
  const resultsOf = await runRounds(rounds, contenders, onProgress).finally(server.stop);
  const of = (limit: number) => resultsOf(`${limit}/s`);
  const most = (limit: number) => of(limit).map((one) => one.most);
  const means = (limit: number) => of(limit).map(({ mean }) => mean / limit);
  const mustAt = (limit: number, bound: number) => (limit <= MAX_RATE_OF_MUST ? bound : null);
  const fourDigits = (value: number) => value.toFixed(4);
  return {
    title: `Rate: requests as received by the server, ${seconds} s from a cold start`,
    columns: ['--rate', 'most in any sliding second', 'mean / limit', 'ms that the server was blocked'],
    rows: RATES.map((limit) => [
      `${limit}/s`,
      spread(most(limit), String),
      spread(means(limit), fourDigits),
      spread(of(limit).map(({ lagMs }) => lagMs)),
    ]),
    goals: RATES.flatMap((limit) => [
      atMost(`most in a second at ${limit}/s`, Math.max(...most(limit)), { must: mustAt(limit, limit), aim: limit }),
      atLeast(`mean / limit at ${limit}/s`, median(means(limit)), { must: mustAt(limit, 0.99), aim: 0.994 }),
    ]),
    notes: [
      'The most in a second is that of the worst round. A busy machine delivers requests to the server late and close',
      'together, so only rounds in which the server was not blocked for long measure the program.',
    ],
  };
};
