import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFault } from '../../../src/sandbox/server.ts';
import { isMoved, profileOf, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { hasStep, linesOf, stepsOf, wavePlace } from '../../support/program/waves.ts';
import {
  lastRun,
  numberId,
  PROFILE,
  summaryOf,
  THIRD,
  table,
  until,
  writeLines,
} from '../../support/program/workspace.ts';

const ctl = (cwd: string, ...words: string[]) => run(cwd, ['ctl', lastRun(cwd), ...words]);
const open = (cwd: string) => writeFileSync(join(cwd, 'open'), '');
const GATE = ['--gate', 'touch asked; while ! test -e open; do sleep 0.05; done'];

describe('operators of a run in waves', () => {
  it('hold its next step with a pause, and let it go on', async () => {
    const { sandbox, cwd, apply } = await wavePlace(6);
    const ended = apply('--waves', '2', ...GATE);
    await until(() => existsSync(join(cwd, 'asked')));
    expect((await ctl(cwd, 'pause')).exit).toBe(0);
    open(cwd);
    await until(() => hasStep(cwd, '1 passed'));
    // A later command is obeyed, and no row is sent in the meantime.
    expect((await ctl(cwd, 'concurrency', '5')).exit).toBe(0);
    expect(writesTo(sandbox)).toHaveLength(2);
    expect((await ctl(cwd, 'resume')).exit).toBe(0);
    expect((await ended).exit).toBe(0);
    expect(isMoved(sandbox, 6)).toBe(true);
  });

  it('end its soak with drain: exit 143, and resume goes on', async () => {
    const { cwd, apply } = await wavePlace(4);
    const ended = apply('--waves', '2', '--soak', '5m');
    await until(() => hasStep(cwd, '1 kept'));
    expect((await ctl(cwd, 'drain')).exit).toBe(0);
    expect((await ended).exit).toBe(143);
    expect(stepsOf(cwd)).toEqual(['1 started', '1 sent', '1 kept']);
    const next = `${summaryOf(cwd).next_command} --soak 0`;
    expect((await paste(cwd, next)).exit).toBe(0);
  });

  it('hold a profile in one wave and release it in a later one, which sends its rows', async () => {
    const { sandbox, cwd, flags } = await wavePlace(8);
    const rows = Array.from({ length: 8 }, (_, at) => `${numberId(at + 1)},${at % 2 === 0 ? PROFILE : THIRD}`);
    const input = writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows], 'two.csv');
    const gate = ['--gate', 'touch asked$WAVE; while ! test -e open$WAVE; do sleep 0.05; done'];
    const ended = run(cwd, ['apply', input, ...flags, '--waves', '2,2', ...gate]);
    await until(() => existsSync(join(cwd, 'asked1')));
    expect((await ctl(cwd, 'hold', THIRD)).exit).toBe(0);
    writeFileSync(join(cwd, 'open1'), '');
    await until(() => existsSync(join(cwd, 'asked2')));
    expect(writesTo(sandbox)).toHaveLength(3);
    expect((await ctl(cwd, 'release', THIRD)).exit).toBe(0);
    writeFileSync(join(cwd, 'open2'), '');
    const { exit, stderr } = await ended;
    expect(exit).toBe(0);
    expect(stderr).toContain('Wave 3 of 3: 5 rows to send, 1 of them left from earlier waves\n');
    for (let n = 1; n <= 8; n++) expect(profileOf(sandbox, n)).toBe(n % 2 === 1 ? PROFILE : THIRD);
    expect(writesTo(sandbox)).toHaveLength(8);
  });
});

describe('the guards of a run in waves', () => {
  it('count over its waves', async () => {
    const faults = [1, 5, 6].map((n) => `not-eligible@${numberId(n)}`);
    const { cwd, apply } = await wavePlace(20, faults);
    expect((await apply('--waves', '4', '--max-failures', '2', '--concurrency', '1')).exit).toBe(6);
    expect(summaryOf(cwd).error?.message).toContain('3 of 6 rows sent failed for good');
  });
});

describe('rows that are left', () => {
  it('because they could not be read are read by resume when the waves are done', async () => {
    const { sandbox, cwd, apply } = await wavePlace(4, [`reset-after@${numberId(2)}`], {
      readFaults: [parseFault(`500@${numberId(2)}*3`)],
    });
    const { exit } = await apply('--waves', '2', '--offline', '--max-attempts', '3');
    expect([exit, summaryOf(cwd).counts.unverified]).toEqual([11, 1]);
    expect((await run(cwd, ['resume', lastRun(cwd)])).exit).toBe(0);
    expect(isMoved(sandbox, 4)).toBe(true);
    expect(table(cwd, 'results.csv')[1]).toMatchObject({ status: 'updated', reason: 'confirmed_by_read' });
  });

  it('because they were at their target and drifted go with the last wave, with --force', async () => {
    const { sandbox, cwd, input, flags } = await wavePlace(5);
    sandbox.edit({ id: numberId(1), messaging_profile_id: PROFILE });
    const planning = flags.filter((flag) => flag !== '--yes');
    expect((await run(cwd, ['plan', input, ...planning])).exit).toBe(0);
    sandbox.edit({ id: numberId(1), messaging_profile_id: THIRD });
    const { exit, stderr } = await run(cwd, ['apply', lastRun(cwd), '--yes', '--force', '--waves', '2']);
    expect(exit).toBe(0);
    expect(stderr).toContain('Wave 2 of 2: 3 rows to send');
    expect(isMoved(sandbox, 5)).toBe(true);
    const intents = linesOf(cwd).flatMap((entry) => (entry.type === 'intent' ? [entry.row] : []));
    expect(intents.indexOf(1)).toBeGreaterThanOrEqual(2);
  });
});
