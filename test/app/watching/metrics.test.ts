import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/app/watching/metrics.ts';
import { emptyTally } from '../../../src/core/results/tally.ts';
import { valueIn } from '../../../src/io/watching/metrics-text.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';
import { makeStatus, makeSummary } from '../../support/make.ts';
import { tempDir } from '../../support/temp.ts';

const AT = Date.UTC(2026, 10, 23, 2) / 1000;

function place(text: string | null = null) {
  const dir = tempDir();
  const path = join(dir, 'run.prom');
  if (text !== null) writeFileSync(path, text);
  const clock = virtualClock();
  const metrics = createMetrics(path, clock);
  const read = () => readFileSync(path, 'utf8');
  const metric = (called: string, name = 'numbers') => valueIn(read(), called, name);
  const wait = (ms: number) => clock.until(clock.sleep(ms).done);
  return { dir, path, read, metric, wait, ...metrics };
}

const end = (exit: number, changes: Parameters<typeof makeSummary>[0] = {}) => ({
  exit,
  summary: makeSummary({ exit_code: exit, ...changes }),
  error: null,
});

describe('the metrics file', () => {
  it('is written at the first status, then every 15 seconds, and at the end', async () => {
    const { onStatus, end: endMetrics, metric, wait } = place();
    onStatus(makeStatus());
    await wait(1);
    expect(metric('rows{', 'x')).toBeNull();
    expect(metric('rate_per_second')).toBe(49.5);
    onStatus(makeStatus({ rate: { now: 7, allowed: 50, set: '50' } }));
    await wait(14_998);
    expect(metric('rate_per_second')).toBe(49.5);
    await wait(1);
    onStatus(makeStatus({ rate: { now: 7, allowed: 50, set: '50' } }));
    await wait(1);
    expect(metric('rate_per_second')).toBe(7);
    expect(await endMetrics('numbers', end(0))).toBeNull();
    expect(metric('rate_per_second')).toBe(4.99);
  });

  it('has the metrics and labels of the documents', async () => {
    const { end: endMetrics, read } = place();
    const requests = {
      ...makeSummary().requests,
      rate_limited: 4,
      answers: { write: { ok: 3 }, read: { no_answer: 1 } },
    };
    const counts = { ...emptyTally().counts, updated: 3, failed: 1 };
    const rate = { ...makeSummary().rate, paused_ms: 1500 };
    await endMetrics('numbers', end(4, { requests, counts, rate }));
    const lines = read()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !/status="(?!updated|failed)/.test(line));
    expect(lines).toEqual([
      'telnyx_reassign_rows{name="numbers",status="updated"} 3',
      'telnyx_reassign_rows{name="numbers",status="failed"} 1',
      'telnyx_reassign_requests_total{name="numbers",kind="write",result="ok"} 3',
      'telnyx_reassign_requests_total{name="numbers",kind="read",result="no_answer"} 1',
      'telnyx_reassign_rate_limited_total{name="numbers"} 4',
      'telnyx_reassign_paused_seconds_total{name="numbers"} 1.5',
      'telnyx_reassign_rate_per_second{name="numbers"} 4.99',
      'telnyx_reassign_duration_seconds{name="numbers"} 2.5',
      'telnyx_reassign_exit_code{name="numbers"} 4',
      `telnyx_reassign_last_run_timestamp_seconds{name="numbers"} ${AT}`,
    ]);
  });

  it('keeps the last success of the same run name, and the exit code until there is a new one', async () => {
    const before = [
      '# HELP telnyx_reassign_exit_code x',
      'telnyx_reassign_last_success_timestamp_seconds{name="numbers"} 1700000000',
      'telnyx_reassign_last_success_timestamp_seconds{name="other"} 1',
      'telnyx_reassign_exit_code{name="numbers"} 6',
    ];
    const { onStatus, end: endMetrics, metric, wait } = place(`${before.join('\n')}\n`);
    onStatus(makeStatus());
    await wait(1);
    expect([metric('last_success_timestamp_seconds'), metric('exit_code')]).toEqual([1_700_000_000, 6]);
    await endMetrics('numbers', end(5));
    expect([metric('last_success_timestamp_seconds'), metric('exit_code')]).toEqual([1_700_000_000, 5]);
    const next = place(`${before.join('\n')}\n`);
    await next.end('numbers', end(0));
    expect(next.metric('last_success_timestamp_seconds')).toBe(AT);
    expect(next.metric('last_success_timestamp_seconds', 'other')).toBeNull();
  });

  it('says how a command ended that has no summary', async () => {
    const { end: endMetrics, metric, read } = place(' \n');
    await endMetrics('numbers', { exit: 9, summary: null, error: { code: 'locked', message: 'x', next: null } });
    expect(metric('exit_code')).toBe(9);
    expect(read()).not.toContain('telnyx_reassign_rows');
  });

  it('counts the time in which nothing may be sent', async () => {
    const { onStatus, end: endMetrics, metric, wait } = place();
    const waits = { what: 'server', why: '429', until: 'x' } as const;
    for (const slowed_by of [{ what: 'outage', why: '' } as const, waits, { what: 'server', why: '' } as const]) {
      onStatus(makeStatus({ slowed_by }));
      await wait(1000);
    }
    onStatus(makeStatus({ paused: { by: 'alice', since: '' } }));
    await endMetrics('numbers', end(0));
    expect(metric('paused_seconds_total')).toBe(2);
  });

  it('goes on from the pauses of earlier sessions, which would look new at the end', async () => {
    const { onStatus, end: endMetrics, metric, wait } = place();
    onStatus(makeStatus({ paused_ms: 60_000, paused: { by: 'alice', since: '' } }));
    await wait(15_000);
    expect(metric('paused_seconds_total')).toBe(60);
    onStatus(makeStatus({ paused_ms: 60_000, paused: { by: 'alice', since: '' } }));
    await wait(1);
    expect(metric('paused_seconds_total')).toBe(75);
    await endMetrics('numbers', end(0, { rate: { ...makeSummary().rate, paused_ms: 74_900 } }));
    expect(metric('paused_seconds_total')).toBe(75);
  });

  it('keeps the name of the job, and its last success, if a command ends before it knows the name', async () => {
    const earlier = place();
    await earlier.end('nightly', end(0));
    const { end: endMetrics, metric } = place(earlier.read());
    await endMetrics('', { exit: 2, summary: null, error: null });
    expect(metric('exit_code', 'nightly')).toBe(2);
    expect(metric('last_success_timestamp_seconds', 'nightly')).toBe(AT);
  });

  it('can be read by other users, is replaced as a whole, and keeps the mode that it has', async () => {
    const { dir, path, end: endMetrics } = place();
    const before = process.umask(0o077);
    try {
      await endMetrics('numbers', end(0));
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(dir)).toEqual(['run.prom']);
    chmodSync(path, 0o640);
    const again = createMetrics(path, virtualClock());
    await again.end('numbers', end(0));
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('never replaces a file that holds something else', async () => {
    const { path, end: endMetrics, onStatus, read } = place('phone_number_id\n1\n');
    onStatus(makeStatus());
    expect(await endMetrics('numbers', end(0))).toBe(
      `no metrics were written: ${path} holds something else than the metrics of a run`,
    );
    expect(read()).toBe('phone_number_id\n1\n');
    const device = createMetrics('/dev/null', virtualClock());
    expect(await device.end('numbers', end(0))).toMatch(/^no metrics were written: /);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('that cannot be written is a warning', async () => {
    const { path, end: endMetrics } = place();
    // Made later: what was there from the start is left alone.
    mkdirSync(path);
    expect(await endMetrics('numbers', end(0))).toMatch(/^Could not write --metrics-file .*run\.prom: /);
  });
});
