import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyToPath, copyToStream, targetOf, tryToReplace } from '../../src/io/output-file.ts';
import { tempDir } from '../support/temp.ts';

const TEXT = 'row\n1\n';

/** A directory with a file to copy. */
function place() {
  const dir = tempDir();
  const at = (name: string) => join(dir, name);
  writeFileSync(at('from.csv'), TEXT, { mode: 0o600 });
  return { dir, at, from: at('from.csv') };
}

describe('copyToStream', () => {
  /** A stream whose writes end with an error of this code; '' for none. */
  const streamOf = (code: string, more: object = {}) => {
    const chunks: string[] = [];
    const write = (chunk: Buffer, done: (error: Error | null) => void) => {
      chunks.push(chunk.toString());
      done(code === '' ? null : Object.assign(new Error(code), { code }));
      return true;
    };
    return { chunks, stream: { write, ...more } as unknown as NodeJS.WriteStream };
  };

  it('writes all, and takes a reader or a terminal that has gone for no error', async () => {
    const { from } = place();
    for (const [code, more] of [
      ['', {}],
      ['EPIPE', {}],
      ['EIO', { isTTY: true }],
    ] as const) {
      const { chunks, stream } = streamOf(code, more);
      await copyToStream(from, stream);
      expect(chunks).toEqual([TEXT]);
    }
    await expect(copyToStream(from, streamOf('ENOSPC').stream)).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  it('writes into a file itself, because the stream would hide a disk that is full', async () => {
    const { at, from } = place();
    const fd = openSync(at('open.csv'), 'a');
    const { chunks, stream } = streamOf('', { fd });
    await copyToStream(from, stream, () => rmSync(from));
    closeSync(fd);
    expect({ chunks, text: readFileSync(at('open.csv'), 'utf8') }).toEqual({ chunks: [], text: TEXT });
  });
});

describe('copyToPath', () => {
  it('makes a file, or replaces one as a whole, also through links', async () => {
    const { dir, at, from } = place();
    writeFileSync(at('target.csv'), 'old');
    symlinkSync('target.csv', at('link.csv'));
    symlinkSync('made.csv', at('dangling.csv'));
    for (const to of ['out.csv', 'link.csv', 'dangling.csv']) await copyToPath(from, at(to));
    const made = ['out.csv', 'target.csv', 'made.csv'];
    expect(made.map((name) => readFileSync(at(name), 'utf8'))).toEqual([TEXT, TEXT, TEXT]);
    expect(readdirSync(dir).sort()).toEqual([...made, 'from.csv', 'link.csv', 'dangling.csv'].sort());
    expect(statSync(at('out.csv')).mode & 0o777).toBe(0o600);
  });

  it('keeps the mode and the group of the file that is there', async () => {
    const { at, from } = place();
    writeFileSync(at('old.csv'), 'old');
    chmodSync(at('old.csv'), 0o664);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(at('old.csv'), 1234, 5678);
    const before = statSync(at('old.csv'));
    await copyToPath(from, at('old.csv'));
    const { mode, uid, gid } = statSync(at('old.csv'));
    expect([mode, uid, gid]).toEqual([before.mode, before.uid, before.gid]);
  });

  it('writes into a device, an open file and a pipe that a process reads', async () => {
    const { at, from } = place();
    await copyToPath(from, '/dev/null');
    const file = openSync(at('open.csv'), 'a');
    await copyToPath(from, `/dev/fd/${file}`);
    closeSync(file);
    expect(readFileSync(at('open.csv'), 'utf8')).toBe(TEXT);
    execFileSync('mkfifo', [at('pipe')]);
    const reader = openSync(at('pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    await copyToPath(from, at('pipe'), () => rmSync(from));
    const bytes = Buffer.alloc(100);
    expect(bytes.toString('utf8', 0, readSync(reader, bytes))).toBe(TEXT);
    closeSync(reader);
  });

  it('throws for a pipe that no process reads, a full device and a directory that is not there, and leaves nothing', async () => {
    const { dir, at, from } = place();
    execFileSync('mkfifo', [at('pipe')]);
    await expect(copyToPath(from, at('pipe'))).rejects.toMatchObject({ code: 'ENXIO' });
    await expect(copyToPath(from, '/dev/full')).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(copyToPath(from, at('gone/out.csv'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(copyToPath(at('gone'), at('out.csv'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(dir).sort()).toEqual(['from.csv', 'pipe']);
  });
});

describe('tryToReplace', () => {
  it('leaves nothing, and throws if a file could not be put there', () => {
    const { dir, at } = place();
    tryToReplace(at(`${'x'.repeat(251)}.csv`));
    expect(readdirSync(dir)).toEqual(['from.csv']);
    expect(() => tryToReplace(at('gone/out.csv'))).toThrow('ENOENT');
    expect(() => tryToReplace(at('from.csv/out.csv'))).toThrow('ENOTDIR');
  });
});

it('targetOf follows links, also to what is not there, and ends in a circle', () => {
  const { at } = place();
  symlinkSync('b', at('a'));
  symlinkSync('c', at('b'));
  symlinkSync('loop', at('loop'));
  expect([targetOf(at('a')), targetOf(at('from.csv')), targetOf(at('loop'))]).toEqual([
    at('c'),
    at('from.csv'),
    at('loop'),
  ]);
});
