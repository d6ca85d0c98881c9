import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileOf, writesTo } from '../../support/program/account.ts';
import { laggingLists } from '../../support/program/lagging-lists.ts';
import { paste, run } from '../../support/program/run.ts';
import { flip, hasStep, stepsOf, wavePlace } from '../../support/program/waves.ts';
import {
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  until,
} from '../../support/program/workspace.ts';

describe('a wave that is not kept', () => {
  it('right after it was sent stops the run, names the row, and the printed undo restores all', async () => {
    const { sandbox, cwd, apply } = await wavePlace(12, [`not-kept@${numberId(5)}`]);
    const { exit, stdout } = await apply('--waves', '6', '--gate', 'touch asked');
    expect(exit).toBe(6);
    expect(stdout).toContain('1 of 6 rows of wave 1 of 2 are not at their targets: row 5 (line 6, id');
    expect(existsSync(join(cwd, 'asked'))).toBe(false);
    const { state, counts, next_command: next } = summaryOf(cwd);
    expect(state).toBe('paused');
    expect(manifestOf(cwd).stop?.reason).toBe('wave_not_kept');
    expect(counts).toMatchObject({ updated: 5, failed: 1, unprocessed: 6 });
    expect(table(cwd, 'results.csv')[4]).toMatchObject({
      status: 'failed',
      reason: 'wave_not_kept',
      messaging_profile_id_after: OTHER,
    });
    expect(next).toContain(' undo ');
    expect((await paste(cwd, next as string)).exit).toBe(0);
    for (let n = 1; n <= 12; n++) expect(profileOf(sandbox, n)).toBe(OTHER);
  });

  it('because a number flips back during the soak stops the run; after a resume the others go on', async () => {
    const { sandbox, cwd, apply } = await wavePlace(8);
    const ended = apply('--waves', '3', '--soak', '1500ms');
    await until(() => hasStep(cwd, '1 kept'));
    flip(sandbox, 2);
    expect((await ended).exit).toBe(6);
    expect(stepsOf(cwd)).toEqual(['1 started', '1 sent', '1 kept', '1 not_kept']);
    expect(writesTo(sandbox)).toHaveLength(3);
    expect(table(cwd, 'results.csv')[1]).toMatchObject({ status: 'failed', reason: 'wave_not_kept' });
    const resumed = await run(cwd, ['resume', lastRun(cwd), '--soak', '0']);
    expect(resumed.exit).toBe(4);
    expect(summaryOf(cwd)).toMatchObject({ state: 'finished', counts: { updated: 7, failed: 1 } });
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(profileOf(sandbox, 2)).toBe(PROFILE);
  });

  it('because a number is gone says which', async () => {
    const { sandbox, cwd, apply } = await wavePlace(6);
    const gate = 'while ! test -e open; do sleep 0.05; done; exit 1';
    const ended = apply('--waves', '4', '--gate', gate);
    await until(() => hasStep(cwd, '1 soaked'));
    sandbox.edit({ id: numberId(3), remove: true });
    writeFileSync(join(cwd, 'open'), '');
    expect((await ended).exit).toBe(6);
    const resumed = await run(cwd, ['resume', lastRun(cwd)]);
    expect(resumed.exit).toBe(6);
    expect(resumed.stdout).toContain('1 of 4 rows of wave 1 of 2 are not at their targets: row 3 (line 4, id');
    expect(table(cwd, 'results.csv')[2]).toMatchObject({ status: 'failed', reason: 'not_found' });
  });

  it('is undone at once with --undo-on-failure: one object of JSON names both runs', async () => {
    const { sandbox, apply } = await wavePlace(6, [`not-kept@${numberId(4)}`]);
    const { exit, stdout } = await apply('--waves', '5', '--undo-on-failure', '--json');
    expect(exit).toBe(6);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ exit_code: 6, resumable: false, undo: { exit_code: 0 } });
    expect(summary.error.code).toBe('wave_not_kept');
    expect(stdout.trim().split('\n')).toHaveLength(1);
    for (let n = 1; n <= 6; n++) expect(profileOf(sandbox, n)).toBe(OTHER);
  });
});

describe('lists that lag behind', () => {
  it('neither stop a wave that is kept nor keep its undo from restoring it', async () => {
    const { sandbox, cwd, input, flags } = await wavePlace(6);
    const behind = await laggingLists(sandbox.url);
    const through = flags.map((flag) => (flag === sandbox.url ? behind : flag));
    const args = ['apply', input, ...through, '--waves', '4', '--gate', 'exit 1', '--undo-on-failure'];
    const { exit } = await run(cwd, args);
    expect(exit).toBe(6);
    expect(stepsOf(cwd, runDirs(cwd)[0])).toEqual(['1 started', '1 sent', '1 kept', '1 soaked', '1 refused']);
    expect(writesTo(sandbox)).toHaveLength(8);
    for (let n = 1; n <= 6; n++) expect(profileOf(sandbox, n)).toBe(OTHER);
  });
});
