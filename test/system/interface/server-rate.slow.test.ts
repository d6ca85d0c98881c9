import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { mostInWindow } from '../../support/engine/most-in-window.ts';
import { run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { PROFILE, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

describe('the rate at the server', () => {
  it('is never above the limit in any second, with retries and faults, from a cold start', async () => {
    const cwd = workDirectory();
    const { sandbox } = await api({ seed: 7 }, ['503-bare=0.1', 'reset=0.05', 'cut=0.05']);
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    const { exit } = await run(cwd, [
      'apply',
      writeInput(cwd, 120),
      ...at(sandbox.url),
      '--rate',
      '50',
      '--retry-base',
      '50ms',
      '--max-attempts',
      '9',
      '--yes',
    ]);
    const arrivals = sandbox.requests().map(({ at_ms }) => at_ms);
    expect(exit).toBe(0);
    expect(arrivals.length).toBeGreaterThan(120);
    // What comes while this process is held up is seen late, and close to what comes next.
    const heldUp = delays.max / 1e6;
    expect(mostInWindow(arrivals, 1000 - heldUp)).toBeLessThanOrEqual(50);
    expect(summaryOf(cwd).rate.max_in_1s).toBeLessThanOrEqual(50);
  });

  it('follows a server that allows less: everything arrives, and no row fails for it', async () => {
    const cwd = workDirectory();
    const { sandbox } = await api({ rateLimit: 15 });
    const { exit } = await run(cwd, [
      'apply',
      writeInput(cwd, 40),
      ...at(sandbox.url),
      '--rate',
      '200',
      '--max-attempts',
      '1',
      '--yes',
    ]);
    const moved = sandbox.snapshot().numbers.slice(0, 40);
    expect(exit).toBe(0);
    expect(moved.every((number) => number.messaging_profile_id === PROFILE)).toBe(true);
    const { requests, rate } = summaryOf(cwd);
    expect(rate.server_limit?.requests).toBe(15);
    // It slows down before places run out; a machine that stalls may push a few together.
    expect(requests.rate_limited).toBeLessThanOrEqual(2);
    expect(rate.max_in_1s).toBeLessThan(30);
  });

  it('is found out when none is set: from 5 a second up, and a share of the limit stays free', async () => {
    const cwd = workDirectory();
    const { sandbox } = await api({ rateLimit: 40 });
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 60), ...at(sandbox.url), '--yes']);
    expect(exit).toBe(0);
    const { requests, rate } = summaryOf(cwd);
    expect(rate).toMatchObject({ setting: 'auto', server_limit: { requests: 40 } });
    expect(requests.rate_limited).toBe(0);
    expect(rate.max_in_1s).toBeLessThanOrEqual(36);
    expect(rate.used_share).toBeGreaterThan(0.5);
    const began = sandbox.requests().map(({ at_ms: at }) => at);
    expect(began.filter((time) => time < (began[0] as number) + 1000).length).toBeLessThan(12);
    expect(stdout).toContain('(rate auto)');
    expect(stdout).toContain('the server allows 40 in');
  });

  it('is kept over reading and sending together', async () => {
    const cwd = workDirectory();
    const { sandbox } = await api({ numbers: 30 });
    const args = [...at(sandbox.url), '--rate', '20', '--yes'];
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 30), ...args]);
    expect(exit).toBe(0);
    expect(summaryOf(cwd).rate.max_in_1s).toBeLessThanOrEqual(20);
    // At the server a busy machine may bunch what left in time.
    const arrivals = sandbox.requests().map((request) => request.at_ms);
    const most = Math.max(
      ...arrivals.map((from) => arrivals.filter((time) => time >= from && time < from + 800).length),
    );
    expect(most).toBeLessThanOrEqual(20);
  });
});
