import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writesTo } from '../../support/program/account.ts';
import { CLI } from '../../support/program/paths.ts';
import { run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { lastRun, runDirs, workDirectory, writeInput } from '../../support/program/workspace.ts';

const LONG = 'x'.repeat(300);

/** A work directory with an input and paths that are there, and that the file system lets nothing be known of. */
function place() {
  const cwd = workDirectory();
  writeInput(cwd, 3);
  symlinkSync('loop', join(cwd, 'loop'));
  writeFileSync(join(cwd, 'file'), '');
  return cwd;
}

describe('what cannot be read is not taken for absent', () => {
  it.each([
    ['apply', 'file/numbers.csv', 'ENOTDIR'],
    ['apply', 'loop', 'ELOOP'],
    ['apply', 'loop/numbers.csv', 'ELOOP'],
    ['plan', LONG, 'ENAMETOOLONG'],
    ['verify', 'loop', 'ELOOP'],
    ['resume', 'loop', 'ELOOP'],
    ['resume', 'file/run', 'ENOTDIR'],
    ['retry', LONG, 'ENAMETOOLONG'],
    ['undo', 'loop', 'ELOOP'],
    ['results', 'loop', 'ELOOP'],
    ['run', 'loop', 'ELOOP'],
    ['runs', '--runs-dir=loop', 'ELOOP'],
    ['runs', '--runs-dir=file', 'ENOTDIR'],
    ['runs', `--runs-dir=${LONG}`, 'ENAMETOOLONG'],
    ['resume', '--runs-dir=file/runs', 'ENOTDIR'],
  ])('%s %s: exit 2 with path, code and remedy', async (command, path, code) => {
    const cwd = place();
    const allowed = ['apply', 'plan', 'verify'].includes(command) ? ['--missing-input-ok'] : [];
    const { exit, stdout, stderr } = await run(cwd, [command, path, ...allowed], { key: 'KEY' });
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain(code);
    expect(stderr).not.toMatch(/^ +at /m);
    const json = await run(cwd, [command, path, ...allowed, '--json'], { key: 'KEY' });
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 2, error: { message: expect.stringContaining(code) } });
    expect(runDirs(cwd)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('an input that can be opened and not read is named', async () => {
    const cwd = place();
    const { exit, stderr } = await run(cwd, ['plan', '/proc/self/mem', '--offline']);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/Could not read \/proc\/self\/mem: EIO .*Fix: /);
    expect(runDirs(cwd)).toEqual([]);
  });

  it('a socket is no input', async () => {
    const cwd = place();
    const server = createServer().listen(join(cwd, 'socket'));
    await new Promise((listening) => server.once('listening', listening));
    const { exit, stderr } = await run(cwd, ['plan', 'socket', '--offline']);
    server.close();
    expect(exit).toBe(2);
    expect(stderr).toContain('socket is a socket');
    expect(runDirs(cwd)).toEqual([]);
  });

  it('runs lists the others and ends with 2; apply refuses with 8 unless a new run is asked for', async () => {
    const cwd = place();
    const { sandbox, flags } = await api();
    expect((await run(cwd, ['plan', 'numbers.csv', ...at(sandbox.url)])).exit).toBe(0);
    const known = lastRun(cwd);
    mkdirSync(join(cwd, 'runs', 'theirs'));
    symlinkSync('run.json', join(cwd, 'runs', 'theirs', 'run.json'));
    const listed = await run(cwd, ['runs']);
    expect(listed.exit).toBe(2);
    expect(listed.stdout).toContain(known.slice('runs/'.length));
    expect(listed.stderr).toMatch(/Could not read the run runs\/theirs: ELOOP \(.*Fix: /);
    const json = JSON.parse((await run(cwd, ['runs', '--json'])).stdout);
    expect(json).toMatchObject({ exit_code: 2, runs: [{ state: 'planned' }], error: { code: 'unreadable_run' } });

    const before = runDirs(cwd).length;
    for (const more of [[], ['--if-unfinished', 'resume']]) {
      const refused = await run(cwd, ['apply', 'numbers.csv', ...flags, ...more]);
      expect([refused.exit, sandbox.requests().length]).toEqual([8, 0]);
      expect(refused.stderr).toMatch(/runs\/theirs: ELOOP[\s\S]*--if-unfinished new/);
    }
    expect((await run(cwd, ['apply', known, '--yes'])).exit).toBe(8);
    expect(runDirs(cwd)).toHaveLength(before);
    expect((await run(cwd, ['apply', 'numbers.csv', ...flags, '--if-unfinished', 'new'])).exit).toBe(0);
    expect((await run(cwd, ['apply', 'numbers.csv', '--sandbox', '--yes'])).exit).toBe(0);
  });

  it.each([
    ['empty', () => ''],
    ['zeros after a power loss', () => '\0'.repeat(1000)],
    ['cut', (text: string) => text.slice(0, 300)],
    ['of another program', () => '{}'],
    ['of a newer version', (text: string) => text.replace('"paused"', '"sleeping"')],
    ['gone', () => null],
  ])('a run.json that is %s does not hide that its run was not finished', async (_, damage) => {
    const cwd = place();
    const { sandbox, flags } = await api();
    expect((await run(cwd, ['apply', 'numbers.csv', ...flags, '--stop-after', '1'])).exit).toBe(10);
    const old = lastRun(cwd);
    const file = join(cwd, old, 'run.json');
    const text = readFileSync(file, 'utf8');
    const damaged = damage(text);
    if (damaged === null) rmSync(file);
    else writeFileSync(file, damaged);
    for (const args of [
      ['apply', 'numbers.csv', ...flags],
      ['apply', 'numbers.csv', ...flags, '--if-unfinished', 'resume'],
    ]) {
      const refused = await run(cwd, args);
      expect([refused.exit, writesTo(sandbox).length]).toEqual([8, 1]);
      expect(refused.stderr).toMatch(/run\.json.*Rows of that run were sent[\s\S]*--if-unfinished new/);
    }
    expect((await run(cwd, ['resume'])).exit).toBe(2);
    expect(await run(cwd, ['runs'])).toMatchObject({
      exit: 0,
      stdout: '',
      stderr: expect.stringContaining('run.json'),
    });
    expect((await run(cwd, ['apply', 'numbers.csv', ...flags, '--if-unfinished', 'new'])).exit).toBe(0);
    // One whose rows all had their turn hides nothing.
    writeFileSync(file, text);
    expect((await run(cwd, ['resume', old])).exit).toBe(0);
    writeFileSync(file, '');
    expect((await run(cwd, ['apply', 'numbers.csv', ...flags])).exit).toBe(0);
  });

  const asRoot = process.getuid?.() === 0;
  const asNoOne = (cwd: string, ...args: string[]) =>
    spawnSync(process.execPath, [CLI, ...args], {
      cwd,
      ...(asRoot ? { uid: 65534, gid: 65534 } : {}),
      env: { PATH: process.env.PATH, HOME: cwd, TELNYX_API_KEY: 'KEY' },
      encoding: 'utf8',
    });

  it.runIf(process.platform === 'linux')('the directories of another user', ({ skip }) => {
    const cwd = place();
    chmodSync(cwd, 0o755);
    // The program may lie where only its owner can read it.
    if (asNoOne(cwd, '--version').status !== 0) skip();
    mkdirSync(join(cwd, 'runs', 'theirs'), { recursive: true });
    writeFileSync(join(cwd, 'runs', 'theirs', 'run.json'), '{}');
    chmodSync(join(cwd, 'runs', 'theirs'), 0);
    const one = asNoOne(cwd, 'runs');
    expect([one.status, one.stdout]).toEqual([2, '']);
    expect(one.stderr).toContain('runs/theirs: EACCES (permission denied)');
    expect(asNoOne(cwd, 'resume').status).toBe(2);
    expect(asNoOne(cwd, 'resume', 'runs/theirs').stderr).toContain('EACCES');
    expect(asNoOne(cwd, 'apply', 'numbers.csv', '--no-lock').status).toBe(8);
    chmodSync(join(cwd, 'runs'), 0);
    const all = asNoOne(cwd, 'runs', '--json');
    expect([all.status, JSON.parse(all.stdout).error.message]).toEqual([2, expect.stringContaining('EACCES')]);
    expect(asNoOne(cwd, 'apply', 'numbers.csv', '--no-lock').status).toBe(8);
    chmodSync(join(cwd, 'runs'), 0o755);
  });

  it('a directory is no standard input', () => {
    const cwd = place();
    const { status, stderr } = spawnSync('sh', ['-c', 'exec "$0" "$1" plan - --offline < .', process.execPath, CLI], {
      cwd,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining('standard input is a directory')]);
    expect(runDirs(cwd)).toEqual([]);
  });

  it('a working directory that was removed', () => {
    const cwd = workDirectory();
    const lost = join(cwd, 'lost');
    mkdirSync(lost);
    const script = 'rmdir "$PWD" && exec "$0" "$@"';
    const inLost = (...args: string[]) =>
      spawnSync('sh', ['-c', script, process.execPath, CLI, ...args], { cwd: lost, encoding: 'utf8' });
    const { status, stderr } = inLost('runs');
    expect([status, stderr]).toEqual([2, expect.stringContaining('Could not find the working directory')]);
    expect(stderr).not.toMatch(/^ +at /m);
    mkdirSync(lost);
    expect(JSON.parse(inLost('runs', '--json').stdout)).toMatchObject({ exit_code: 2 });
    rmSync(cwd, { recursive: true });
  });
});
