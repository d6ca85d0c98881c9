import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sendCommand } from '../../../src/io/control/client.ts';
import type { ControlAnswer, ControlRequest } from '../../../src/io/control/messages.ts';
import { type ControlFile, directoryId, removeSocket } from '../../../src/io/control/place.ts';
import { type ControlServer, openControlServer } from '../../../src/io/control/server.ts';
import { afterEveryTest } from '../../support/after-test.ts';
import { tempDir } from '../../support/temp.ts';

const opened: ControlServer[] = [];
afterEveryTest(async () => {
  for (const server of opened.splice(0)) await server.close();
});

const fileOf = (dir: string) => join(dir, 'control.json');
const readFile = (dir: string) => JSON.parse(readFileSync(fileOf(dir), 'utf8')) as ControlFile;
const echo = async ({ words, by }: ControlRequest): Promise<ControlAnswer> => {
  return { ok: true, text: words.join(' '), from: by, to: '' };
};

async function open(dir: string, obey: (request: ControlRequest) => Promise<ControlAnswer> = echo) {
  const server = await openControlServer(dir, fileOf(dir), obey);
  opened.push(server);
  return server;
}

const send = (dir: string, ...words: string[]) => sendCommand(dir, fileOf(dir), { words, by: 'alice' });
const textOf = (sent: Awaited<ReturnType<typeof send>>) => (typeof sent === 'object' ? sent.answer : sent);

/** Sends bytes as they are. Returns what comes back until the other side ends. */
function raw(dir: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(join(dir, 'control.sock'), () => socket.end(bytes));
    let text = '';
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

/** A directory whose path is too long for a socket. */
function deepDir(): string {
  const dir = join(tempDir(), 'd'.repeat(120));
  mkdirSync(dir);
  return dir;
}

const tempSockets = () => readdirSync(tmpdir()).filter((name) => name.startsWith('telnyx-reassign-'));

describe('the control channel', () => {
  it('passes a command on and answers it, for this user alone', async () => {
    const dir = tempDir();
    await open(dir);
    expect(textOf(await send(dir, 'rate', '10'))).toEqual({ ok: true, text: 'rate 10', from: 'alice', to: '' });
    expect(statSync(join(dir, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(statSync(fileOf(dir)).mode & 0o777).toBe(0o600);
    expect(readFile(dir)).toMatchObject({ pid: process.pid, socket: 'control.sock' });
  });

  it('has its socket in the directory for all runs, if there is one, which a copy of the run directory does not meet', async () => {
    const [dir, home] = [tempDir(), tempDir()];
    const shared = join(home, 'control');
    const server = await openControlServer(dir, fileOf(dir), echo, shared);
    expect(textOf(await send(dir, 'pause'))).toMatchObject({ ok: true, text: 'pause' });
    expect(statSync(shared).mode & 0o777).toBe(0o700);
    expect(readdirSync(dir)).toEqual(['control.json']);
    // A killed process leaves its socket, and the next holder of the run removes it.
    const left = readFile(dir);
    cpSync(dir, join(home, 'copy'), { recursive: true });
    await server.close();
    expect(readdirSync(shared)).toEqual([]);
    const killed = createServer();
    await new Promise<void>((resolve) => killed.listen(left.socket, resolve));
    writeFileSync(fileOf(dir), JSON.stringify(left));
    const next = await openControlServer(dir, fileOf(dir), echo, shared);
    expect(readdirSync(shared)).toEqual([expect.not.stringContaining(basename(left.socket))]);
    await next.close();
    await new Promise((resolve) => killed.close(resolve));
  });

  it('is gone when it is closed', async () => {
    const dir = tempDir();
    const server = await open(dir);
    await server.close();
    expect(readdirSync(dir)).toEqual([]);
    expect(await send(dir, 'pause')).toBe('closed');
  });

  // Only root may start a process of another user.
  it.runIf(process.getuid?.() === 0)('lets no other user in, whatever the mode of the directory is', async () => {
    const dir = tempDir();
    await open(dir);
    chmodSync(dir, 0o777);
    const code = `for (const act of [() => fs.readFileSync('control.json'), () => fs.accessSync('control.sock', 2)]) {
      try { act(); console.log('in'); } catch ({ code }) { console.log(code); }
    }
    net.connect('control.sock').on('connect', () => console.log('in')).on('error', ({ code }) => console.log(code));`;
    const other = { cwd: dir, uid: 65534, gid: 65534, encoding: 'utf8' } as const;
    expect(spawnSync(process.execPath, ['-e', code], other).stdout).toBe('EACCES\nEACCES\nEACCES\n');
  });

  it('refuses a request without the token', async () => {
    const dir = tempDir();
    await open(dir);
    writeFileSync(fileOf(dir), JSON.stringify({ ...readFile(dir), token: 'f'.repeat(32) }));
    expect(textOf(await send(dir, 'pause'))).toMatchObject({ ok: false, exit: 8 });
    writeFileSync(fileOf(dir), JSON.stringify({ ...readFile(dir), token: 'short' }));
    expect(textOf(await send(dir, 'pause'))).toMatchObject({ ok: false, exit: 8 });
  });

  it.each([
    ['no JSON', 'pause\n'],
    ['JSON of another kind', '{"words":"pause"}\n'],
    ['bytes', Buffer.from([0, 255, 10, 13, 10])],
    ['a line that does not end', '{"token":'],
    ['too long a line', 'x'.repeat(100_000)],
    ['nothing', ''],
  ])('ends a connection that sends %s, and goes on', async (_what, bytes) => {
    const dir = tempDir();
    await open(dir);
    expect(await raw(dir, bytes)).toBe('');
    expect(textOf(await send(dir, 'pause'))).toMatchObject({ ok: true });
  });

  it('obeys one command after another, and all of 40 that come at once', async () => {
    const dir = tempDir();
    let atWork = 0;
    const seen: string[] = [];
    await open(dir, async (request) => {
      atWork += 1;
      expect(atWork).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(request.words.join(' '));
      atWork -= 1;
      return echo(request);
    });
    const numbers = Array.from({ length: 40 }, (_, n) => String(n));
    const answers = await Promise.all(numbers.map((n) => send(dir, 'rate', n)));
    expect(answers.map((sent) => textOf(sent))).toEqual(
      numbers.map((n) => expect.objectContaining({ text: `rate ${n}` })),
    );
    expect(seen.length).toBe(40);
  });

  it('answers a command that fails', async () => {
    const dir = tempDir();
    await open(dir, () => Promise.reject(new Error('the disk is full')));
    expect(textOf(await send(dir, 'pause'))).toEqual({
      ok: false,
      exit: 1,
      message: 'The command failed: the disk is full',
    });
  });

  it('answers what has come before it is closed', async () => {
    const dir = tempDir();
    let go: () => void = () => undefined;
    const begun = new Promise<void>((begin) => {
      const isFree = new Promise<void>((resolve) => {
        go = resolve;
      });
      open(dir, async (request) => {
        begin();
        await isFree;
        return echo(request);
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answer = send(dir, 'pause');
    await begun;
    const closed = opened[0]?.close();
    go();
    expect(textOf(await answer)).toMatchObject({ ok: true });
    await closed;
  });

  it('uses a directory of its own if the path of the run is too long, and removes it', async () => {
    const dir = deepDir();
    const server = await open(dir);
    const { socket } = readFile(dir);
    expect(socket.startsWith(tmpdir())).toBe(true);
    expect(statSync(join(socket, '..')).mode & 0o777).toBe(0o700);
    expect(textOf(await send(dir, 'pause'))).toMatchObject({ ok: true });
    await server.close();
    expect(existsSync(join(socket, '..'))).toBe(false);
  });

  it('replaces the socket that a killed process has left, in either place', async () => {
    for (const dir of [tempDir(), deepDir()]) {
      const server = await open(dir);
      const left = readFile(dir);
      // A killed process closes its socket and leaves the file.
      const path = join(left.socket.startsWith('/') ? left.socket : join(dir, left.socket));
      renameSync(path, `${path}.kept`);
      await server.close();
      if (!existsSync(join(path, '..'))) mkdirSync(join(path, '..'), { mode: 0o700 });
      if (existsSync(`${path}.kept`)) renameSync(`${path}.kept`, path);
      writeFileSync(fileOf(dir), JSON.stringify(left));
      expect(await send(dir, 'pause')).toBe('closed');
      await open(dir);
      expect(textOf(await send(dir, 'pause'))).toMatchObject({ ok: true });
      if (left.socket.startsWith('/')) expect(existsSync(left.socket)).toBe(false);
    }
  });

  it('leads to the same run from a moved directory, and to none from a copy', async () => {
    const dir = join(tempDir(), 'run');
    mkdirSync(dir);
    await open(dir);
    const copy = tempDir();
    writeFileSync(fileOf(copy), JSON.stringify({ ...readFile(dir), socket: join(dir, 'control.sock') }));
    expect(await send(copy, 'pause')).toBe('closed');
    const moved = join(copy, 'moved');
    renameSync(dir, moved);
    expect(textOf(await send(moved, 'pause'))).toMatchObject({ ok: true });
    renameSync(moved, dir);
  });

  it('removes no other file than a socket of its own that control.json names', async () => {
    const dir = tempDir();
    const other = tempDir();
    const path = join(other, 'control.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    removeSocket(dir, { socket: path });
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    const file = join(dir, 'control.sock');
    writeFileSync(file, 'kept');
    removeSocket(dir, { socket: 'control.sock' });
    expect(existsSync(file)).toBe(true);
  });

  it('follows no link, and reads no control.json that is none', async () => {
    const dir = tempDir();
    symlinkSync('/dev/zero', fileOf(dir));
    expect(await send(dir, 'pause')).toBe('closed');
    const other = tempDir();
    writeFileSync(fileOf(other), '{"pid":1}');
    expect(await send(other, 'pause')).toBe('closed');
  });

  it('says so if no process answers on the socket that is named', async () => {
    const dir = tempDir();
    const file = { pid: 1, socket: 'control.sock', token: 'x', directory: directoryId(dir) };
    writeFileSync(fileOf(dir), JSON.stringify(file));
    expect(await send(dir, 'pause')).toBe('closed');
    // A path that is too long is not cut off.
    writeFileSync(fileOf(dir), JSON.stringify({ ...file, socket: `/${'x'.repeat(200)}` }));
    expect(await send(dir, 'pause')).toBe('closed');
  });

  it('does not take nonsense for an answer', async () => {
    const dir = tempDir();
    const server = createServer((socket) => socket.resume().end('hello\n'));
    await new Promise<void>((resolve) => server.listen(join(dir, 'control.sock'), resolve));
    const file = { pid: 1, socket: 'control.sock', token: 'x', directory: directoryId(dir) };
    writeFileSync(fileOf(dir), JSON.stringify(file));
    expect(await send(dir, 'pause')).toBe('lost');
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['a directory is in its place', (dir: string) => mkdirSync(join(dir, 'control.sock'))],
    ['a link is in its place', (dir: string) => symlinkSync('/dev/null', join(dir, 'control.sock'))],
  ])('uses the other place, or makes room, if %s', async (_what, prepare) => {
    const dir = tempDir();
    prepare(dir);
    await open(dir);
    expect(textOf(await send(dir, 'pause'))).toMatchObject({ ok: true });
    expect(existsSync('/dev/null')).toBe(true);
  });

  it('throws if no socket can be made, and leaves nothing', async () => {
    const before = tempSockets();
    const dir = deepDir();
    mkdirSync(fileOf(dir));
    await expect(open(dir)).rejects.toThrow();
    expect(tempSockets()).toEqual(before);
    chmodSync(dir, 0o700);
  });
});
