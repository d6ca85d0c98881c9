import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileOf, writesTo } from '../../support/program/account.ts';
import { KEY } from '../../support/program/environment.ts';
import { paste, run } from '../../support/program/run.ts';
import { hasStep, stepsOf, wavePlace } from '../../support/program/waves.ts';
import {
  lastRun,
  logOf,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  until,
} from '../../support/program/workspace.ts';

/** A shell command that writes its environment to a file. */
const NOTE = 'env > seen';

describe('the gate', () => {
  it('knows the run and the wave, and no secret', async () => {
    const { cwd, apply } = await wavePlace(6, [`not-eligible@${numberId(1)}`]);
    writeFileSync(join(cwd, 'known'), KEY);
    const { exit } = await apply(
      '--waves',
      '3',
      '--gate',
      `${NOTE}; grep -q '"phase": *"gate"' "$STATUS_FILE" || exit 1; echo "fine $TELNYX_API_KEY $(cat known)"`,
    );
    expect(exit).toBe(4);
    const seen = readFileSync(join(cwd, 'seen'), 'utf8');
    const dir = join(cwd, lastRun(cwd));
    for (const line of [
      `RUN_DIR=${dir}`,
      'WAVE=1',
      'WAVES=2',
      'UPDATED=2',
      'FAILED=1',
      `STATUS_FILE=${dir}/status.json`,
    ])
      expect(seen.split('\n')).toContain(line);
    expect(seen).not.toContain('TELNYX_');
    expect(seen).not.toContain(KEY);
    const said = logOf(cwd).filter(({ event }) => event === 'gate.output');
    expect(said).toMatchObject([{ msg: 'fine  [key]', wave: 1 }]);
  });

  it('that refuses stops the run, and resume asks it again', async () => {
    const { sandbox, cwd, apply } = await wavePlace(4);
    const { exit, stdout } = await apply('--waves', '1', '--gate', 'test -e open || { echo not today; exit 3; }');
    expect(exit).toBe(6);
    expect(stdout).toContain('Stopped: the gate after wave 1 of 2 exited with 3; it said: not today');
    expect(manifestOf(cwd).stop?.reason).toBe('gate_refused');
    expect(writesTo(sandbox)).toHaveLength(1);
    const { next_command: next } = summaryOf(cwd);
    expect(next).toContain(' resume ');
    expect((await paste(cwd, next as string)).exit).toBe(6);
    writeFileSync(join(cwd, 'open'), '');
    expect((await paste(cwd, next as string)).exit).toBe(0);
    expect(writesTo(sandbox)).toHaveLength(4);
  });

  it('that takes too long is ended with all that it has started', async () => {
    const { cwd, apply } = await wavePlace(4);
    const gate = 'sh -c "sleep 60; touch late" & sleep 60';
    const { exit, stdout } = await apply('--waves', '1', '--gate', gate, '--gate-timeout', '200ms');
    expect(exit).toBe(6);
    expect(stdout).toContain('the gate after wave 1 of 2 took longer than 200ms (--gate-timeout)');
    expect(existsSync(join(cwd, 'late'))).toBe(false);
  });

  it('that leaves a process behind is not waited for', async () => {
    const { apply } = await wavePlace(2);
    expect((await apply('--waves', '1', '--gate', 'sleep 3 & echo started')).exit).toBe(0);
  });

  it('of a run directory from elsewhere runs only if it is given again', async () => {
    const { cwd, apply } = await wavePlace(4);
    await apply('--waves', '1', '--gate', 'touch asked', '--stop-after', '1');
    const dir = lastRun(cwd);
    const foreign = { XDG_STATE_HOME: join(cwd, 'of-another-user') };
    const refused = await run(cwd, ['resume', dir], { env: foreign });
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain("if that command may run, add --gate 'touch asked'");
    expect(existsSync(join(cwd, 'asked'))).toBe(false);
    const path = join(cwd, dir, 'run.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('touch asked', 'touch other'));
    expect((await run(cwd, ['resume', dir])).exit).toBe(2);
    expect(existsSync(join(cwd, 'other'))).toBe(false);
    expect((await run(cwd, ['resume', dir, '--gate', 'touch asked'], { env: foreign })).exit).toBe(0);
    expect(existsSync(join(cwd, 'asked'))).toBe(true);
  });

  it('is not taken over by a retry or an undo of the run', async () => {
    const { cwd, apply } = await wavePlace(6, [`not-eligible@${numberId(6)}`]);
    expect((await apply('--waves', '2', '--gate', 'echo >> asked')).exit).toBe(4);
    const dir = lastRun(cwd);
    expect((await run(cwd, ['undo', dir, '--yes'])).exit).toBe(0);
    expect(stepsOf(cwd)).toEqual([]);
    expect(readFileSync(join(cwd, 'asked'), 'utf8')).toBe('\n');
    const again = ['retry', dir, '--yes', '--only', 'failed', '--waves', '1', '--gate', 'echo >> asked'];
    expect((await run(cwd, again)).exit).toBe(4);
    expect(stepsOf(cwd)).toEqual(['1 started', '1 sent', '1 kept']);
  });
});

describe('--undo-on-failure', () => {
  it('undoes what the run has changed after a gate has refused it, and names both runs', async () => {
    const { sandbox, cwd, apply } = await wavePlace(8);
    const { exit, stdout, stderr } = await apply('--waves', '2,2', '--gate', 'test $WAVE = 1', '--undo-on-failure');
    expect(exit).toBe(6);
    const [first, second] = runDirs(cwd) as [string, string];
    expect(stderr).toContain('(--undo-on-failure)');
    expect(stdout).toContain(
      `Run ${manifestOf(cwd, first).run_id} stopped, and was undone by run ${manifestOf(cwd, second).run_id}.`,
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Exit 6 (stopped)');
    for (let n = 1; n <= 8; n++) expect(profileOf(sandbox, n)).toBe(OTHER);
    expect(summaryOf(cwd, first)).toMatchObject({
      exit_code: 6,
      counts: { updated: 4, unprocessed: 4 },
      next_command: null,
      undo: {
        run_id: manifestOf(cwd, second).run_id,
        dir: second,
        exit_code: 0,
        state: 'finished',
        next_command: null,
      },
    });
    expect(manifestOf(cwd, first).state).toBe('superseded');
    const undone = `Undone</span> It stopped, and what it had changed was undone by run ${manifestOf(cwd, second).run_id}.`;
    const page = () => readFileSync(join(cwd, first, 'report.html'), 'utf8');
    expect(page()).toContain(undone);
    for (const verb of ['results', 'report']) {
      expect((await run(cwd, [verb, first])).exit).toBe(0);
      expect(page()).toContain(undone);
    }
    expect(summaryOf(cwd, first)).toMatchObject({
      exit_code: 6,
      next_command: null,
      undo: { dir: second, exit_code: 0 },
    });
    expect(summaryOf(cwd, second)).toMatchObject({ command: 'undo', counts: { updated: 4 } });
  });

  it.each([
    ['in the middle of a wave', ['--waves', '10']],
    ['in a run without waves', []],
  ])('undoes after too many failures, %s', async (_where, waves) => {
    const faults = [3, 4, 5].map((n) => `not-eligible@${numberId(n)}`);
    const { sandbox, cwd, apply } = await wavePlace(12, faults);
    const ended = await apply(...waves, '--undo-on-failure', '--max-failures', '2', '--concurrency', '1');
    expect(ended.exit).toBe(6);
    expect(summaryOf(cwd, runDirs(cwd)[0])).toMatchObject({ error: { code: 'max_failures' }, undo: { exit_code: 0 } });
    for (let n = 1; n <= 12; n++) expect(profileOf(sandbox, n)).toBe(OTHER);
  });

  it('that does not succeed completely says how to go on', async () => {
    const { sandbox, cwd, apply } = await wavePlace(6);
    // The gate is the time at which someone else moves a number on.
    const ended = apply(
      '--waves',
      '3',
      '--gate',
      'while ! test -e go; do sleep 0.05; done; exit 1',
      '--undo-on-failure',
    );
    await until(() => hasStep(cwd, '1 soaked'));
    sandbox.edit({ id: numberId(2), messaging_profile_id: '00000000-0000-4000-8000-000000000003' });
    writeFileSync(join(cwd, 'go'), '');
    const { exit, stdout } = await ended;
    expect(exit).toBe(6);
    expect(stdout).toContain('was not undone completely');
    const [first, second] = runDirs(cwd) as [string, string];
    expect(summaryOf(cwd, first).undo).toMatchObject({ exit_code: 4, state: 'finished' });
    expect(summaryOf(cwd, first).next_command).toBe(summaryOf(cwd, second).next_command);
    expect(
      table(cwd, 'results.csv', second)
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['held', 'updated', 'updated']);
    expect(profileOf(sandbox, 2)).toBe('00000000-0000-4000-8000-000000000003');
    expect(profileOf(sandbox, 1)).toBe(OTHER);
  });

  it('does nothing if nothing was changed, or if the run succeeds', async () => {
    const { cwd, apply } = await wavePlace(3, ['not-eligible*1']);
    const ended = await apply('--waves', '1', '--gate', 'exit 1', '--undo-on-failure');
    expect(ended.exit).toBe(6);
    expect(runDirs(cwd)).toHaveLength(1);
    const good = await wavePlace(3);
    expect((await good.apply('--waves', '1', '--undo-on-failure')).exit).toBe(0);
    expect(runDirs(good.cwd)).toHaveLength(1);
    expect(profileOf(good.sandbox, 3)).toBe(PROFILE);
  });

  it('is no setting of a variable', async () => {
    const { cwd, input, flags } = await wavePlace(1);
    const { exit, stderr } = await run(cwd, ['apply', input, ...flags], {
      env: { TELNYX_REASSIGN_UNDO_ON_FAILURE: '1' },
    });
    expect([exit, stderr]).toEqual([2, expect.stringContaining('pass --undo-on-failure if it is meant')]);
  });

  it('that refuses while the API goes away leaves the undo as the next command, and not a dry run of it', async () => {
    const { sandbox, cwd, apply } = await wavePlace(4);
    const gate = 'touch asked; while ! test -e open; do sleep 0.05; done; exit 1';
    const ended = apply('--waves', '1', '--gate', gate, '--undo-on-failure', '--outage-patience', '0');
    await until(() => existsSync(join(cwd, 'asked')));
    await sandbox.close();
    writeFileSync(join(cwd, 'open'), '');
    expect((await ended).exit).toBe(6);
    const [first] = runDirs(cwd) as [string];
    const { next_command: next, undo, resumable } = summaryOf(cwd, first);
    expect({ resumable, undo }).toMatchObject({ resumable: true, undo: { exit_code: 7, state: 'refused' } });
    expect(next).toMatch(/ undo \S+ --yes$/);
  });
});
