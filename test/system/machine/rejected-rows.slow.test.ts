import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../support/program/run.ts';
import { lastRun, summaryOf, table, workDirectory } from '../../support/program/workspace.ts';

const ROWS = 120_000;

describe('a file of rejected rows', () => {
  it('takes a bounded space for each row: the log and the texts end, and every row is in results.csv', async () => {
    const cwd = workDirectory();
    writeFileSync(join(cwd, 'bad.csv'), `id,product\n${'x y,A2P\n'.repeat(ROWS)}`);
    const { exit, stderr } = await run(cwd, ['plan', 'bad.csv', '--offline'], { key: null });
    expect(exit).toBe(3);
    const dir = join(cwd, lastRun(cwd));
    const size = (file: string) => statSync(join(dir, file)).size;
    expect(size('log.ndjson')).toBeLessThan(5_000_000);
    expect(size('plan.csv') + size('results.csv') + size('failed.csv')).toBeLessThan(3 * (8_400_000 + 80 * ROWS));

    const log = readFileSync(join(dir, 'log.ndjson'), 'utf8').trim().split('\n');
    expect(log.filter((line) => line.includes('"event":"row.rejected"'))).toHaveLength(10_000);
    expect(log.filter((line) => line.includes('"event":"rows.rejected"'))[0]).toContain('110000 more rows rejected');
    const notes = ['have no text in results.csv and failed.csv', 'the log has the first 10,000 rejected rows'];
    for (const note of notes) {
      expect(stderr).toContain(note);
      expect(summaryOf(cwd).warnings.some((warning: string) => warning.includes(note))).toBe(true);
    }

    for (const file of ['results.csv', 'failed.csv']) {
      const rows = table(cwd, file);
      expect(rows).toHaveLength(ROWS);
      const reason = file === 'results.csv' ? 'reason' : 'reassign_reason';
      expect(rows.every((row) => row[reason] === 'bad_id')).toBe(true);
      const detail = file === 'results.csv' ? 'error_detail' : 'reassign_detail';
      expect(rows[0]?.[detail]).toContain('is not an id');
      expect(rows.at(-1)?.[detail]).toBe('');
    }
  });
});
