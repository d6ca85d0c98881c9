import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { type Figure, goal, inRounds, type Size } from '../report/figure.ts';
import { median, spread } from '../report/spread.ts';
import { startBareServer } from '../servers/bare-server.ts';

const RATES = [10, 50, 200, 1000];
/** Above this rate the goals are only aimed at. */
const MOST_MUST = 200;

/** How exactly a rate is kept, as the server sees it: from a cold start, over so many seconds. */
export async function rate({ quick, rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const seconds = quick ? 4 : 15;
  const server = await startBareServer();
  const contenders = Object.fromEntries(
    RATES.map((limit) => [
      `${limit}/s`,
      async () => {
        const rows = limit * seconds;
        const input = await inputOf(rows);
        await server.start();
        await runProgram('apply', input, ['--yes', '--rate', `${limit}`, '--base-url', server.url]);
        const seen = await server.seen();
        if (seen.requests !== rows) throw new Error(`the server saw ${seen.requests} requests of ${rows}`);
        return { most: seen.mostInSecond, mean: ((rows - 1) / seen.spanMs) * 1000, lagMs: seen.lagMs };
      },
    ]),
  );
  const results = await inRounds(rounds, contenders, say).finally(server.stop);
  const of = (limit: number) => results[`${limit}/s`] ?? [];
  const most = (limit: number) => of(limit).map((one) => one.most);
  const means = (limit: number) => of(limit).map(({ mean }) => mean / limit);
  const fourDigits = (value: number) => value.toFixed(4);
  return {
    title: `Rate: requests as the server saw them, ${seconds} s from a cold start`,
    columns: ['--rate', 'most in any sliding second', 'mean / limit', 'ms the server was held up'],
    rows: RATES.map((limit) => [
      `${limit}/s`,
      spread(most(limit), String),
      spread(means(limit), fourDigits),
      spread(of(limit).map(({ lagMs }) => lagMs)),
    ]),
    goals: RATES.flatMap((limit) => [
      goal(`most in a second at ${limit}/s`, Math.max(...most(limit)), limit <= MOST_MUST ? limit : null, limit),
      goal(`mean / limit at ${limit}/s`, median(means(limit)), limit <= MOST_MUST ? 0.99 : null, 0.994, '', true),
    ]),
    notes: [
      'A goal on the most in a second is held against the worst round. What a busy machine hands to the server late, it sees',
      'late, and close to what comes next: only rounds without long hold-ups tell of the program.',
    ],
  };
}
