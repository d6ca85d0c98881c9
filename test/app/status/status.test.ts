import { hostname } from 'node:os';
import type { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/app/run/open.ts';
import { newestRun, showStatus } from '../../../src/app/status/status.ts';
import type { RunStatus } from '../../../src/core/results/run-status.ts';
import { resolveSettings } from '../../../src/core/settings/resolve.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';
import { runFiles, writeJson } from '../../../src/io/run/directory.ts';
import { takeLock } from '../../../src/io/run/lock.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { makeRun } from '../../support/app/run-directories.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';
import { makeStatus } from '../../support/status.ts';
import { tempDir } from '../../support/temp.ts';

const HOLDER = { pid: 77, host: hostname(), since: '', what: 'apply' };
const OF_HOLDER = { pid: 77, host: hostname() };

/** A run at work in another process, which writes its status. */
async function atWork() {
  const run = makeRun(tempDir(), 1, { state: 'running', exit_code: null, finished_at: null });
  const lock = await takeLock(runFiles(run.dir).lock, HOLDER);
  const write = (changes: Partial<RunStatus>) =>
    writeJson(runFiles(run.dir).status, makeStatus({ run_id: run.manifest.run_id, ...OF_HOLDER, ...changes }));
  write({});
  return { run, write, end: () => lock?.release() };
}

/** Shows a run on a clock of its own. `steps`: what happens at which second. */
async function shown(
  run: Run,
  flags: RawSettings,
  steps: Record<number, () => void> = {},
  terminal?: { columns?: number; rows?: number },
) {
  const context = contextOf({ NO_COLOR: '1' });
  const out = context.stdout as unknown as PassThrough;
  if (terminal !== undefined) Object.assign(out, { isTTY: true });
  // Its size may change while it is drawn.
  for (const name of ['columns', 'rows'] as const) Object.defineProperty(out, name, { get: () => terminal?.[name] });
  const clock = virtualClock();
  for (const [second, step] of Object.entries(steps)) clock.at(Number(second) * 1000 - 1, step);
  const resolved = resolveSettings([{ source: 'flag', raw: flags }], 'status');
  if ('errors' in resolved) throw new Error(resolved.errors.join());
  const exit = await clock.until(showStatus(run, { ...resolved, context }, clock));
  return { exit, text: String(out.read() ?? ''), context };
}

describe('status', () => {
  it('shows what the process at work has written', async () => {
    const { run, end } = await atWork();
    const { exit, text } = await shown(run, {});
    expect(exit).toBe(0);
    expect(text).toMatch(/apply sending\n.* 50 % {2}6,000 of 12,000 rows/);
    expect(text).toMatch(/Steer: telnyx-reassign ctl \S+ pause\nFollow: telnyx-reassign status \S+ --follow\n$/);
    end();
  });

  it('names the queue in its commands, of a run that is handed over, if this call did not', async () => {
    const queue = { name: 'redis://10.0.0.5:6379', handover: 'x', account: 'a' } as unknown as Run['manifest']['queue'];
    const run = makeRun(tempDir(), 1, { state: 'running', exit_code: null, finished_at: null, queue });
    const { text } = await shown(run, {});
    const commands = text.split('\n').filter((line) => /^(Steer|Follow): /.test(line));
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.filter((line) => !line.includes(' --queue redis://10.0.0.5:6379'))).toEqual([]);
  });

  it('shows a killed run as interrupted, whatever its last status says', async () => {
    const { run, end } = await atWork();
    end();
    const { text } = await shown(run, {});
    expect(text).toMatch(/apply interrupted\n/);
    expect(text).toMatch(/Next: telnyx-reassign resume \S+\n$/);
  });

  it('does not take the status of an earlier process for that of the one at work', async () => {
    const { run, write, end } = await atWork();
    write({ pid: 76 });
    const { text } = await shown(run, {});
    expect(text).toMatch(/apply waiting to send\n/);
    // It takes no commands before it sends.
    expect(text).not.toMatch(/^Steer:/m);
    end();
  });

  it.each(['', 'not JSON', '[]', '{"version":1}'])('is not confused by a status.json of %j', async (content) => {
    const { run, end } = await atWork();
    writeJson(runFiles(run.dir).status, content);
    expect((await shown(run, {})).text).toMatch(/apply waiting to send\n/);
    end();
  });

  it('escapes what names and errors would do to a terminal, in colours or not', async () => {
    const { run, write, end } = await atWork();
    write({
      paused: { by: 'a\u001b[2Jb\nc', since: '' },
      held_profiles: [{ id: 'p', name: '\u009b1m', by: null, why: '\r' }],
    });
    const { text } = await shown(run, {});
    expect(text).toContain('a\\x1b[2Jb\\x0ac');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    end();
  });

  it('prints a status that parses with --json', async () => {
    const { run, end } = await atWork();
    const { text } = await shown(run, { json: 'true' });
    expect(JSON.parse(text)).toMatchObject({ version: 1, phase: 'sending', rows: { done: 6000 } });
    end();
  });

  it('follows with a line each 10 s where there is no terminal, and ends with the run', async () => {
    const { run, write, end } = await atWork();
    const rows = (done: number) => ({ rows: { ...makeStatus().rows, done } });
    const { exit, text } = await shown(run, { follow: 'true' }, { 5: () => write(rows(6100)), 25: end });
    expect(exit).toBe(0);
    const lines = text.split('\n').filter((line) => line.includes('sending'));
    expect(lines.map((line) => / sending, (\S+) of/.exec(line)?.[1])).toEqual(['6,000', '6,100', '6,100']);
    expect(text).toMatch(/apply interrupted\n[\s\S]*Next: .* resume /);
  });

  it('follows with --json by a line for each change', async () => {
    const { run, write, end } = await atWork();
    const changed = () => write({ phase: 'soaking' });
    const { text } = await shown(run, { follow: 'true', json: 'true' }, { 5: changed, 15: end });
    const phases = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as RunStatus).phase);
    expect(phases).toEqual(['sending', 'soaking', 'ended']);
  });

  it('draws over what it has drawn on a terminal', async () => {
    const { run, end } = await atWork();
    const { text } = await shown(run, { follow: 'true' }, { 2: end }, { columns: 80 });
    const [first = '', ...later] = text.split('\u001b[0J');
    // A line that is longer than the terminal takes two rows.
    const drawn = first.split('\u001b')[0]?.trimEnd().split('\n') ?? [];
    const rows = drawn.reduce((sum, line) => sum + Math.ceil(line.length / 80), 0);
    expect(later.length).toBe(2);
    expect(first).toContain(`\u001b[${rows}A`);
    expect(later.at(-1)).toMatch(/apply interrupted\n/);
  });

  it('draws no more than a small terminal has room for, until the run has ended', async () => {
    const { run, end } = await atWork();
    const { text } = await shown(run, { follow: 'true' }, { 2: end }, { columns: 40, rows: 8 });
    const [first = '', , last = ''] = text.split('\u001b[0J');
    expect(Number(/\[(\d+)A/.exec(first)?.[1])).toBeLessThanOrEqual(6);
    expect(first).not.toContain('Steer:');
    expect(last).toMatch(/Next: .* resume /);
  });

  it('measures what it has drawn by the width that the terminal has now', async () => {
    const { run, end } = await atWork();
    const size = { columns: 40, rows: 50 };
    const wide = () => Object.assign(size, { columns: 200 });
    const { text } = await shown(run, { follow: 'true' }, { 2: wide, 4: end }, size);
    const moves = [...text.matchAll(/\p{Cc}\[(\d+)A/gu)].map(([, rows]) => Number(rows));
    const lines = text.split('\u001b')[0]?.trimEnd().split('\n').length;
    expect(moves[0]).toBeGreaterThan(lines as number);
    expect(moves.at(-1)).toBe(lines);
  });

  it('ends when no one reads it any more', async () => {
    const { run, end } = await atWork();
    let seconds = 0;
    const context = contextOf();
    context.stdout.on('error', () => undefined);
    const clock = virtualClock();
    clock.at(2500, () => context.stdout.destroy(new Error('EPIPE')));
    for (let at = 1; at < 9; at++)
      clock.at(at * 1000, () => {
        seconds = at;
      });
    const resolved = resolveSettings([{ source: 'flag', raw: { follow: 'true' } }], 'status');
    if ('errors' in resolved) throw new Error('flags');
    expect(await clock.until(showStatus(run, { ...resolved, context }, clock))).toBe(0);
    expect(seconds).toBe(3);
    end();
  });

  it('ends at once with 0 at a signal', async () => {
    const { run, end } = await atWork();
    const context = contextOf();
    const clock = virtualClock();
    clock.at(2500, () => context.signals.emit('SIGINT', 'SIGINT'));
    const resolved = resolveSettings([{ source: 'flag', raw: { follow: 'true' } }], 'status');
    if ('errors' in resolved) throw new Error('flags');
    expect(await clock.until(showStatus(run, { ...resolved, context }, clock))).toBe(0);
    expect(clock.now()).toBe(2500);
    end();
  });
});

describe('the newest run', () => {
  it('is the one that was made last, whatever its name', () => {
    const runsDir = tempDir();
    makeRun(runsDir, 9, { created_at: '2026-11-01T00:00:00.000Z' });
    makeRun(runsDir, 1, { created_at: '2026-11-09T00:00:00.000Z' });
    expect(newestRun(runsDir, contextOf()).manifest.created_at).toBe('2026-11-09T00:00:00.000Z');
  });

  it('is an error where there is none', () => {
    expect(() => newestRun(tempDir(), contextOf())).toThrow(/^no runs in /);
  });
});
