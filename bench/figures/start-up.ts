import { inputOf } from '../process/inputs.ts';
import { PROGRAM, run } from '../process/run.ts';
import { workDirectory } from '../process/work-directory.ts';
import { type Figure, goal, inRounds, type Size } from '../report/figure.ts';
import { median, ratios, spread } from '../report/spread.ts';

const MORE_ROUNDS = 7;

async function timed(args: string[]): Promise<number> {
  const began = performance.now();
  await run(process.execPath, args);
  return performance.now() - began;
}

/** How long short commands take, beside a Node process that does nothing. */
export async function startUp({ rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const input = await inputOf(10);
  const plan = ['plan', input, '--offline', '--quiet', '--runs-dir', workDirectory()];
  const contenders = {
    'node -e 0': () => timed(['-e', '0']),
    '--version': () => timed([PROGRAM, '--version']),
    '--help': () => timed([PROGRAM, '--help']),
    'plan --offline, 10 rows': () => timed([PROGRAM, ...plan]),
  };
  const results = await inRounds(rounds * MORE_ROUNDS, contenders, say);
  const of = (name: string) => results[name] ?? [];
  const toNode = (name: string) => ratios(of(name), of('node -e 0'));
  return {
    title: 'Start-up',
    columns: ['', 'ms', '/ node -e 0'],
    rows: Object.keys(contenders).map((name) => [name, spread(of(name)), spread(toNode(name))]),
    goals: ['--version', '--help'].map((name) =>
      goal(`${name} against node -e 0`, median(toNode(name)), 2.5, 1.7, 'x'),
    ),
    notes: [],
  };
}
