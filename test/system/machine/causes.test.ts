import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { runPreloaded } from '../../support/program/start.ts';
import {
  lastRun,
  manifestOf,
  numberId,
  runDirs,
  summaryOf,
  table,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const causesIn = (cwd: string, dir = lastRun(cwd)) => {
  const path = join(cwd, dir, 'causes');
  return existsSync(path) ? readdirSync(path).sort() : null;
};

/** The arguments of a run in which row 2 and row 4 fail, each for a cause of its own. */
async function failing(cwd: string): Promise<string[]> {
  const { flags } = await api({}, [`not-eligible@${numberId(2)}`, `404@${numberId(4)}`]);
  return ['apply', writeInput(cwd, 5), ...flags];
}

const NAMES = ['01-40324.csv', '02-10005.csv'];

describe('the files of causes of a run', () => {
  it('are named in the summary, and each is an input', async () => {
    const cwd = workDirectory();
    const args = await failing(cwd);
    const { exit, stdout } = await run(cwd, args);
    expect(exit).toBe(4);
    expect(causesIn(cwd)).toEqual(NAMES);
    const causes = join(lastRun(cwd), 'causes');
    expect(summaryOf(cwd).files).toMatchObject({ causes });
    expect(stdout).toContain(`\n  causes   ${causes}\n`);
    const url = args[args.indexOf('--base-url') + 1] as string;
    const before = runDirs(cwd);
    const input = join(causes, '02-10005.csv');
    const again = await run(cwd, ['apply', input, '--dry-run', '--base-url', url]);
    expect(again.exit, again.stderr).toBe(0);
    const made = runDirs(cwd).find((dir) => !before.includes(dir)) as string;
    expect(table(cwd, 'results.csv', made)).toMatchObject([{ phone_number_id: numberId(4), status: 'planned' }]);
  });

  it('are missing with a warning if the disk is full, and the run ends as its rows did', async () => {
    const cwd = workDirectory();
    const { exit, stderr } = await runPreloaded('causes-disk.mjs', cwd, await failing(cwd));
    expect(exit).toBe(4);
    expect(stderr).toContain('warning: Could not write the files of causes: ENOSPC');
    expect(causesIn(cwd)).toBeNull();
    expect(summaryOf(cwd).warnings.join()).toContain('files of causes');
    expect(summaryOf(cwd).files).not.toHaveProperty('causes');
    expect((await run(cwd, ['results', lastRun(cwd)])).exit).toBe(0);
    expect(causesIn(cwd)).toEqual(NAMES);
  });

  it('are made by the next end if the process is killed while it writes them', async () => {
    const cwd = workDirectory();
    const killed = await runPreloaded('causes-disk.mjs', cwd, await failing(cwd), { CAUSES: 'kill' });
    expect(killed.exit).not.toBe(4);
    expect(causesIn(cwd)?.every((name) => name.startsWith('draft-'))).toBe(true);
    expect(manifestOf(cwd, lastRun(cwd)).state).toBe('running');
    expect((await run(cwd, ['resume', lastRun(cwd)])).exit).toBe(4);
    expect(causesIn(cwd)).toEqual(NAMES);
  });
});
