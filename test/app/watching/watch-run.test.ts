import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { watchRun } from '../../../src/app/watching/watch-run.ts';
import type { RunStatus } from '../../../src/core/results/run-status.ts';
import { createRunCounts } from '../../../src/core/status/run-counts.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { makeRun } from '../../support/app/run-directories.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';
import { makeOutcome, resolveLayers } from '../../support/make.ts';
import { makePace } from '../../support/status.ts';
import { tempDir } from '../../support/temp.ts';

/** A watched run of three rows, on a clock that passes by `wait`. */
function watched() {
  const run = makeRun(tempDir(), 1, { state: 'running' });
  const clock = virtualClock();
  const context = contextOf();
  const counts = createRunCounts(3, 3);
  const seen: RunStatus[] = [];
  context.listeners.push((status) => seen.push(status));
  const watch = watchRun({ run, counts }, { ...resolveLayers({ rate: '10' }), context }, clock);
  const path = runFiles(run.dir).status;
  const wait = (ms: number) => clock.until(clock.sleep(ms).done);
  const read = () => JSON.parse(readFileSync(path, 'utf8')) as RunStatus;
  return { context, clock, watch, path, wait, read, seen };
}

/** Ends a row. */
const outcome = (row: number) => ({ type: 'outcome' as const, ...makeOutcome({ row }) });

describe('a watched run', () => {
  it('is looked at once a second, and written if something has changed or after 10 s', async () => {
    const { watch, wait, read, seen } = watched();
    expect(read()).toMatchObject({ phase: 'waiting', at: '2026-11-23T02:00:00.000Z', rows: { done: 0 } });
    await wait(5500);
    expect(read().at).toBe('2026-11-23T02:00:00.000Z');
    watch.onEntry(outcome(1));
    await wait(1000);
    expect(read()).toMatchObject({ at: '2026-11-23T02:00:06.000Z', rows: { done: 1 } });
    await wait(10_000);
    expect(read().at).toBe('2026-11-23T02:00:16.000Z');
    expect(seen.length).toBe(17);
    watch.end();
    await wait(5000);
    expect(seen.length).toBe(17);
  });

  it('is written at most once a second, however often its phase changes, and a gate waits for that', async () => {
    const { watch, clock, wait, read, path } = watched();
    const first = statSync(path).ino;
    for (const phase of ['checking', 'soaking', 'checking'] as const) watch.phase(phase);
    expect(statSync(path).ino).toBe(first);
    await wait(1000);
    expect(read().phase).toBe('checking');
    const before = statSync(path).ino;
    watch.phase('gate');
    expect(statSync(path).ino).toBe(before);
    await clock.until(watch.save());
    expect(read()).toMatchObject({ phase: 'gate', at: '2026-11-23T02:00:01.950Z' });
    watch.end();
  });

  it('is saved for a gate although a timer may be early', async () => {
    const { watch, clock, read } = watched();
    watch.phase('gate');
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (ms) => sleep(ms - 0.7);
    await clock.until(watch.save());
    expect(read().phase).toBe('gate');
    watch.end();
  });

  it('has the pace of the session at work, measured over the last seconds', async () => {
    const { watch, wait, read } = watched();
    let total = 0;
    const detach = watch.attach(() => makePace({ requests: { ...makePace().requests, total }, set: 10, allowed: 10 }));
    for (let second = 0; second < 4; second++) {
      total += 8;
      await wait(1000);
    }
    expect(read()).toMatchObject({ phase: 'sending', rate: { allowed: 10, set: '10' } });
    expect(read().rate.now).toBeCloseTo(8, 0);
    watch.onEntry({ type: 'steered', at: '', by: 'alice', command: 'pause', from: 'sending', to: 'paused' });
    await wait(1000);
    expect(read()).toMatchObject({ paused: { by: 'alice' }, next_command: expect.stringMatching(/ ctl \S+ resume$/) });
    detach();
    await wait(1000);
    expect(read()).toMatchObject({ phase: 'waiting', rate: { now: 0, allowed: null } });
    watch.end();
  });

  it('goes on if status.json cannot be written, warns once, and writes it when it can', async () => {
    const { watch, wait, path, context, read, seen } = watched();
    rmSync(path);
    mkdirSync(path);
    watch.onEntry(outcome(1));
    await wait(1000);
    watch.onEntry(outcome(2));
    await wait(1000);
    expect(context.warnings).toEqual([expect.stringMatching(/^Could not write status\.json: /)]);
    expect(seen.at(-1)?.rows.done).toBe(2);
    rmSync(path, { recursive: true });
    await wait(1000);
    expect(read().rows.done).toBe(2);
    watch.end();
  });

  it('calls a listener until that is ended', async () => {
    const { watch, wait } = watched();
    let calls = 0;
    const end = watch.listen(() => {
      calls += 1;
    });
    await wait(2500);
    end();
    await wait(2500);
    expect(calls).toBe(2);
    watch.end();
  });
});
