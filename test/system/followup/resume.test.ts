import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { isMoved, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { killedWhilePlanning } from '../../support/program/start.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  runDirs,
  summaryOf,
  table,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const sent = (sandbox: Sandbox) => sandbox.requests().length;

describe('resume', () => {
  it('takes the newest without a directory, and needs neither the input file nor a terminal', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    writeInput(cwd, 3, 'other.csv');
    await run(cwd, ['apply', 'other.csv', '--stop-after', '1', ...flags]);
    const older = lastRun(cwd);
    await new Promise((done) => setTimeout(done, 1000));
    await run(cwd, ['apply', writeInput(cwd, 20), '--stop-after', '4', ...flags]);
    const newer = runDirs(cwd).find((dir) => dir !== older) as string;
    writeFileSync(join(cwd, 'numbers.csv'), 'something,else\n1,2\n');
    expect((await run(cwd, ['resume', '--stop-after', '4'])).exit).toBe(10);
    rmSync(join(cwd, 'numbers.csv'));
    const { exit, stderr } = await run(cwd, ['resume']);
    expect(exit).toBe(0);
    expect(stderr).not.toContain('[y/N]');
    expect(isMoved(sandbox, 20)).toBe(true);
    expect(manifestOf(cwd, newer).state).toBe('finished');
    expect(manifestOf(cwd, older).state).toBe('paused');
    // The other one is the newest of those that are left.
    expect((await run(cwd, ['resume'])).exit).toBe(0);
    expect(manifestOf(cwd, older).state).toBe('finished');
    const none = await run(cwd, ['resume']);
    expect(none.exit).toBe(2);
    expect(none.stderr).toContain('interrupted or paused');
  });

  it.each<[number, string[]]>([
    [0, []],
    [4, [`not-eligible@${numberId(2)}`]],
    [5, [`425@${numberId(2)}`]],
  ])('says of a run that has finished with exit %i that it has, with that exit', async (expected, faults) => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({}, faults);
    expect((await run(cwd, ['apply', writeInput(cwd, 4), '--max-attempts', '2', ...flags])).exit).toBe(expected);
    const before = sent(sandbox);
    const { exit, stderr } = await run(cwd, ['resume', lastRun(cwd)]);
    expect(exit).toBe(expected);
    expect(stderr).toContain(`has finished with exit ${expected}`);
    const json = await run(cwd, ['resume', lastRun(cwd), '--json']);
    expect(json.exit).toBe(expected);
    expect(JSON.parse(json.stdout)).toEqual(summaryOf(cwd));
    expect(sent(sandbox)).toBe(before);
    if (expected === 0) return;
    expect((await paste(cwd, commandIn(stderr, 'retry'))).exit).toBe(expected);
  });

  it('refuses a planned run, with the command that carries it out', async () => {
    const cwd = workDirectory();
    const { sandbox } = await api();
    await run(cwd, ['plan', writeInput(cwd, 5), ...at(sandbox.url)]);
    const { exit, stderr } = await run(cwd, ['resume', lastRun(cwd)]);
    expect(exit).toBe(8);
    expect(sent(sandbox)).toBe(0);
    expect((await paste(cwd, commandIn(stderr, 'apply'))).exit).toBe(0);
    expect(isMoved(sandbox, 5)).toBe(true);
  });

  it('refuses a run that was killed while it was planning, with the command that starts again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await killedWhilePlanning(cwd, flags);
    const killed = lastRun(cwd);
    const { exit, stderr } = await run(cwd, ['resume', killed]);
    expect(exit).toBe(8);
    expect(stderr).toContain('nothing was sent');
    // Not even where an older run could be gone on with: it is this one that is meant.
    expect((await run(cwd, ['resume'])).exit).toBe(8);
    expect((await paste(cwd, commandIn(stderr, 'plan'))).exit).toBe(0);
    // By its name it may come before the other, when both were made in the same second.
    const planned = runDirs(cwd).find((dir) => dir !== killed) as string;
    expect((await paste(cwd, summaryOf(cwd, planned).next_command as string)).exit).toBe(0);
    expect(isMoved(sandbox, 5)).toBe(true);
  });

  it('refuses a superseded run, with the command that goes on with its successor', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 6), '--stop-after', '2', ...flags]);
    const old = lastRun(cwd);
    expect((await run(cwd, ['retry', old, '--stop-after', '2', '--yes'])).exit).toBe(10);
    const { exit, stderr } = await run(cwd, ['resume', old]);
    expect(exit).toBe(8);
    expect(writesTo(sandbox)).toHaveLength(4);
    expect((await paste(cwd, commandIn(stderr, 'resume'))).exit).toBe(0);
    expect(isMoved(sandbox, 6)).toBe(true);
  });

  it('refuses a plan that was changed, with the command that plans again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 5), '--stop-after', '2', ...flags]);
    appendFileSync(join(cwd, lastRun(cwd), 'plan.csv'), 'x\n');
    const { exit, stderr } = await run(cwd, ['resume', lastRun(cwd)]);
    expect(exit).toBe(8);
    expect(stderr).toContain('plan.csv');
    expect(writesTo(sandbox)).toHaveLength(2);
    expect((await paste(cwd, commandIn(stderr, 'plan'))).exit).toBe(0);
  });

  it('reads the unverified rows of an exit 11, and never sends them', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api(
      {},
      [`reset-after@${numberId(2)}`, `502-html@${numberId(3)}`],
      [`503-bare@${numberId(2)}*2`, `reset@${numberId(3)}*2`],
    );
    expect((await run(cwd, ['apply', writeInput(cwd, 5), '--max-attempts', '2', ...flags])).exit).toBe(11);
    const before = sent(sandbox);
    const { exit } = await run(cwd, ['resume', lastRun(cwd)]);
    const after = sandbox.requests().slice(before);
    expect(after.map(({ method, id }) => [method, id])).toEqual([
      ['GET', numberId(2)],
      ['GET', numberId(3)],
    ]);
    expect(exit).toBe(5);
    const rows = table(cwd, 'results.csv');
    expect(rows[1]).toMatchObject({ status: 'updated', reason: 'confirmed_by_read' });
    expect(rows[2]).toMatchObject({ status: 'failed', reason: 'not_at_target' });
    expect(sandbox.requests().filter(({ method, id }) => method === 'PATCH' && id === numberId(2))).toHaveLength(1);
  });

  it('uses the settings that are given again, and keeps them', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 20), '--stop-after', '5', ...flags]);
    expect((await run(cwd, ['resume', lastRun(cwd), '--rate', '10', '--stop-after', '8'])).exit).toBe(10);
    const at = writesTo(sandbox).map(({ at_ms }) => at_ms);
    expect((at[12] as number) - (at[5] as number)).toBeGreaterThanOrEqual(600);
    expect(summaryOf(cwd).rate.setting).toBe('10');
    expect(manifestOf(cwd).settings.rate).toBe('10');
    expect((await run(cwd, ['resume', lastRun(cwd), '--allow-unassign'])).exit).toBe(2);
  });

  it('sends the key to no recorded address that is not named again', async () => {
    const cwd = workDirectory();
    const { flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 5), '--stop-after', '2', ...flags]);
    const path = join(cwd, lastRun(cwd), 'run.json');
    const url = 'https://elsewhere.example.com/v2';
    const manifest = manifestOf(cwd);
    const settings = { ...manifest.settings, rate: '5', base_url: url };
    writeFileSync(path, JSON.stringify({ ...manifest, settings }));
    const { exit, stderr } = await run(cwd, ['resume', lastRun(cwd)]);
    expect(exit).toBe(2);
    expect(stderr).toContain(`--base-url ${url}`);
  });
});
