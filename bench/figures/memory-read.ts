import { inputOf } from '../process/inputs.ts';
import { runProgram, type Usage } from '../process/run.ts';
import { atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, shown, spread } from '../report/spread.ts';
import { type BareServer, startBareServer } from '../servers/bare-server.ts';

type Reading = Usage & { calls: number };

async function measureReading(server: BareServer, rows: number): Promise<Reading> {
  await server.start();
  const input = await inputOf(rows, '--blank-phone');
  const usage = await runProgram(['plan', input, '--rate', 'off', '--base-url', server.url]);
  return { ...usage, calls: (await server.report()).requests };
}

/** Peak memory and calls of a plan that reads an account with one number for each row. */
export const memoryRead: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const sizes = quick ? [10_000, 100_000] : [10_000, 1_000_000];
  const servers = await Promise.all(sizes.map((rows) => startBareServer(rows)));
  const contenders = Object.fromEntries(
    sizes.map((rows, at) => [`${rows}`, () => measureReading(servers[at] as BareServer, rows)]),
  );
  const resultsOf = await runRounds(rounds, contenders, onProgress).finally(() => {
    for (const server of servers) server.stop();
  });
  const of = (rows: number, what: keyof Reading) => resultsOf(`${rows}`).map((one) => one[what]);
  const most = sizes.at(-1) as number;
  return {
    title: 'Reading the account: plan --rate off',
    columns: ['rows', 'peak MB', 'calls', 'seconds'],
    rows: sizes.map((rows) => [
      rows.toLocaleString('en-US'),
      spread(of(rows, 'peakMb')),
      shown(median(of(rows, 'calls'))),
      spread(of(rows, 'wallMs').map((ms) => ms / 1000)),
    ]),
    goals: [
      atMost(`peak memory of ${most.toLocaleString('en-US')} rows`, median(of(most, 'peakMb')), {
        must: 400,
        unit: 'MB',
      }),
    ],
    notes: ['The account has as many numbers as the input has rows, on pages of 250.'],
  };
};
