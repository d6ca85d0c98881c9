import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blindRepeats, isMoved, profileOf, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { stopped } from '../../support/program/start.ts';
import { hasStep, linesOf, rowsBefore, stepsOf, wavePlace } from '../../support/program/waves.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  runDirs,
  summaryOf,
  until,
} from '../../support/program/workspace.ts';

const ROWS = 30;
/** Slow enough to be killed in the middle. */
const SLOW = { latencyMs: 150 };
/** Asks until a file lets it pass, and says that it was asked. */
const GATE = 'echo asked >> asked; while ! test -e open; do sleep 0.05; done';

const intents = (cwd: string) =>
  runDirs(cwd).length === 0 ? 0 : linesOf(cwd).filter(({ type }) => type === 'intent').length;

type Moment = { name: string; isTime: (cwd: string) => boolean; before?: (cwd: string) => void };
const open = (cwd: string) => writeFileSync(join(cwd, 'open'), '');

const MOMENTS: Moment[] = [
  { name: 'it sends the first wave', isTime: (cwd) => intents(cwd) >= 2 && !hasStep(cwd, '1 sent') },
  { name: 'it reads the first wave back', isTime: (cwd) => hasStep(cwd, '1 sent') && !hasStep(cwd, '1 kept') },
  { name: 'it soaks', isTime: (cwd) => hasStep(cwd, '1 kept') },
  { name: 'it asks the gate', isTime: (cwd) => existsSync(join(cwd, 'asked')) },
  { name: 'it sends the second wave', isTime: (cwd) => hasStep(cwd, '2 started') && intents(cwd) > 12, before: open },
  { name: 'it reads the last wave back', isTime: (cwd) => hasStep(cwd, '2 sent'), before: open },
];

describe('a run in waves that is killed', () => {
  it.each(MOMENTS)('while $name goes on there', async ({ isTime, before }) => {
    const { sandbox, cwd, input, flags } = await wavePlace(ROWS, [], SLOW);
    before?.(cwd);
    const waves = ['--waves', '10', '--soak', '2s', '--gate', GATE];
    const paced = [...flags, '--concurrency', '2'];
    const { signal } = await stopped(cwd, ['apply', input, ...paced, ...waves], 'SIGKILL', () => isTime(cwd));
    expect(signal).toBe('SIGKILL');
    const killedAt = stepsOf(cwd);
    const rewritten = await run(cwd, ['results', lastRun(cwd)]);
    expect(rewritten.exit).toBe(0);
    expect(summaryOf(cwd)).toMatchObject({ state: 'interrupted', resumable: true });
    open(cwd);
    const { exit } = await paste(cwd, summaryOf(cwd).next_command as string);
    expect(exit).toBe(0);
    expect(isMoved(sandbox, ROWS)).toBe(true);
    expect(blindRepeats(sandbox)).toEqual([]);
    expect(writesTo(sandbox).length).toBeLessThanOrEqual(ROWS + 2);
    expect(new Set(rowsBefore(cwd, '1 sent')).size).toBe(10);
    expect(stepsOf(cwd).slice(0, killedAt.length)).toEqual(killedAt);
    expect(new Set(stepsOf(cwd))).toEqual(
      new Set(['1 started', '1 sent', '1 kept', '1 soaked', '1 passed', '2 started', '2 sent', '2 kept']),
    );
    expect(summaryOf(cwd)).toMatchObject({ state: 'finished', counts: { updated: ROWS }, sum_ok: true });
  });

  it('before it can say that a wave is not kept says so when it is resumed', async () => {
    const { cwd, apply } = await wavePlace(6, [`not-kept@${numberId(4)}`]);
    expect((await apply('--waves', '5')).exit).toBe(6);
    // As a kill leaves it while the results are written.
    const path = join(cwd, lastRun(cwd), 'run.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...manifest, state: 'running', stop: null, exit_code: null }));
    const again = await run(cwd, ['resume', lastRun(cwd)]);
    expect(again.exit).toBe(6);
    expect(again.stdout).toContain('rows of wave 1 of 2 were not at their targets, and the program was ended');
    expect((await run(cwd, ['resume', lastRun(cwd)])).exit).toBe(4);
    expect(stepsOf(cwd).slice(2)).toEqual([
      ...['1 not_kept', '1 sent', '1 kept', '1 soaked', '1 passed', '2 started', '2 sent', '2 kept'],
    ]);
  });

  it('while it plans its undo names undo as the next command', async () => {
    const { sandbox, cwd, input, flags } = await wavePlace(ROWS, [], SLOW);
    const args = ['apply', input, ...flags, '--waves', '10', '--gate', 'exit 1', '--undo-on-failure'];
    await stopped(cwd, args, 'SIGKILL', () => runDirs(cwd).length === 2);
    const [first] = runDirs(cwd) as [string];
    expect(manifestOf(cwd, first)).toMatchObject({ state: 'paused', exit_code: 6 });
    expect((await paste(cwd, summaryOf(cwd, first).next_command as string)).exit).toBe(0);
    for (let n = 1; n <= ROWS; n++) expect(profileOf(sandbox, n)).toBe(OTHER);
  });

  it('while it undoes what it has changed leaves an undo that can be resumed', async () => {
    const { sandbox, cwd, input, flags } = await wavePlace(ROWS, [], SLOW);
    const slow = ['--concurrency', '2'];
    const args = ['apply', input, ...flags, ...slow, '--waves', '10', '--gate', 'exit 1', '--undo-on-failure'];
    await stopped(cwd, args, 'SIGKILL', () => runDirs(cwd).length === 2 && intents(cwd) >= 3);
    const [first] = runDirs(cwd) as [string];
    const { exit, stderr } = await run(cwd, ['resume', first]);
    expect(exit).toBe(8);
    const next = commandIn(stderr, 'resume');
    const status = JSON.parse((await run(cwd, ['status', first, '--json'])).stdout);
    expect(status).toMatchObject({ state: 'superseded', next_command: next });
    expect((await paste(cwd, next)).exit).toBe(0);
    // Each of the ten rows was written, and written back; a write that was in flight at the kill may come twice.
    expect(writesTo(sandbox).length).toBeLessThanOrEqual(22);
    for (let n = 1; n <= ROWS; n++) expect(profileOf(sandbox, n)).toBe(OTHER);
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['in a soak', (cwd: string) => hasStep(cwd, '1 kept')],
    ['in a gate, which is ended', (cwd: string) => existsSync(join(cwd, 'asked'))],
  ])('%s ends the run with 130, and resume goes on', async (_when, isTime) => {
    const { sandbox, cwd, input, flags } = await wavePlace(6);
    const gate = 'echo asked >> asked; test -e open || { sleep 30; echo too late > late; }';
    const args = ['apply', input, ...flags, '--waves', '2', '--soak', '1s', '--gate', gate];
    const { exit } = await stopped(cwd, args, 'SIGINT', () => isTime(cwd));
    expect(exit).toBe(130);
    expect(summaryOf(cwd)).toMatchObject({ state: 'interrupted', counts: { updated: 2, unprocessed: 4 } });
    expect(writesTo(sandbox)).toHaveLength(2);
    expect(existsSync(join(cwd, 'late'))).toBe(false);
    open(cwd);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(isMoved(sandbox, 6)).toBe(true);
  });
});

describe('the end of the window', () => {
  it('in a soak pauses the run, and resume waits only the rest of it', async () => {
    const { cwd, apply } = await wavePlace(6);
    const { exit } = await apply('--waves', '2', '--soak', '3s', '--finish-by', '+1s');
    expect(exit).toBe(10);
    expect(stepsOf(cwd)).toEqual(['1 started', '1 sent', '1 kept']);
    await until(() => Date.now() - Date.parse(summaryOf(cwd).finished_at) > 2200);
    const { exit: resumed, stderr } = await paste(cwd, summaryOf(cwd).next_command as string);
    expect(resumed).toBe(0);
    expect(stderr).toMatch(/Wave 1 of 2: waiting [0-9]+ms/);
  });
});
