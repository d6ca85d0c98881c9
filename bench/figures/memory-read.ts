import { inputOf } from '../process/inputs.ts';
import { runProgram, type Usage } from '../process/run.ts';
import { type Figure, goal, inRounds, type Size } from '../report/figure.ts';
import { median, shown, spread } from '../report/spread.ts';
import { type BareServer, startBareServer } from '../servers/bare-server.ts';

type Read = Usage & { calls: number };

async function read(server: BareServer, rows: number): Promise<Read> {
  await server.start();
  const flags = ['--rate', 'off', '--base-url', server.url];
  const usage = await runProgram('plan', await inputOf(rows, '--blank-phone'), flags, [0], []);
  return { ...usage, calls: (await server.seen()).requests };
}

/** Peak memory and calls of a plan for which the account is read: as many numbers as the input has rows. */
export async function memoryRead({ quick, rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const sizes = quick ? [10_000, 100_000] : [10_000, 1_000_000];
  const servers = await Promise.all(sizes.map((rows) => startBareServer(rows)));
  const contenders = Object.fromEntries(
    sizes.map((rows, at) => [`${rows}`, () => read(servers[at] as BareServer, rows)]),
  );
  const results = await inRounds(rounds, contenders, say).finally(() => {
    for (const server of servers) server.stop();
  });
  const of = (rows: number, what: keyof Read) => (results[`${rows}`] ?? []).map((one) => one[what]);
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
    goals: [goal(`peak memory of ${most.toLocaleString('en-US')} rows`, median(of(most, 'peakMb')), 400, null, 'MB')],
    notes: ['The account has as many numbers as the input has rows, and gives them 250 at a time.'],
  };
}
