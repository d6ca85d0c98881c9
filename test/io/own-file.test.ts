import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  checkPlainFile,
  NotPlainFileError,
  openDraft,
  openOwnFile,
  openOwnHandle,
  readOwnFile,
  replaceOwnFile,
  streamOwnFile,
} from '../../src/io/own-file.ts';
import { tempDir, tempFile } from '../support/temp.ts';

let close: (() => void) | null = null;

afterEach(() => {
  close?.();
  close = null;
});

/** Everything that can be in the place of a file. `victim` is where a link leads. */
const KINDS: [string, string, (path: string, victim: string) => unknown][] = [
  ['a symbolic link', 'is a symbolic link', (path, victim) => symlinkSync(victim, path)],
  ['a link to nothing', 'is a symbolic link', (path) => symlinkSync('/nonexistent/x', path)],
  ['a link to itself', 'is a symbolic link', (path) => symlinkSync(path, path)],
  ['a directory', 'is a directory', (path) => mkdirSync(path)],
  ['a named pipe', 'is a named pipe', (path) => execFileSync('mkfifo', [path])],
  ['a link to a device', 'is a symbolic link', (path) => symlinkSync('/dev/zero', path)],
  [
    'a socket',
    'is a socket',
    (path) =>
      new Promise<void>((done) => {
        const server = createServer().listen(path, done);
        close = () => server.close();
      }),
  ],
];

async function streamed(path: string): Promise<string> {
  let text = '';
  for await (const part of streamOwnFile(path, 'utf8')) text += part;
  return text;
}

describe('a file that should be ours', () => {
  it.each(KINDS)('is refused if it is %s', async (_, message, make) => {
    const path = join(tempDir(), 'ledger.ndjson');
    const victim = tempFile('keep');
    await make(path, victim);
    const isRefused = (open: () => unknown) => {
      expect(open).toThrow(NotPlainFileError);
      expect(open).toThrow(`${path} ${message}, and the files of a run must be plain files`);
    };
    isRefused(() => checkPlainFile(path));
    isRefused(() => openOwnFile(path, 'read'));
    isRefused(() => openOwnFile(path, 'append'));
    isRefused(() => readOwnFile(path));
    await expect(openOwnHandle(path)).rejects.toThrow(NotPlainFileError);
    await expect(streamed(path)).rejects.toThrow(NotPlainFileError);
    expect(readFileSync(victim, 'utf8')).toBe('keep');
  });

  it('may have a second name to be read, and not to be written', async () => {
    const path = join(tempDir(), 'lock');
    const other = tempFile('keep');
    linkSync(other, path);
    expect(readOwnFile(path)).toBe('keep');
    expect(() => openOwnFile(path, 'append')).toThrow('has another name (a hard link)');
    await expect(openOwnHandle(path)).rejects.toThrow(NotPlainFileError);
  });

  it('is read, appended to and made', async () => {
    const path = join(tempDir(), 'log.ndjson');
    closeSync(openOwnFile(path, 'append'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(path, 'Zoë');
    const handle = await openOwnHandle(path);
    await handle.appendFile('!');
    await handle.close();
    expect(readOwnFile(path)).toBe('Zoë!');
    expect(await streamed(path)).toBe('Zoë!');
    expect(() => readOwnFile(path, 4)).toThrow('has 5 bytes, and at most 4 were expected');
    expect(() => checkPlainFile(path)).not.toThrow();
    expect(() => checkPlainFile('/nonexistent/x')).not.toThrow();
    expect(() => openOwnFile('/nonexistent/x', 'read')).toThrow('ENOENT');
  });
});

describe('replacing a file', () => {
  it('replaces a link, and not what it leads to; drafts never follow one', () => {
    const dir = tempDir();
    const victim = tempFile('keep');
    const path = join(dir, 'run.json');
    symlinkSync(victim, path);
    symlinkSync(victim, `${path}.${process.pid}`);
    replaceOwnFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(lstatSync(path).isFile()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.${process.pid}`)).toBe(false);
    const draft = join(dir, 'results.csv.1.tmp');
    symlinkSync(victim, draft);
    closeSync(openDraft(draft));
    expect(lstatSync(draft).isFile()).toBe(true);
    expect(readFileSync(victim, 'utf8')).toBe('keep');
  });

  it('leaves no draft behind if it fails', () => {
    const dir = tempDir();
    const path = join(dir, 'run.json');
    mkdirSync(path);
    expect(() => replaceOwnFile(path, 'new')).toThrow();
    expect(existsSync(`${path}.${process.pid}`)).toBe(false);
  });
});
