import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { afterEveryTest } from '../../support/after-test.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';
import { blindRepeats, isMoved, writesTo } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { start } from '../../support/program/start.ts';
import {
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  summaryOf,
  until,
  workDirectory,
  writeLines,
} from '../../support/program/workspace.ts';
import { startRedis } from '../../support/queue/redis-server.ts';
import { openSandbox } from '../../support/sandbox/open.ts';
import { tempDir } from '../../support/temp.ts';

const ROWS = 200;

/** A run that is handed over. Every other row goes to another profile. */
async function handedOver(rate = '20') {
  const redis = await startRedis(tempDir());
  afterEveryTest(redis.kill);
  const sandbox = await openSandbox({ numbers: ROWS });
  const cwd = workDirectory();
  const rows = Array.from({ length: ROWS }, (_, at) => `${numberId(at + 1)},${at % 2 === 0 ? PROFILE : OTHER}`);
  const input = writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows]);
  const flags = ['--base-url', sandbox.url, '--offline', '--yes', '--rate', rate, '--timeout', '1s'];
  const applied = start(cwd, ['apply', input, ...flags, '--queue', redis.url]);
  const worker = () => start(cwd, ['worker', '--queue', redis.url, '--lease', '3s']);
  const ctl = (...words: string[]) => run(cwd, ['ctl', lastRun(cwd), ...words, '--queue', redis.url]);
  return { redis, sandbox, cwd, applied, worker, ctl, sent: () => writesTo(sandbox).length };
}

const steeredIn = (cwd: string) =>
  readFileSync(join(cwd, lastRun(cwd), 'ledger.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"steered"'))
    .map((line) => JSON.parse(line) as { command: string; to: string });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a run that workers have', () => {
  it('is paused, slowed down and held through the queue, and a worker that takes over keeps that', async () => {
    const { sandbox, cwd, applied, worker, ctl, sent } = await handedOver();
    const first = worker();
    await until(() => sent() > 5);
    const named = await run(cwd, ['ctl', lastRun(cwd), 'pause']);
    expect(named).toMatchObject({ exit: 2, stderr: expect.stringContaining('--queue redis://') });
    expect(await ctl('pause')).toMatchObject({ exit: 0, stdout: 'sending -> paused\n' });
    expect((await ctl('rate', '40')).stdout).toContain('rate: 20 -> 40');
    expect((await ctl('hold', OTHER)).stdout).toContain('sent -> held');
    const before = sent();
    first.child.kill('SIGKILL');
    worker();
    // The lease of the first one has ended, and the second one has the run: the pause goes on.
    await pause(6000);
    expect(sent()).toBeLessThanOrEqual(before + 1);
    expect((await ctl('pause')).stdout).toContain('already paused by');
    expect((await ctl('resume')).stdout).toBe('paused -> sending\n');
    // Not all of those that are not held: the run must still be at work.
    await until(() => sent() >= ROWS / 4);
    expect((await ctl('release', OTHER)).stdout).toContain('held -> sent');
    expect(await applied.ended).toMatchObject({ exit: 0 });
    expect(blindRepeats(sandbox)).toEqual([]);
    expect(isMoved(sandbox, 1)).toBe(true);
    expect(
      mostInWindow(
        sandbox.requests().map(({ at_ms: at }) => at),
        900,
      ),
    ).toBeLessThanOrEqual(40);
    expect(summaryOf(cwd)).toMatchObject({ counts: { updated: ROWS } });
    // Each one once, although the second worker has obeyed those from before again.
    const commands = ['pause', 'rate', 'hold', 'pause', 'resume', 'release'];
    expect(steeredIn(cwd).map(({ command }) => command)).toEqual(commands);
    expect(summaryOf(cwd).steered.length).toBe(6);
    expect(manifestOf(cwd).settings.rate).toBe('40');
  });

  it('obeys later what was asked for while no worker had it, and says so', async () => {
    const { cwd, applied, worker, ctl, sent } = await handedOver();
    await until(() => isHandedOver(cwd));
    expect((await ctl('drain')).stdout).toBe('queued: obeyed when a worker has the run (no worker has the run)\n');
    worker();
    expect(await applied.ended).toMatchObject({ exit: 143 });
    expect(sent()).toBe(0);
    expect(manifestOf(cwd)).toMatchObject({ state: 'interrupted', queue: null, stop: { reason: 'drained' } });
    expect((await ctl('pause')).exit).toBe(8);
  });

  it('keeps its held profiles when it is handed over again', async () => {
    // Slow enough to be still at work when the last command comes.
    const { redis, cwd, applied, worker, ctl, sent } = await handedOver('5');
    worker();
    await until(() => sent() > 5);
    expect((await ctl('hold', OTHER)).exit).toBe(0);
    // Its answer may come after the end of the run.
    expect(await ctl('drain')).toMatchObject({ exit: 0, stderr: '' });
    expect(await applied.ended).toMatchObject({ exit: 143 });
    const resumed = await start(cwd, ['resume', lastRun(cwd), '--queue', redis.url, '--rate', '100']).ended;
    expect(resumed).toMatchObject({ exit: 4, stderr: expect.stringContaining(`Rows to ${OTHER} are held by `) });
    const { counts, steered } = summaryOf(cwd);
    expect(counts).toMatchObject({ updated: expect.any(Number), held: expect.any(Number), unprocessed: 0 });
    expect(counts.held).toBeGreaterThan(ROWS / 4);
    expect(steered.map(({ command }) => command)).toEqual(['hold', 'drain']);
  });
});

function isHandedOver(cwd: string): boolean {
  try {
    return manifestOf(cwd).queue !== null;
  } catch {
    return false;
  }
}
