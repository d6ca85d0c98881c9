import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { rowsBefore, stepsOf, wavePlace } from '../../support/program/waves.ts';
import {
  lastRun,
  numberId,
  PROFILE,
  runDirs,
  summaryOf,
  THIRD,
  table,
  writeLines,
} from '../../support/program/workspace.ts';

const WHOLE_WAVE = ['started', 'sent', 'kept', 'soaked', 'passed'];
const LAST_WAVE = ['started', 'sent', 'kept'];
const steps = (...waves: string[][]) => waves.flatMap((names, at) => names.map((name) => `${at + 1} ${name}`));

describe('a run in waves', () => {
  it('sends them one after another, and its results are in the order of the input', async () => {
    const { sandbox, cwd, apply } = await wavePlace(20);
    const { exit, stderr } = await apply('--waves', '2,25%');
    expect(exit).toBe(0);
    expect(stderr).toContain('In 3 waves of 2 + 5 + 13 rows; after each its rows are read back');
    expect(stderr).toContain('Wave 1 of 3: 2 rows to send\nWave 1 of 3: read back, 2 of 2 numbers at the target\n');
    expect(stepsOf(cwd)).toEqual(steps(WHOLE_WAVE, WHOLE_WAVE, LAST_WAVE));
    expect(rowsBefore(cwd, '1 sent')).toEqual([1, 2]);
    expect(rowsBefore(cwd, '2 sent')).toHaveLength(7);
    expect(writesTo(sandbox)).toHaveLength(20);
    expect(table(cwd, 'results.csv').map(({ row }) => Number(row))).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
    expect(summaryOf(cwd)).toMatchObject({
      state: 'finished',
      counts: { updated: 20 },
      sum_ok: true,
      next_command: null,
    });
  });

  it('tries every kind of change and every target in the first', async () => {
    const { cwd, flags } = await wavePlace(40);
    const rows = Array.from({ length: 40 }, (_, at) => {
      const kind = at < 30 ? [PROFILE, ''] : at < 35 ? ['', 'P2P'] : at < 39 ? [THIRD, 'P2P'] : ['UNASSIGN', ''];
      return [numberId(at + 1), ...kind].join();
    });
    const input = writeLines(cwd, ['phone_number_id,messaging_profile_id,messaging_product', ...rows], 'kinds.csv');
    const ended = await run(cwd, ['apply', input, '--waves', '4', '--allow-unassign', ...flags]);
    expect(ended.exit).toBe(0);
    expect(ended.stderr).toContain('the first wave has rows of all 4 kinds of change');
    expect(rowsBefore(cwd, '1 sent').sort((a, b) => a - b)).toEqual([1, 31, 36, 40]);
    expect(table(cwd, 'results.csv').map(({ row }) => Number(row))).toEqual(rows.map((_, at) => at + 1));
  });

  it('is planned, shown and saved; the saved plan is applied in its waves', async () => {
    const { cwd, input, flags } = await wavePlace(6);
    const planned = await run(cwd, [
      'plan',
      input,
      '--waves',
      '2',
      '--gate',
      'true',
      ...flags.filter((f) => f !== '--yes'),
    ]);
    expect(planned.stdout).toContain('In 2 waves of 2 + 4 rows; after each its rows are read back');
    expect(planned.stdout).toContain('before the next wave: ask true (--gate, at most 5m)');
    const shown = await paste(cwd, `${summaryOf(cwd).next_command} --dry-run`);
    expect(shown.stdout).toContain('In 2 waves of 2 + 4 rows');
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(stepsOf(cwd)).toEqual(steps(WHOLE_WAVE, LAST_WAVE));
  });

  it('counts the rows of --stop-after over its waves, and a resume goes on with the step that comes next', async () => {
    const { cwd, apply } = await wavePlace(12);
    expect((await apply('--waves', '2,3', '--stop-after', '4')).exit).toBe(10);
    expect(summaryOf(cwd)).toMatchObject({ counts: { updated: 4, unprocessed: 8 } });
    const next = await paste(cwd, summaryOf(cwd).next_command as string);
    expect(next.exit).toBe(0);
    expect(next.stderr).toContain('Wave 2 of 3: 1 row to send');
    const again = steps(WHOLE_WAVE, ['started', 'sent', 'kept', 'soaked', 'passed'], LAST_WAVE);
    expect(stepsOf(cwd)).toEqual(again);
  });

  it('that is to stop after a wave reads it back, and leaves the gate to the resume', async () => {
    const { cwd, apply } = await wavePlace(6);
    expect((await apply('--waves', '2', '--stop-after', '2', '--gate', 'touch asked')).exit).toBe(10);
    expect(stepsOf(cwd)).toEqual(['1 started', '1 sent', '1 kept']);
    expect(existsSync(join(cwd, 'asked'))).toBe(false);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(existsSync(join(cwd, 'asked'))).toBe(true);
  });

  it('needs no other flag, but those that need it are refused without', async () => {
    const { cwd, apply } = await wavePlace(3);
    const { exit, stderr } = await apply('--soak', '1s');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('--soak needs --waves: there are no waves')]);
    expect((await apply('--waves', '2,x')).exit).toBe(2);
    expect(runDirs(cwd)).toEqual([]);
  });

  it('keeps its waves: resume takes no others, neither as a flag nor from a variable', async () => {
    const { cwd, apply } = await wavePlace(8);
    await apply('--waves', '2,2', '--stop-after', '2');
    const dir = lastRun(cwd);
    expect((await run(cwd, ['resume', dir, '--waves', '4'])).exit).toBe(2);
    const { exit } = await run(cwd, ['resume', dir], { env: { TELNYX_REASSIGN_WAVES: '7' } });
    expect(exit).toBe(0);
    expect(rowsBefore(cwd, '2 sent')).toHaveLength(4);
  });

  it('holds a profile over its waves, and sends its rows after a resume', async () => {
    const unknown = '00000000-0000-4000-8000-00000000dead';
    const { sandbox, cwd, flags } = await wavePlace(60);
    const rows = Array.from({ length: 60 }, (_, at) => `${numberId(at + 1)},${at < 40 ? unknown : PROFILE}`);
    const input = writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows], 'held.csv');
    const offline = ['--offline', '--concurrency', '1', '--max-failures', '100', '--max-same-error', '100'];
    const ended = await run(cwd, ['apply', input, '--waves', '30,20', ...offline, ...flags]);
    expect(ended.exit).toBe(4);
    const { counts } = summaryOf(cwd);
    expect(counts.updated).toBe(20);
    expect(counts.held).toBeGreaterThan(0);
    expect(counts.failed + counts.held).toBe(40);
    expect(writesTo(sandbox).length).toBe(20 + counts.failed);
  });
});
