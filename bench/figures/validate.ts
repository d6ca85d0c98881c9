import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { inputOf } from '../process/inputs.ts';
import { ROOT, runNode, runProgram } from '../process/run.ts';
import { workDirectory } from '../process/work-directory.ts';
import { atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, ratios, spread } from '../report/spread.ts';

/** The exit code of a plan with rejected rows. */
const EXIT_REJECTED = 3;
const CONFLICT_EVERY = 200;
const OTHER_PROFILE = '00000000-0000-4000-8000-000000000009';

/** Changes the target of every 200th row, so that rows with the same id are in conflict. Returns the new file. */
async function withConflicts(path: string): Promise<string> {
  const output = join(workDirectory(), 'conflicts.csv');
  let row = 0;
  await pipeline(
    createInterface({ input: createReadStream(path) }),
    async function* (lines: AsyncIterable<string>) {
      for await (const line of lines) {
        row += 1;
        const cells = line.split(',');
        if (row % CONFLICT_EVERY === 0) cells[2] = OTHER_PROFILE;
        yield `${cells.join(',')}\n`;
      }
    },
    createWriteStream(output),
  );
  return output;
}

/** The check of a large input with duplicates and conflicts, compared with parsing its records only. */
export const validate: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const rows = quick ? 100_000 : 1_000_000;
  const input = await withConflicts(await inputOf(rows, '--duplicates', '0.05'));
  const contenders = {
    'plan --offline': () => runProgram(['plan', input, '--offline'], { exitCodes: [EXIT_REJECTED] }),
    'bare csv-parse': () => runNode([join(ROOT, 'bench', 'loops', 'csv-parse.mjs'), input]),
  };
  const resultsOf = await runRounds(rounds, contenders, onProgress);
  const of = (name: string, what: 'wallMs' | 'cpuMs' | 'peakMb') => resultsOf(name).map((one) => one[what]);
  const seconds = (values: number[]) => values.map((ms) => ms / 1000);
  const own = seconds(of('plan --offline', 'wallMs'));
  return {
    title: `Validation: ${rows.toLocaleString('en-US')} rows, one in twenty repeats an id, some with other targets`,
    columns: ['', 'seconds', 'plan / it', 'CPU seconds', 'peak MB'],
    rows: Object.keys(contenders).map((name) => [
      name,
      spread(seconds(of(name, 'wallMs'))),
      spread(ratios(own, seconds(of(name, 'wallMs')))),
      spread(seconds(of(name, 'cpuMs'))),
      spread(of(name, 'peakMb')),
    ]),
    goals: [
      ...(quick ? [] : [atMost('time to validate', median(own), { must: 10, aim: 5, unit: 's' })]),
      atMost('memory to validate', median(of('plan --offline', 'peakMb')), { must: 250, aim: 200, unit: 'MB' }),
    ],
    notes: ['plan copies the input, checks it, and writes plan.csv, results.csv and failed.csv.'],
  };
};
