import { describe, expect, it } from 'vitest';
import { profileOf } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { lastRun, PROFILE, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

// Each 401 is confirmed by another request two seconds later.
describe('exit codes', () => {
  it('7: a key that the API refuses, before anything was written: the run can be applied again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ key: 'KEYanother-one' });
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 30), ...flags]);
    expect(exit).toBe(7);
    expect(stdout).toContain('The API refused the key');
    expect(summaryOf(cwd)).toMatchObject({ state: 'refused', exit_name: 'preflight' });
    const again = await run(cwd, ['apply', lastRun(cwd), '--yes'], { key: 'KEYanother-one' });
    expect(again.exit).toBe(0);
    expect(profileOf(sandbox, 30)).toBe(PROFILE);
  });

  it('7: a key revoked midway: what was done stays done, the rest is unprocessed', async () => {
    const cwd = workDirectory();
    const { flags } = await api({ revokeAfter: 12 + 3 });
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 40), '--concurrency', '2', ...flags]);
    expect(exit).toBe(7);
    expect(summaryOf(cwd)).toMatchObject({ state: 'paused', counts: { updated: 12, unprocessed: 28 } });
  });
});
