import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/server.ts';
import { paste, run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  THIRD,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

async function api(options: SandboxOptions = {}): Promise<{ sandbox: Sandbox; flags: string[] }> {
  const { sandbox, flags } = await readingApi(options);
  return { sandbox, flags: flags.filter((flag) => flag !== '--yes') };
}

const verdicts = (cwd: string, dir = lastRun(cwd)) => table(cwd, 'verify.csv', dir).map(({ verdict }) => verdict);

describe('verify of a file', () => {
  it('shows what is at its target, what has drifted from what to what, and what is missing', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ numbers: 10 });
    writeFileSync(
      join(cwd, 'n.csv'),
      [
        'id,profile_id',
        `${numberId(2)},${PROFILE}`,
        `${numberId(1)},${PROFILE}`,
        `777777777777777771,${PROFILE}`,
        '',
      ].join('\n'),
    );
    const { exit, stdout } = await run(cwd, ['verify', 'n.csv', ...flags]);
    expect(exit).toBe(4);
    expect(verdicts(cwd)).toEqual(['at_target', 'drifted', 'missing']);
    expect(table(cwd, 'verify.csv')[1]).toMatchObject({
      messaging_profile_id_target: PROFILE,
      messaging_profile_id_now: OTHER,
    });
    expect(stdout).toContain('verify: 1 at target, 1 drifted, 1 missing');
    expect(stdout).toContain(`line 3  ${numberId(1)}  drifted: profile ${PROFILE} -> ${OTHER}`);
    expect(sandbox.requests().every(({ method }) => method === 'GET')).toBe(true);
    expect((await paste(cwd, commandIn(stdout, 'apply'))).exit).toBe(4);
    expect((await run(cwd, ['verify', lastRun(cwd)])).exit).toBe(4);
    expect(verdicts(cwd)).toEqual(['at_target', 'at_target', 'missing']);
  });

  it('ends with 0 when every number is at its target, and prints one object with --json', async () => {
    const cwd = workDirectory();
    const { flags } = await api({ numbers: 10, profiles: [{ id: PROFILE }] });
    const { exit, stdout } = await run(cwd, ['verify', writeInput(cwd, 10), ...flags, '--json']);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ exit_code: 0, exit_name: 'ok', counts: { at_target: 10, drifted: 0 } });
    const quiet = await run(cwd, ['verify', 'numbers.csv', ...flags, '--quiet']);
    expect(quiet).toMatchObject({ exit: 0, stdout: '', stderr: '' });
  });

  it('of what cannot be read ends with 3, and of an account that cannot be read with 7', async () => {
    const cwd = workDirectory();
    const { flags } = await api({ readFaults: [{ kind: '500', probability: 1, id: null, times: null }] });
    writeFileSync(join(cwd, 'bad.csv'), 'a,b\n1,2\n');
    expect((await run(cwd, ['verify', 'bad.csv', ...flags])).exit).toBe(3);
    expect((await run(cwd, ['verify', writeInput(cwd, 3), ...flags, '--outage-patience', '0'])).exit).toBe(7);
    expect((await run(cwd, ['verify', 'none.csv', ...flags])).exit).toBe(2);
  });
});

describe('verify of a run', () => {
  it('proves that its rows are at their targets, and finds what was changed since', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ numbers: 10 });
    await run(cwd, ['apply', writeInput(cwd, 10), ...flags, '--yes']);
    const dir = lastRun(cwd);
    const before = { manifest: manifestOf(cwd, dir), summary: summaryOf(cwd, dir) };
    expect((await run(cwd, ['verify', dir])).exit).toBe(0);
    expect(verdicts(cwd)).toEqual(Array.from({ length: 10 }, () => 'at_target'));
    sandbox.edit({ id: numberId(4), messaging_profile_id: THIRD });
    sandbox.edit({ id: numberId(5), remove: true });
    const { exit, stdout } = await run(cwd, ['verify', dir]);
    expect(exit).toBe(4);
    expect(verdicts(cwd)[3]).toBe('drifted');
    expect(verdicts(cwd)[4]).toBe('missing');
    expect(stdout).toContain(`drifted: profile ${PROFILE} -> ${THIRD}`);
    expect({ manifest: manifestOf(cwd, dir), summary: summaryOf(cwd, dir) }).toEqual(before);
    expect(runDirs(cwd)).toHaveLength(1);
  });

  it('with --watch prints changes as they happen, and the last check decides', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ numbers: 10 });
    await run(cwd, ['apply', writeInput(cwd, 10), ...flags, '--yes']);
    const watching = start(cwd, ['verify', lastRun(cwd), '--watch', '6s', '--every', '300ms']);
    await until(() => watching.output().includes('10 at target'));
    sandbox.edit({ id: numberId(4), messaging_profile_id: THIRD });
    await until(() => watching.output().includes('was at_target'));
    expect(watching.output()).toContain(`${numberId(4)}  drifted: profile ${PROFILE} -> ${THIRD} (was at_target)`);
    sandbox.edit({ id: numberId(4), messaging_profile_id: PROFILE });
    await until(() => watching.output().includes('was drifted'));
    expect((await watching.ended).exit).toBe(0);
  });

  it('ends a watch with Ctrl-C', async () => {
    const cwd = workDirectory();
    const { flags } = await api({ numbers: 3 });
    const watching = start(cwd, ['verify', writeInput(cwd, 3), ...flags, '--watch', '1h', '--every', '10m']);
    await until(() => watching.output().includes('at target'));
    watching.child.kill('SIGINT');
    const { exit, stdout } = await watching.ended;
    expect(exit).toBe(130);
    expect(stdout).toContain('verify: 1 at target, 2 drifted');
  });

  it('needs no lock, and leaves a run at work alone', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ numbers: 200, latencyMs: 20 });
    const args = flags.map((flag) => (flag === 'off' ? '40' : flag));
    const working = run(cwd, ['apply', writeInput(cwd, 200), ...args, '--yes']);
    await until(() => sandbox.requests().filter(({ method }) => method === 'PATCH').length > 5);
    const looked = await run(cwd, ['verify', lastRun(cwd)]);
    expect(looked.exit).toBe(4);
    expect((await working).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated + summaryOf(cwd).counts.unchanged).toBe(200);
    expect((await run(cwd, ['verify', lastRun(cwd)])).exit).toBe(0);
  });
});
