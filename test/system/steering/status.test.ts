import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../../src/core/results/run-status.ts';
import { writesTo } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { lastRun, until, workDirectory, writeInput } from '../../support/program/workspace.ts';

/** A slow run at work, looked at from another terminal. */
async function atWork(rows: number) {
  const { sandbox, flags } = await api({ numbers: rows });
  const cwd = workDirectory();
  const others = flags.filter((flag) => flag !== 'off' && flag !== '--rate');
  const applied = run(cwd, ['apply', writeInput(cwd, rows), ...others, '--rate', '20']);
  await until(() => writesTo(sandbox).length > 4);
  const dir = lastRun(cwd);
  const look = async (...words: string[]) => (await run(cwd, ['status', ...words])).stdout;
  const json = async () => JSON.parse(await look('--json')) as RunStatus;
  return { sandbox, cwd, dir, applied, look, json, ctl: (...words: string[]) => run(cwd, ['ctl', dir, ...words]) };
}

describe('status of a run', () => {
  it('says what it does, who slows it down, and how it ended; sends no request', async () => {
    const { sandbox, cwd, dir, applied, look, json, ctl } = await atWork(40);
    const written = () => readFileSync(join(cwd, dir, 'status.json'), 'utf8');
    await until(() => written().includes('"sending"'));
    expect(await json()).toMatchObject({ phase: 'sending', state: 'running', exit_code: null, rows: { total: 40 } });
    expect(await look(dir)).toMatch(/apply sending\n/);
    await ctl('pause');
    for (const command of ['report', 'results']) {
      const { exit, stderr } = await run(cwd, [command, dir]);
      expect([exit, stderr]).toEqual([9, expect.stringMatching(/Until then: \S.* status \S+ --follow\n/)]);
    }
    const sent = sandbox.requests().length;
    // It is written once a second, and the last request may be on its way.
    await until(() => written().includes('"paused by'));
    expect(await look()).toMatch(/apply paused by \S+ since [^\n]+\n[\s\S]*slowed by {2}an operator: paused by /);
    expect(sandbox.requests().length).toBeLessThanOrEqual(sent + 1);
    // A process that was killed now would leave this behind.
    const killed = `${dir.slice(0, -4)}dead`;
    cpSync(join(cwd, dir), join(cwd, killed), { recursive: true, filter: (path) => !path.includes('control') });
    expect(await look(killed)).toMatch(/apply interrupted\n[\s\S]*Next: .* resume /);
    await ctl('rate', 'off');
    await ctl('resume');
    expect((await applied).exit).toBe(0);
    const ended = { phase: 'ended', state: 'finished', exit_code: 0, rows: { total: 40, updated: 40, left: 0 } };
    expect(JSON.parse(written())).toMatchObject(ended);
    expect(JSON.parse(await look(dir, '--json'))).toMatchObject(ended);
    expect(await look(dir, '--follow')).toMatch(/apply finished, exit 0 \(ok\)\n/);
  });

  it('of a plan is planned, and of a directory without runs an error', async () => {
    const { flags } = await api({ numbers: 3 });
    const cwd = workDirectory();
    expect(await run(cwd, ['status'])).toMatchObject({ exit: 2, stderr: expect.stringContaining('no runs in') });
    expect((await run(cwd, ['plan', writeInput(cwd, 3), ...flags.filter((flag) => flag !== '--yes')])).exit).toBe(0);
    const { exit, stdout } = await run(cwd, ['status']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/planned, exit 0 \(ok\)\n.* 0 of 3 rows, 3 left\n[\s\S]*Next: .* apply /);
    expect(existsSync(join(cwd, lastRun(cwd), 'status.json'))).toBe(false);
  });
});
