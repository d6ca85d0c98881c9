import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, ratios, spread } from '../report/spread.ts';
import { startBareServer } from '../servers/bare-server.ts';

/** Peak memory of a complete `apply`, from 10,000 to 1,000,000 rows. */
export const memory: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const sizes = quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];
  const server = await startBareServer();
  const flags = ['--offline', '--yes', '--rate', 'off', '--base-url', server.url];
  const contenders = Object.fromEntries(
    sizes.map((rows) => [`${rows}`, async () => runProgram(['apply', await inputOf(rows), ...flags])]),
  );
  const of = await runRounds(rounds, contenders, onProgress).finally(server.stop);
  const peaks = (rows: number) => of(`${rows}`).map(({ peakMb }) => peakMb);
  const least = sizes[0] as number;
  const most = sizes.at(-1) as number;
  const text = (rows: number) => rows.toLocaleString('en-US');
  return {
    title: 'Memory: apply --offline --rate off',
    columns: ['rows', 'peak MB', `/ ${text(least)} rows`, 'seconds', 'CPU us a row'],
    rows: sizes.map((rows) => [
      text(rows),
      spread(peaks(rows)),
      spread(ratios(peaks(rows), peaks(least))),
      spread(of(`${rows}`).map(({ wallMs }) => wallMs / 1000)),
      spread(of(`${rows}`).map(({ cpuMs }) => (cpuMs / rows) * 1000)),
    ]),
    goals: [
      atMost(`peak memory of ${text(most)} rows`, median(peaks(most)), { must: 250, aim: 200, unit: 'MB' }),
      atMost(`${text(most)} rows against ${text(least)}`, median(ratios(peaks(most), peaks(least))), {
        must: 1.5,
        aim: 1.25,
        unit: 'x',
      }),
    ],
    notes: ['The server is a separate process and not included.'],
  };
};
