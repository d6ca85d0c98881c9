import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const GENERATOR = resolve(import.meta.dirname, '../samples/generate.mjs');

describe('generate.mjs', () => {
  it('waits for a slow reader instead of filling the memory', async () => {
    const child = spawn(process.execPath, [GENERATOR, '--rows', '2000000']);
    await new Promise((done) => setTimeout(done, 1500));
    const kilobytes = Number(spawnSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' }).stdout);
    let lines = 0;
    for await (const chunk of child.stdout) for (const byte of chunk as Buffer) if (byte === 0x0a) lines += 1;
    expect(lines).toBe(2_000_001);
    // The rows are 142 MB.
    expect(kilobytes / 1024).toBeLessThan(150);
  });
});
