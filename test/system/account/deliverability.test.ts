import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import {
  lastRun,
  numberId,
  runDirs,
  table,
  until,
  workDirectory,
  writeInput,
  writeLines,
} from '../../support/program/workspace.ts';

const HEADER = 'phone_number_id,phone_number,message_count,success_ratio';

/** Gives a number of the account another success ratio. */
function setRatio(sandbox: Sandbox, n: number, success: number): void {
  const health = { message_count: 40, inbound_outbound_ratio: 0.25, success_ratio: success, spam_ratio: 0.01 };
  sandbox.edit({ id: numberId(n), health });
}

/** A run that has moved four numbers, and an export of three of them from before; the fourth had no messages. */
async function moved() {
  const { sandbox, flags } = await readingApi({ numbers: 10 });
  const cwd = workDirectory();
  const input = writeInput(cwd, 5);
  expect((await run(cwd, ['apply', input, ...flags])).exit).toBe(0);
  const rows = [1, 2, 3].map((n) => `${numberId(n)},,100,0.98`);
  const before = writeLines(cwd, [HEADER, ...rows, `${numberId(4)},,0,`], 'before.csv');
  return { cwd, sandbox, input, before, dir: lastRun(cwd), flags: flags.filter((flag) => flag !== '--yes') };
}

describe('verify --before', () => {
  it('warns of numbers whose success ratio fell, and with --strict exits with 4', async () => {
    const { cwd, sandbox, before, dir } = await moved();
    const good = await run(cwd, ['verify', dir, '--before', before, '--strict']);
    expect(good.exit).toBe(0);
    expect(good.stdout).toContain(
      'success ratios: 0 of 3 numbers fell by more than 10 %, 1 without figures before or now, 1 not in before.csv',
    );
    setRatio(sandbox, 1, 0.71);
    setRatio(sandbox, 2, 0.9);
    const fell = await run(cwd, ['verify', dir, '--before', before]);
    expect(fell.exit).toBe(0);
    expect(fell.stdout).toContain('warning: success ratios: 1 of 3 numbers fell by more than 10 %');
    expect(fell.stdout).toContain(`  line 2  ${numberId(1)}  +18000000001  success ratio fell: 0.98 -> 0.71`);
    expect(table(cwd, 'verify.csv', dir).map((row) => [row.success_ratio_before, row.success_ratio_now])).toEqual([
      ['0.98', '0.71'],
      ['0.98', '0.9'],
      ['0.98', '0.98'],
      ['', '0.98'],
      ['', ''],
    ]);
    const strict = await run(cwd, ['verify', dir, '--before', before, '--max-drop', '5', '--strict', '--json']);
    const counts = { max_drop: 5, compared: 3, fallen: 2, no_figures: 1, not_in_file: 1 };
    expect(JSON.parse(strict.stdout)).toMatchObject({
      exit_code: 4,
      counts: { at_target: 5 },
      deliverability: { before: join(cwd, before), ...counts },
      error: { code: 'rows_not_at_target', message: expect.stringMatching(/^success ratios: 2 of 3 numbers/) },
      warnings: [expect.stringMatching(/^success ratios: 2 of 3 numbers/)],
    });
  });

  it('reads the numbers of a file for their figures, and says so if the export has none of them', async () => {
    const { cwd, input, flags } = await moved();
    const other = writeLines(cwd, [HEADER, '777,+13125550099,100,0.98'], 'other.csv');
    symlinkSync(join(cwd, other), join(cwd, 'link.csv'));
    const { exit, stdout } = await run(cwd, ['verify', input, '--before', 'link.csv', '--strict', ...flags]);
    expect(exit).toBe(4);
    const text = 'success ratios: 0 of 0 numbers fell by more than 10 %, 5 not in link.csv';
    expect(stdout).toContain(`warning: ${text}`);
    expect(stdout).toContain(`\n${text} (an error because of --strict)\nExit 4`);
  });

  it('warns of figures that are no numbers', async () => {
    const { cwd, dir } = await moved();
    const odd = writeLines(cwd, [HEADER, `${numberId(1)},,100,good`, `${numberId(2)},,many,0.98`], 'odd.csv');
    const { exit, stderr } = await run(cwd, ['verify', dir, '--before', odd]);
    expect(exit).toBe(0);
    expect(stderr).toContain(
      'warning: 2 rows of odd.csv cannot be compared, because a figure is no number (line 2: "good")',
    );
  });

  it('says after a signal too which ratios fell', async () => {
    const { cwd, sandbox, before, dir } = await moved();
    setRatio(sandbox, 1, 0.5);
    const watching = start(cwd, ['verify', dir, '--before', before, '--watch', '1h', '--every', '30m']);
    await until(() => watching.output().includes('5 at target'));
    watching.child.kill('SIGINT');
    const { exit, stdout } = await watching.ended;
    expect(exit).toBe(130);
    expect(stdout).toContain('warning: success ratios: 1 of 3 numbers fell by more than 10 %');
  });

  it('refuses a file without figures (exit 3) or none at all (exit 2) before any request', async () => {
    const { cwd, sandbox, input, dir, flags } = await moved();
    const requests = sandbox.requests().length;
    writeFileSync(join(cwd, 'book.csv'), Buffer.from('504b0304140006000800', 'hex'));
    writeLines(cwd, ['phone_number_id,message_count', '1,2'], 'half.csv');
    writeLines(cwd, [], 'empty.csv');
    const cases: [file: string, exit: number, text: string][] = [
      ['half.csv', 3, 'half.csv, line 1: missing_column: it needs the columns phone_number_id or phone_number,'],
      ['empty.csv', 3, 'empty.csv: no_header: it needs the columns'],
      ['book.csv', 3, 'book.csv: not_csv: the file is'],
      ['nothing.csv', 2, '--before: there is no file nothing.csv'],
      ['runs', 2, '--before: runs is not a file'],
      [dir, 2, 'is not a file'],
    ];
    for (const [file, exit, text] of cases) {
      const ended = await run(cwd, ['verify', dir, '--before', file]);
      expect({ file, exit: ended.exit }).toEqual({ file, exit });
      expect(ended.stderr).toContain(text);
    }
    expect((await run(cwd, ['verify', input, '--before', 'half.csv', ...flags])).exit).toBe(3);
    expect(runDirs(cwd)).toHaveLength(1);
    expect(sandbox.requests()).toHaveLength(requests);
  });
});
