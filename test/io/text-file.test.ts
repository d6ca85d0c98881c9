import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NotText, readTextFile } from '../../src/io/text-file.ts';
import { tempDir, tempFile } from '../support/temp.ts';

const read = (bytes: string | Buffer, maxBytes = 100) => readTextFile(tempFile(bytes), { maxBytes }).text;

describe('a text file', () => {
  it('is read without its BOM, up to its limit', () => {
    expect(read('\uFEFFKEY é\n')).toBe('KEY é\n');
    expect(read('')).toBe('');
    expect(read('x')).toBe('x');
    expect(read('x'.repeat(100))).toBe('x'.repeat(100));
    expect(() => read('x'.repeat(101))).toThrow(new NotText('is larger than 100 bytes'));
  });

  it.each([
    [Buffer.from('\uFEFFa: 1', 'utf16le'), 'UTF-16'],
    [Buffer.from('a: 1', 'utf16le'), 'UTF-16'],
    [Buffer.from('a: 1', 'utf16le').swap16(), 'UTF-16'],
    [Buffer.from('a: 1\0'), 'zero bytes'],
    [Buffer.alloc(50), 'zero bytes'],
  ])('is not %j', (bytes, what) => {
    expect(() => read(bytes)).toThrow(what);
  });

  it('has limits for a pipe too', () => {
    expect(() => readTextFile('/dev/zero', { maxBytes: 100 })).toThrow('is larger');
  });

  it('of the file system passes an error through', () => {
    expect(() => readTextFile('/nonexistent', { maxBytes: 1 })).toThrow('ENOENT');
    expect(() => readTextFile(tempDir(), { maxBytes: 1 })).toThrow('EISDIR');
  });
});

describe('a named pipe', () => {
  function makePipe(): string {
    const path = join(tempDir(), 'pipe');
    execFileSync('mkfifo', [path]);
    return path;
  }

  it('is given up if no one writes to it', () => {
    let pausedMs = 0;
    const pause = (ms: number) => {
      pausedMs += ms;
    };
    expect(() => readTextFile(makePipe(), { maxBytes: 100, pause })).toThrow('did not end within 15s');
    expect(pausedMs).toBe(15_000);
  });

  it('is read to its end, whenever its writer comes', async () => {
    const path = makePipe();
    const writer = spawn('sh', ['-c', `exec 3> "$0"; printf KEY >&3`, path], { stdio: 'ignore' });
    expect(readTextFile(path, { maxBytes: 100 }).text).toBe('KEY');
    await once(writer, 'exit');
  });
});
