import { mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { KEY } from '../../support/program/environment.ts';
import { paste, run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { runPreloaded, type Started, start } from '../../support/program/start.ts';
import {
  lastRun,
  numberId,
  runDirs,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

/** A sandbox whose first write hangs, and a run that holds the locks as long as it does. */
async function held(...more: string[]): Promise<{ sandbox: Sandbox; flags: string[]; cwd: string; holder: Started }> {
  const { sandbox, flags } = await api({}, [`hang@${numberId(1)}*1`]);
  const cwd = workDirectory();
  const args = ['apply', writeInput(cwd, 3), '--concurrency', '1', '--timeout', '1m', ...flags, ...more];
  const holder = start(cwd, args);
  await until(() => sandbox.requests().length > 0);
  return { sandbox, flags, cwd, holder };
}

describe('the lock of an account', () => {
  it('is waited for with --wait-for-lock, and as long as that says', async () => {
    const { sandbox, flags, holder } = await held();
    const cwd = workDirectory();
    const input = writeInput(cwd, 5);
    const began = Date.now();
    const impatient = await run(cwd, ['apply', input, '--wait-for-lock', '300ms', ...flags]);
    expect(impatient.exit).toBe(9);
    expect(Date.now() - began).toBeGreaterThan(300);
    const patient = start(cwd, ['apply', input, '--wait-for-lock', '1m', ...flags]);
    await until(() => patient.output().includes(`locked by process ${holder.child.pid} on ${hostname()}, since `));
    expect(runDirs(cwd)).toEqual([]);
    expect(sandbox.requests()).toHaveLength(1);
    holder.child.kill('SIGKILL');
    expect((await patient.ended).exit).toBe(0);
    expect(table(cwd, 'results.csv').map(({ status }) => status)).toEqual(Array(5).fill('updated'));
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s while waiting for it ends with %i, and nothing was made', async (signal, exit) => {
    const { sandbox, flags } = await held();
    const cwd = workDirectory();
    const waiting = start(cwd, ['apply', writeInput(cwd, 1), '--wait-for-lock', '1m', ...flags]);
    await until(() => waiting.output().includes('waiting'));
    waiting.child.kill(signal);
    const ended = await waiting.ended;
    expect(ended).toMatchObject({ exit, stdout: '' });
    expect(ended.stderr).toContain('nothing was sent');
    expect(runDirs(cwd)).toEqual([]);
    expect(sandbox.requests()).toHaveLength(1);
  });

  it('is in no way of --no-lock, of plan, of another key, base URL or state directory; else 9, in JSON too', async () => {
    const { flags, sandbox, holder } = await held();
    const other = await api();
    const cwd = workDirectory();
    const input = writeInput(cwd, 2);
    const service = workDirectory();
    // Each of them in a directory of its own, as they are runs of the same bytes.
    const apply = (name: string, more: string[], how: Parameters<typeof run>[2] = {}, to = flags) =>
      run(cwd, ['apply', input, '--runs-dir', name, ...to, ...more], how);
    const [json, unlocked, planned, key, url, state, variable] = await Promise.all([
      apply('json', ['--json']),
      apply('unlocked', ['--no-lock']),
      run(cwd, ['plan', input, '--runs-dir', 'planned', ...at(sandbox.url)]),
      apply('key', [], { key: `${KEY}2` }),
      apply('url', [], {}, other.flags),
      apply('state', ['--state-dir', 'my-state']),
      apply('variable', [], { env: { STATE_DIRECTORY: `${service}:/nonexistent` } }),
    ]);
    const codes = [unlocked, planned, key, url, state, variable].map(({ exit }) => exit);
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect(json.exit).toBe(9);
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 9, exit_name: 'locked', error: { code: 'locked' } });
    expect(json.stdout).toContain(`process ${holder.child.pid}`);
    expect(json.stderr).toBe('');
    expect(readdirSync(cwd)).not.toContain('json');
    expect(readdirSync(join(cwd, 'my-state')).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
    expect(readdirSync(service).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
    // A lock's name must not tell the key.
    expect(readdirSync(service).join()).not.toContain(KEY);
  });

  it('is one and the same for two runs that name the same state directory', async () => {
    const shared = workDirectory();
    const { flags } = await held('--state-dir', shared);
    const cwd = workDirectory();
    const input = writeInput(cwd, 1);
    const byFlag = await run(cwd, ['apply', input, ...flags, '--state-dir', shared]);
    const byVariable = await run(cwd, ['apply', input, ...flags], { env: { STATE_DIRECTORY: shared } });
    expect([byFlag.exit, byVariable.exit]).toEqual([9, 9]);
    expect(runDirs(cwd)).toEqual([]);
  });

  it('needs a directory that can be made: else 2 with the flag that names another', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    const { exit, stderr } = await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--state-dir', '/proc/none/state']);
    expect(exit).toBe(2);
    expect(stderr).toContain('--state-dir');
    expect(runDirs(cwd)).toEqual([]);
  });
});

describe('the lock of a run', () => {
  it('keeps a second resume off a run that is at work, with the lock of the account and without', async () => {
    const { cwd, holder, flags } = await held();
    const dir = lastRun(cwd);
    const elsewhere = workDirectory();
    mkdirSync(join(elsewhere, 'state'));
    const attempts = await Promise.all([
      run(cwd, ['resume', dir]),
      run(cwd, ['resume', dir, '--state-dir', join(elsewhere, 'state')]),
      run(cwd, ['resume', dir, '--no-lock']),
      run(cwd, ['apply', dir, '--yes']),
      // Without a name it is the newest that is meant: the one at work.
      run(cwd, ['resume']),
    ]);
    expect(attempts.map(({ exit }) => exit)).toEqual([9, 9, 9, 9, 9]);
    expect(attempts[1]?.stderr).toContain(`process ${holder.child.pid} on ${hostname()}, since `);
    expect(flags).toContain('--yes');
    holder.child.kill('SIGKILL');
    await holder.ended;
    // What a kill has left is taken up at once.
    expect((await run(cwd, ['resume', dir])).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(3);
  });
});

describe('a machine on which the lock module does not load', () => {
  it('7 with the reason, and with --no-lock it runs; plan needs no lock', async () => {
    const runWithoutLocks = (dir: string, args: string[]) => runPreloaded('no-locks.mjs', dir, args);
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const input = writeInput(cwd, 3);
    const refused = await runWithoutLocks(cwd, ['apply', input, ...flags]);
    expect(refused.exit).toBe(7);
    expect(refused.stderr).toContain('no prebuilt binary for this machine');
    expect(refused.stderr).toContain('--no-lock');
    expect(refused.stderr).not.toContain('    at ');
    expect(runDirs(cwd)).toEqual([]);
    const json = await runWithoutLocks(cwd, ['apply', input, '--json', ...flags]);
    expect(json.exit).toBe(7);
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 7, error: { code: 'no_locks' } });
    expect((await runWithoutLocks(cwd, ['plan', input, ...at(sandbox.url)])).exit).toBe(0);
    expect(sandbox.requests()).toEqual([]);
    // The plan that is printed can be carried out where there are locks.
    const next = summaryOf(cwd).next_command as string;
    expect((await runWithoutLocks(cwd, ['apply', input, '--no-lock', ...flags])).exit).toBe(0);
    expect((await runWithoutLocks(cwd, ['runs'])).exit).toBe(0);
    expect((await paste(cwd, next)).exit).toBe(0);
  });
});
