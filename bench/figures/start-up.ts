import { inputOf } from '../process/inputs.ts';
import { PROGRAM, run } from '../process/run.ts';
import { workDirectory } from '../process/work-directory.ts';
import { atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, ratios, spread } from '../report/spread.ts';

/** Start-up is short, so it is measured more often. */
const ROUNDS_FACTOR = 7;

async function timeOf(args: string[]): Promise<number> {
  const start = performance.now();
  await run(process.execPath, args);
  return performance.now() - start;
}

/** The time of short commands, compared with a Node process that does nothing. */
export const startUp: MeasureFigure = async ({ rounds }, onProgress) => {
  const input = await inputOf(10);
  const plan = ['plan', input, '--offline', '--quiet', '--runs-dir', workDirectory()];
  const contenders = {
    'node -e 0': () => timeOf(['-e', '0']),
    '--version': () => timeOf([PROGRAM, '--version']),
    '--help': () => timeOf([PROGRAM, '--help']),
    'plan --offline, 10 rows': () => timeOf([PROGRAM, ...plan]),
  };
  const of = await runRounds(rounds * ROUNDS_FACTOR, contenders, onProgress);
  const toNode = (name: string) => ratios(of(name), of('node -e 0'));
  return {
    title: 'Start-up',
    columns: ['', 'ms', '/ node -e 0'],
    rows: Object.keys(contenders).map((name) => [name, spread(of(name)), spread(toNode(name))]),
    goals: ['--version', '--help'].map((name) =>
      atMost(`${name} against node -e 0`, median(toNode(name)), { must: 2.5, aim: 1.7, unit: 'x' }),
    ),
    notes: [],
  };
};
