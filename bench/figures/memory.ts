import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { type Figure, goal, inRounds, type Size } from '../report/figure.ts';
import { median, ratios, spread } from '../report/spread.ts';
import { startBareServer } from '../servers/bare-server.ts';

/** Peak memory of a whole `apply`, from ten thousand rows to a million. */
export async function memory({ quick, rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const sizes = quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];
  const server = await startBareServer();
  const flags = ['--yes', '--rate', 'off', '--base-url', server.url];
  const contenders = Object.fromEntries(
    sizes.map((rows) => [`${rows}`, async () => runProgram('apply', await inputOf(rows), flags)]),
  );
  const results = await inRounds(rounds, contenders, say).finally(server.stop);
  const peaks = (rows: number) => (results[`${rows}`] ?? []).map(({ peakMb }) => peakMb);
  const least = sizes[0] as number;
  const most = sizes.at(-1) as number;
  const named = (rows: number) => rows.toLocaleString('en-US');
  return {
    title: 'Memory: apply --offline --rate off',
    columns: ['rows', 'peak MB', `/ ${named(least)} rows`, 'seconds', 'CPU us a row'],
    rows: sizes.map((rows) => [
      named(rows),
      spread(peaks(rows)),
      spread(ratios(peaks(rows), peaks(least))),
      spread((results[`${rows}`] ?? []).map(({ wallMs }) => wallMs / 1000)),
      spread((results[`${rows}`] ?? []).map(({ cpuMs }) => (cpuMs / rows) * 1000)),
    ]),
    goals: [
      goal(`peak memory of ${named(most)} rows`, median(peaks(most)), 250, 200, 'MB'),
      goal(`${named(most)} rows against ${named(least)}`, median(ratios(peaks(most), peaks(least))), 1.5, 1.25, 'x'),
    ],
    notes: ['The server is a process of its own, and not counted.'],
  };
}
