import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './run.ts';
import { workDirectory } from './work-directory.ts';

/** The path of a CSV with that many rows. Made once for each size and flags. */
export async function inputOf(rows: number, ...flags: string[]): Promise<string> {
  const path = join(workDirectory(), `${[rows, ...flags].join('')}.csv`);
  if (!existsSync(path)) {
    await run(process.execPath, [join(ROOT, 'samples', 'generate.mjs'), path, '--rows', `${rows}`, ...flags]);
  }
  return path;
}
