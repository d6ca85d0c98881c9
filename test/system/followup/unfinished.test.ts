import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/server.ts';
import { isMoved, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { api, at, jobAt } from '../../support/program/sandbox.ts';
import { killedWhilePlanning, stopped } from '../../support/program/start.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  PROFILE,
  runDirs,
  summaryOf,
  workDirectory,
  writeInput,
  writeLines,
} from '../../support/program/workspace.ts';

const sent = (sandbox: Sandbox) => writesTo(sandbox).length;

/** A work directory with a run of 10 rows that has sent 3; gives the call that does it again. */
async function paused(
  options: SandboxOptions = {},
): Promise<{ sandbox: Sandbox; cwd: string; args: string[]; old: string }> {
  const { sandbox, flags } = await api(options);
  const cwd = workDirectory();
  const args = ['apply', writeInput(cwd, 10), ...flags];
  expect((await run(cwd, [...args, '--stop-after', '3'])).exit).toBe(10);
  return { sandbox, cwd, args, old: lastRun(cwd) };
}

const newOne = (cwd: string, old: string) => runDirs(cwd).find((dir) => dir !== old) as string;

describe('--if-unfinished', () => {
  it('refuse: does not print the command that goes on where that would change wrong numbers', async () => {
    const { sandbox, flags } = await api({}, [`wrong-number@${numberId(2)}`]);
    const cwd = workDirectory();
    const known = sandbox.snapshot().numbers.slice(0, 30);
    const lines = known.map(({ id, phone_number }) => `${id},${phone_number},${PROFILE}`);
    writeFileSync(join(cwd, 'numbers.csv'), ['id,phone_number,profile_id', ...lines, ''].join('\n'));
    expect((await run(cwd, ['apply', 'numbers.csv', ...flags])).exit).toBe(6);
    const again = await run(cwd, ['apply', 'numbers.csv', ...flags]);
    expect(again.exit).toBe(8);
    expect(again.stdout).not.toContain(' resume ');
    expect(commandIn(again.stdout, 'apply')).toContain('--if-unfinished new');
  });

  it('refuse: exit 8 with two commands, and each works', async () => {
    const { sandbox, cwd, args, old } = await paused();
    const { exit, stdout } = await run(cwd, args);
    expect(exit).toBe(8);
    expect(sent(sandbox)).toBe(3);
    expect(manifestOf(cwd, newOne(cwd, old)).state).toBe('refused');
    const copy = workDirectory();
    cpSync(cwd, copy, { recursive: true });

    const goOn = await paste(cwd, commandIn(stdout, 'resume'));
    expect(goOn.exit).toBe(0);
    expect(sent(sandbox)).toBe(10);
    expect(manifestOf(cwd, old).state).toBe('finished');

    const again = await paste(copy, commandIn(stdout, 'apply'));
    expect(again.exit).toBe(0);
    expect(sent(sandbox)).toBe(20);
    const made = newOne(copy, old);
    expect(manifestOf(copy, made).state).toBe('finished');
    expect(manifestOf(copy, old)).toMatchObject({
      state: 'superseded',
      superseded_by: manifestOf(copy, made).run_id,
    });
    expect((await run(copy, ['runs'])).stdout).toMatch(/superseded/);
    const refused = await run(copy, ['resume', old]);
    expect(refused.exit).toBe(8);
    expect(refused.stderr).toContain(manifestOf(copy, made).run_id);
  });

  it('resume: goes on with the old one, and leaves no new directory', async () => {
    const { sandbox, cwd, args, old } = await paused();
    const { exit } = await run(cwd, [...args, '--if-unfinished', 'resume']);
    expect(exit).toBe(0);
    expect(runDirs(cwd)).toEqual([old]);
    expect(sent(sandbox)).toBe(10);
    expect(isMoved(sandbox, 10)).toBe(true);
  });

  it.each(['resume', 'refuse'])('%s: does not go on with a run of an earlier file under the same path', async (how) => {
    const { sandbox, cwd, args, old } = await paused();
    const lines = Array.from({ length: 4 }, (_, at) => `${numberId(at + 21)},${PROFILE}`);
    writeLines(cwd, ['phone_number_id,messaging_profile_id', ...lines]);
    const { exit, stderr, stdout } = await run(cwd, [...args, '--quiet', '--if-unfinished', how]);
    expect([exit, stdout, sent(sandbox)]).toEqual([8, '', 3]);
    expect(stderr).toContain('numbers.csv has changed since');
    expect(stderr).toContain('sends the rows of the earlier file');
    const made = newOne(cwd, old);
    expect(summaryOf(cwd, made)).toMatchObject({
      error: { code: 'input_changed' },
      next_command: expect.stringContaining('--if-unfinished new'),
    });
    const copy = workDirectory();
    cpSync(cwd, copy, { recursive: true });
    expect((await paste(copy, commandIn(stderr, 'resume'))).exit).toBe(0);
    expect(sent(sandbox)).toBe(10);
    expect((await paste(cwd, commandIn(stderr, 'apply'))).exit).toBe(0);
    expect(sent(sandbox)).toBe(14);
    expect(manifestOf(cwd, old).state).toBe('superseded');
  });

  it('resume: goes on with a retry of the same file, and not once that has changed', async () => {
    const { sandbox, flags } = await api({}, [`422@${numberId(2)}`, `422@${numberId(3)}`]);
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 10), ...flags];
    expect((await run(cwd, args)).exit).toBe(4);
    const first = lastRun(cwd);
    expect((await run(cwd, ['retry', first, '--yes', '--rate', 'off', '--stop-after', '1'])).exit).toBe(10);
    const before = sent(sandbox);
    expect((await run(cwd, [...args, '--if-unfinished', 'resume'])).exit).toBe(4);
    expect(sent(sandbox)).toBe(before + 1);
    expect((await run(cwd, ['retry', first, '--yes', '--rate', 'off', '--stop-after', '1'])).exit).toBe(10);
    writeInput(cwd, 9);
    const changed = await run(cwd, [...args, '--if-unfinished', 'resume']);
    expect([changed.exit, sent(sandbox)]).toEqual([8, before + 2]);
    expect(changed.stdout).toContain('has changed since');
  });

  it('new: gives up the old one, which is found by its bytes under another name too', async () => {
    const { sandbox, cwd, old } = await paused();
    const flags = [...at(sandbox.url), '--rate', 'off', '--yes'];
    writeInput(cwd, 10, 'copy.csv');
    expect((await run(cwd, ['apply', 'copy.csv', ...flags])).exit).toBe(8);
    expect((await run(cwd, ['apply', 'copy.csv', ...flags, '--if-unfinished', 'new'])).exit).toBe(0);
    expect(manifestOf(cwd, old).state).toBe('superseded');
    expect(sent(sandbox)).toBe(13);
  });

  it('planned and finished runs, those of the sandbox and those that died while planning never count', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await killedWhilePlanning(cwd, flags);
    const input = writeInput(cwd, 5);
    expect((await run(cwd, ['plan', input, ...at(sandbox.url), '--rate', 'off'])).exit).toBe(0);
    const rehearsal = ['apply', input, '--sandbox', '--rate', 'off', '--stop-after', '2', '--yes'];
    expect((await run(cwd, rehearsal)).exit).toBe(10);
    expect((await run(cwd, ['apply', input, ...flags])).exit).toBe(0);
    expect((await run(cwd, ['apply', input, ...flags])).exit).toBe(0);
    // Nor does a rehearsal mind what is unfinished of the account.
    expect((await run(cwd, ['apply', input, ...flags, '--stop-after', '1'])).exit).toBe(10);
    expect((await run(cwd, rehearsal)).exit).toBe(10);
    expect((await run(cwd, ['apply', input, ...flags])).exit).toBe(8);
  });

  it('is a consent, and no variable', async () => {
    const cwd = workDirectory();
    const env = { TELNYX_REASSIGN_IF_UNFINISHED: 'new' };
    const { flags } = await api();
    const { exit, stderr } = await run(cwd, ['apply', writeInput(cwd, 1), ...flags], { env });
    expect(exit).toBe(2);
    expect(stderr).toContain('--if-unfinished');
    expect(runDirs(cwd)).toEqual([]);
  });
});

describe('a job of every night with if_unfinished: new', () => {
  const job = (sandbox: Sandbox, cwd: string, more: string[] = []) =>
    writeFileSync(
      join(cwd, 'job.yaml'),
      [
        'command: apply',
        'input: numbers.csv',
        'if_unfinished: new',
        ...jobAt(sandbox.url),
        'rate: off',
        'concurrency: 2',
        ...more,
        '',
      ].join('\n'),
    );

  it.each(['exit 10', 'SIGKILL'])('ends with 0 the night after %s', async (how) => {
    const cwd = workDirectory();
    const { sandbox } = await api({ latencyMs: 20 });
    writeInput(cwd, 20);
    job(sandbox, cwd, how === 'exit 10' ? ['stop_after: 3'] : []);
    if (how === 'exit 10') expect((await run(cwd, ['run', 'job.yaml'])).exit).toBe(10);
    else await stopped(cwd, ['run', 'job.yaml'], 'SIGKILL', () => sent(sandbox) >= 5);
    const old = lastRun(cwd);
    job(sandbox, cwd);
    expect((await run(cwd, ['run', 'job.yaml'])).exit).toBe(0);
    expect(isMoved(sandbox, 20)).toBe(true);
    expect(manifestOf(cwd, old).state).toBe('superseded');
    expect(manifestOf(cwd, newOne(cwd, old)).state).toBe('finished');
  });
});
