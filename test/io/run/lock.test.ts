import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { describe, expect, it } from 'vitest';
import { type Holder, isLocked, NoLocks, readHolder, takeLock } from '../../../src/io/run/lock.ts';
import { runModule, startModule } from '../../support/io/child.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const HOLDER: Holder = { pid: 4711, host: 'host', since: '2026-11-23T02:00:00.000Z', what: 'apply numbers.csv' };
const newLock = () => join(tempDir(), 'lock');

/** The code of a child that takes a lock, says so, and keeps it until its standard input ends. */
const keeper = (path: string) => `
  const { takeLock } = await import(io('run/lock.ts'));
  let lock = await takeLock(${JSON.stringify(path)}, { ...${JSON.stringify(HOLDER)}, pid: process.pid });
  console.log(lock === null ? 'refused' : 'taken');
  process.stdin.on('end', () => console.log('end')).resume();`;

describe('a lock', () => {
  it('is held until it is released, against other takers in the same process too', async () => {
    const path = newLock();
    const lock = await takeLock(path, HOLDER);
    expect(await takeLock(path, HOLDER)).toBeNull();
    expect(await isLocked(path)).toBe(true);
    lock?.release();
    expect(await isLocked(path)).toBe(false);
    expect(await takeLock(path, HOLDER)).not.toBeNull();
  });

  it('outlives other readers of its file: neither closing another descriptor nor a refusal releases it', async () => {
    const path = newLock();
    await takeLock(path, HOLDER);
    closeSync(openSync(path, 'r+'));
    for (let look = 0; look < 3; look++) {
      expect(await takeLock(path, HOLDER)).toBeNull();
      expect(await isLocked(path)).toBe(true);
      expect(readHolder(path)).toEqual(HOLDER);
    }
  });

  it('of one file is none of another beside it', async () => {
    const dir = tempDir();
    expect(await takeLock(join(dir, 'a'), HOLDER)).not.toBeNull();
    expect(await takeLock(join(dir, 'b'), HOLDER)).not.toBeNull();
  });

  it('is the same one by every name of its file', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'runs'));
    symlinkSync(join(dir, 'runs'), join(dir, 'link'));
    await takeLock(join(dir, 'runs', 'lock'), HOLDER);
    expect(await takeLock(join(dir, 'link', 'lock'), HOLDER)).toBeNull();
  });

  it('leaves its file, of mode 0600 and with the last holder, when it is released', async () => {
    const path = newLock();
    (await takeLock(path, { ...HOLDER, what: 'a much longer text than that of the one who comes after' }))?.release();
    (await takeLock(path, HOLDER))?.release();
    expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(HOLDER)}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes to exactly one of many takers at once', async () => {
    const path = newLock();
    const locks = await Promise.all(Array.from({ length: 50 }, (_, at) => takeLock(path, { ...HOLDER, pid: at })));
    const taken = locks.flatMap((lock, at) => (lock === null ? [] : [at]));
    expect(taken).toHaveLength(1);
    expect(readHolder(path)?.pid).toBe(taken[0]);
  });

  it('throws what the file system throws, and leaves nothing open', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = process.platform === 'linux' ? open() : 0;
    await expect(takeLock('/nonexistent/lock', HOLDER)).rejects.toThrow('ENOENT');
    await expect(takeLock(tempDir(), HOLDER)).rejects.toThrow('is a directory');
    await expect(takeLock(join(tempFile('x'), 'lock'), HOLDER)).rejects.toThrow('ENOTDIR');
    await expect(takeLock('/nonexistent/lock', HOLDER)).rejects.not.toBeInstanceOf(NoLocks);
    if (process.platform === 'linux') expect(open()).toBe(before);
  });
});

describe('another process', () => {
  it('keeps a lock while it is alive, can be read meanwhile, and releases it at its end', async () => {
    const path = newLock();
    const { child, ended, said } = startModule(keeper(path));
    await said('taken');
    expect(await takeLock(path, HOLDER)).toBeNull();
    expect(await isLocked(path)).toBe(true);
    expect(readHolder(path)).toEqual({ ...HOLDER, pid: child.pid });
    child.stdin?.end();
    expect(await ended).toEqual({ code: 0, stdout: 'taken\nend\n', stderr: '' });
    expect(await isLocked(path)).toBe(false);
    expect(await takeLock(path, HOLDER)).not.toBeNull();
  });

  it('has its lock freed at once by SIGKILL, and what it has written is replaced', async () => {
    const path = newLock();
    const { child, ended, said } = startModule(keeper(path));
    await said('taken');
    child.kill('SIGKILL');
    await ended;
    expect(await isLocked(path)).toBe(false);
    expect(readHolder(path)?.pid).toBe(child.pid);
    expect(await takeLock(path, HOLDER)).not.toBeNull();
    expect(readHolder(path)).toEqual(HOLDER);
  });

  it('is refused what this one holds, until it is released', async () => {
    const path = newLock();
    const lock = await takeLock(path, HOLDER);
    expect((await runModule(keeper(path))).stdout).toBe('refused\nend\n');
    expect(readHolder(path)).toEqual(HOLDER);
    lock?.release();
    expect((await runModule(keeper(path))).stdout).toBe('taken\nend\n');
  });

  it('that it starts does not inherit its lock: it ends with the one who took it', async () => {
    const path = newLock();
    const parent = `${keeper(path)}
      const { spawn } = await import('node:child_process');
      const { pid } = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 5000)'], { stdio: 'ignore', detached: true });
      console.log('child ' + pid + ';');`;
    const { child, ended, said } = startModule(parent);
    await said(';');
    child.kill('SIGKILL');
    const { stdout } = await ended;
    const grandchild = Number(/child (\d+)/.exec(stdout)?.[1]);
    expect(process.kill(grandchild, 0)).toBe(true);
    expect(await isLocked(path)).toBe(false);
    process.kill(grandchild, 'SIGKILL');
  });

  it('and others run for hundreds of locks, and each lock goes to exactly one', async () => {
    const dir = tempDir();
    const code = `
      const { takeLock } = await import(io('run/lock.ts'));
      console.log('ready');
      await new Promise((go) => process.stdin.once('data', go));
      const taken = [];
      for (let at = 0; at < 300; at++) {
        const lock = await takeLock(${JSON.stringify(dir)} + '/' + at, { pid: process.pid });
        if (lock !== null) taken.push(at);
      }
      console.log(JSON.stringify(taken));
      process.stdin.on('end', () => undefined).resume();`;
    const takers = [1, 2, 3].map(() => startModule(code));
    await Promise.all(takers.map(({ said }) => said('ready')));
    for (const { child } of takers) child.stdin?.write('go\n');
    await Promise.all(takers.map(({ said }) => said(']')));
    for (const { child } of takers) child.stdin?.end();
    const ended = await Promise.all(takers.map((taker) => taker.ended));
    const taken = ended.map(({ stdout }) => JSON.parse(stdout.slice('ready\n'.length)) as number[]);
    expect(taken.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, at) => at));
  });
});

describe('isLocked', () => {
  it('is false of a file that is not there, and makes none', async () => {
    const dir = tempDir();
    expect(await isLocked(join(dir, 'lock'))).toBe(false);
    expect(await isLocked('/nonexistent/deep/lock')).toBe(false);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is false for a file without a holder, whatever it contains', async () => {
    expect(await isLocked(tempFile(JSON.stringify(HOLDER)))).toBe(false);
  });

  it('throws what else the file system throws', async () => {
    await expect(isLocked(join(tempFile('x'), 'lock'))).rejects.toThrow('ENOTDIR');
  });

  it('is false while another process only checks', async () => {
    const path = tempFile('');
    const asker = openSync(path, 'r');
    expect(tryLock(asker, 1_000_000, 1, { shared: true })).toBe(true);
    expect(await isLocked(path)).toBe(false);
    closeSync(asker);
  });
});

describe('readHolder', () => {
  it.each(['', '{"pid":', 'not json'])('is null if nothing can be read: %j', (text) => {
    expect(readHolder(tempFile(text))).toBeNull();
  });

  it('is null of a file that is not there, and of a directory', () => {
    expect(readHolder('/nonexistent/lock')).toBeNull();
    expect(readHolder(tempDir())).toBeNull();
  });
});

describe('without locks', () => {
  const ask = (path: string) => `
    const { isLocked, NoLocks, takeLock } = await import(io('run/lock.ts'));
    for (const asked of [takeLock(${JSON.stringify(path)}, {}), isLocked(${JSON.stringify(path)})]) {
      console.log(await asked.catch((error) => [error instanceof NoLocks, error.message].join(' ')));
    }`;
  const noModule = `
    import { register } from 'node:module';
    const hook = "export const resolve = async (name, context, next) => { if (name === 'fs-native-extensions') throw new Error('no such module\\\\nstack'); return next(name, context); };";
    register('data:text/javascript,' + encodeURIComponent(hook));`;
  const noAddon = `process.dlopen = () => { throw new Error('wrong ELF class'); };`;
  const failing = (codes: readonly string[], path: string) => `
    import { createRequire } from 'node:module';
    let code;
    createRequire(${JSON.stringify(import.meta.url)})('fs-native-extensions').tryLock = () => {
      throw Object.assign(new Error('refused'), { code });
    };
    for (code of ${JSON.stringify(codes)}) {${ask(path)}}`;

  it('throws NoLocks with the reason in one line, and makes no file, if the module is missing', async () => {
    const path = newLock();
    const said = 'true the lock module does not load here (no such module)\n';
    expect(await runModule(noModule + ask(path))).toEqual({ code: 0, stdout: said + said, stderr: '' });
    await expect(isLocked(path)).resolves.toBe(false);
  });

  it('throws NoLocks if its binary does not load', async () => {
    const { stdout } = await runModule(noAddon + ask(newLock()));
    expect(stdout).toMatch(/^(true the lock module does not load here \([^\n]+\)\n){2}$/);
  });

  it('throws NoLocks if the file system has no locks, and passes on any other error', async () => {
    const without = ['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'];
    const { stdout } = await runModule(failing([...without, 'EIO'], tempFile('')));
    const twice = (text: string) => [text, text];
    expect(stdout.trim().split('\n')).toEqual([
      ...without.flatMap((code) => twice(`true the file system has no locks (${code})`)),
      ...twice('false refused'),
    ]);
  });
});
