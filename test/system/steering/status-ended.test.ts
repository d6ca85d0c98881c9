import { describe, expect, it } from 'vitest';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { lastRun, workDirectory, writeInput } from '../../support/program/workspace.ts';

describe('status of a run that has ended', () => {
  it('has the exit code of the run with its name, and exits with 0', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 4), '--stop-after', '2', ...flags]);
    const before = sandbox.requests().length;
    for (const more of [[], ['--follow']]) {
      const { exit, stdout } = await run(cwd, ['status', lastRun(cwd), '--json', ...more], { key: null });
      expect(exit).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ exit_code: 10, exit_name: 'window', state: 'paused', phase: 'ended' });
    }
    expect(sandbox.requests()).toHaveLength(before);
  });

  it('is exit 2 if there is none', async () => {
    const { exit, stderr } = await run(workDirectory(), ['status']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('no runs in runs')]);
  });
});
