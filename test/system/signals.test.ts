import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { KEY } from '../support/program/environment.ts';
import { CLI } from '../support/program/paths.ts';
import { paste, run } from '../support/program/run.ts';
import { api, at } from '../support/program/sandbox.ts';
import { pasteInShell, start } from '../support/program/start.ts';
import {
  lastRun,
  numberId,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../support/program/workspace.ts';

const SEED = 20261124;
const MOMENTS = 15;
const ROWS = 60;

/** mulberry32: the same moments in every run of this test. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function pidOf(cwd: string): number {
  return (JSON.parse(readFileSync(join(cwd, lastRun(cwd), 'run.json'), 'utf8')) as { pid: number }).pid;
}

/** Ids that were written to twice with no read in between. */
function blindRepeats(sandbox: Sandbox): string[] {
  const written = new Set<string>();
  const twice: string[] = [];
  for (const { method, id } of sandbox.requests()) {
    if (id === null) continue;
    if (method === 'GET') written.delete(id);
    else if (written.has(id)) twice.push(id);
    else written.add(id);
  }
  return twice;
}

describe('SIGTERM at any moment', () => {
  it('ends with 143 and complete results, and the printed command brings the run home', async () => {
    const next = random(SEED);
    const moments = Array.from({ length: MOMENTS }, () => Math.round(next() * 400));
    const codes: (number | null)[] = [];
    async function one(moment: number, n: number): Promise<void> {
      const { sandbox } = await api({ latencyMs: 15 });
      const cwd = workDirectory();
      const started = start(cwd, ['apply', writeInput(cwd, ROWS), '--rate', '200', '--yes', ...at(sandbox.url)]);
      // Every third one while the program still plans, the others at their moment after the first request.
      if (n % 3 === 0) await until(() => runDirs(cwd).length > 0 && existsSync(join(cwd, lastRun(cwd), 'run.json')));
      else await until(() => sandbox.requests().length > 0);
      await pause(n % 3 === 0 ? moment / 8 : moment);
      started.child.kill('SIGTERM');
      const { exit, signal, stdout } = await started.ended;
      codes.push(exit);
      const where = `seed ${SEED}, moment ${moment} ms of number ${n}`;
      if (signal === 'SIGTERM') {
        // Node takes no signals while it ends, and nobody has taken them yet between the plan and the first row.
        const done = existsSync(join(cwd, lastRun(cwd), 'summary.json'));
        expect(done ? summaryOf(cwd).counts.updated : ROWS - sandbox.requests().length, where).toBe(ROWS);
        if (!done) return;
      } else expect([0, 143], where).toContain(exit);
      const { counts, sum_ok, state, next_command: command } = summaryOf(cwd);
      expect(sum_ok, where).toBe(true);
      expect(counts.unverified, where).toBe(0);
      const written = sandbox.requests().filter(({ method }) => method === 'PATCH').length;
      expect(counts.updated, where).toBe(written);
      if (exit === 143) {
        expect(state, where).toBe('interrupted');
        expect(stdout, where).toContain(command);
        // What was interrupted while it was planned is planned anew, and that plan carried out.
        for (let next = command; next !== null; next = summaryOf(cwd, lastRun(cwd)).next_command) {
          const again = await paste(cwd, next);
          expect(again.exit, `${where}: ${next}\n${again.stdout}${again.stderr}`).toBe(0);
        }
      }
      const rows = table(cwd, 'results.csv', lastRun(cwd));
      expect(rows.map(({ row }) => row).join(), where).toBe(Array.from({ length: ROWS }, (_, r) => r + 1).join());
      expect(
        rows.every(({ status }) => status === 'updated'),
        where,
      ).toBe(true);
      const moved = sandbox.snapshot().numbers.slice(0, ROWS);
      expect(
        moved.every(({ messaging_profile_id: profile }) => profile === PROFILE),
        where,
      ).toBe(true);
      expect(blindRepeats(sandbox), where).toEqual([]);
    }
    // Three at a time, each with an account of its own.
    for (let n = 0; n < MOMENTS; n += 3) {
      await Promise.all(moments.slice(n, n + 3).map((moment, more) => one(moment, n + more)));
    }
    expect(codes.filter((code) => code === 143).length).toBeGreaterThan(MOMENTS / 3);
  }, 60_000);
});

describe('what is in flight', () => {
  it('is waited for no longer than --timeout after one signal', async () => {
    const { sandbox } = await api({}, [`hang@${numberId(1)}`]);
    const cwd = workDirectory();
    const args = [
      'apply',
      writeInput(cwd, 3),
      '--concurrency',
      '1',
      '--timeout',
      '1s',
      '--rate',
      'off',
      '--yes',
      ...at(sandbox.url),
    ];
    const started = start(cwd, args);
    await until(() => sandbox.requests().length > 0);
    const began = Date.now();
    started.child.kill('SIGINT');
    const { exit } = await started.ended;
    expect(exit).toBe(130);
    expect(Date.now() - began).toBeLessThan(2500);
    expect(summaryOf(cwd)).toMatchObject({ state: 'interrupted', counts: { unprocessed: 2 }, sum_ok: true });
    expect(table(cwd, 'results.csv')[0]?.status).not.toBe('updated');
  });

  it('is broken off at once by a second signal, and read before it is sent again', async () => {
    const { sandbox } = await api({}, [`hang@${numberId(1)}*1`]);
    const cwd = workDirectory();
    const args = [
      'apply',
      writeInput(cwd, 3),
      '--concurrency',
      '1',
      '--timeout',
      '1m',
      '--rate',
      'off',
      '--yes',
      ...at(sandbox.url),
    ];
    const started = start(cwd, args);
    await until(() => sandbox.requests().length > 0);
    const began = Date.now();
    started.child.kill('SIGINT');
    await until(() => started.output().includes('once more'));
    started.child.kill('SIGINT');
    expect((await started.ended).exit).toBe(130);
    expect(Date.now() - began).toBeLessThan(1500);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 3 });
    expect(blindRepeats(sandbox)).toEqual([]);
  });
});

const hasScript = spawnSync('script', ['--version']).status === 0;

describe('SIGHUP', () => {
  it('means nothing without a terminal', async () => {
    const { sandbox } = await api();
    const cwd = workDirectory();
    const started = start(cwd, ['apply', writeInput(cwd, 30), '--rate', '100', '--yes', ...at(sandbox.url)]);
    await until(() => runDirs(cwd).length > 0);
    started.child.kill('SIGHUP');
    await until(() => sandbox.requests().length > 3);
    started.child.kill('SIGHUP');
    expect((await started.ended).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(30);
  });

  it.skipIf(!hasScript)('drains on a terminal: 129, and resume goes on', async () => {
    const { sandbox } = await api({ latencyMs: 20 });
    const cwd = workDirectory();
    const command = [
      process.execPath,
      CLI,
      'apply',
      writeInput(cwd, ROWS),
      '--rate',
      '50',
      '--yes',
      ...at(sandbox.url),
    ].join(' ');
    const ended = pasteInShell(cwd, `script -qec '${command}' /dev/null`);
    await until(() => sandbox.requests().length > 3);
    process.kill(pidOf(cwd), 'SIGHUP');
    expect((await ended).exit).toBe(129);
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ state: 'interrupted', exit_code: 129, sum_ok: true });
    expect(summary.counts.unprocessed).toBeGreaterThan(0);
    expect((await paste(cwd, summary.next_command as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(ROWS);
    expect(blindRepeats(sandbox)).toEqual([]);
  });

  it.skipIf(!hasScript)('of a terminal that is gone, as when a connection breaks, loses nothing', async () => {
    const { sandbox } = await api({ latencyMs: 20 });
    const cwd = workDirectory();
    const command = [
      process.execPath,
      CLI,
      'apply',
      writeInput(cwd, ROWS),
      '--rate',
      '50',
      '--yes',
      ...at(sandbox.url),
    ].join(' ');
    // The shell tells the terminal's process id, and waits for it.
    const ended = pasteInShell(cwd, `script -qec '${command}' /dev/null & echo $! > terminal.pid; wait $!`);
    await until(() => sandbox.requests().length > 3);
    process.kill(Number(readFileSync(join(cwd, 'terminal.pid'), 'utf8')), 'SIGKILL');
    await ended;
    await until(() => existsSync(join(cwd, lastRun(cwd), 'summary.json')));
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ state: 'interrupted', exit_code: 129, sum_ok: true, counts: { unverified: 0 } });
    const resumed = await run(cwd, ['resume', '--wait-for-lock', '5s'], { key: KEY });
    expect(resumed.exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(ROWS);
    expect(blindRepeats(sandbox)).toEqual([]);
  });
});
