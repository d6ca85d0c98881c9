import { describe, expect, it } from 'vitest';
import { valuesOf } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import {
  lastRun,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  THIRD,
  table,
  workDirectory,
  writeLines,
} from '../../support/program/workspace.ts';

const HEADER = 'phone_number_id,messaging_profile_id,messaging_product';

const runNamed = (cwd: string, name: string) => runDirs(cwd).find((dir) => dir.includes(`-${name}-`)) as string;

describe('undo', () => {
  it('restores 20,000 numbers byte for byte, and does not touch what was changed meanwhile', async () => {
    const cwd = workDirectory();
    const numbers = Array.from({ length: 20_000 }, (_, at) => ({
      id: numberId(at + 1),
      messaging_profile_id: [OTHER, null, THIRD][at % 3] as string | null,
      messaging_product: at % 5 === 0 ? 'P2P' : 'A2P',
    }));
    const { sandbox, flags } = await readingApi({ numbers });
    const start = valuesOf(sandbox.snapshot());
    const lines = numbers.map(({ id }, at) => `${id},${at % 4 === 3 ? '' : PROFILE},${at % 4 === 0 ? '' : 'P2P'}`);
    const input = writeLines(cwd, [HEADER, ...lines]);
    const applied = await run(cwd, ['apply', input, ...flags]);
    expect(applied.exit).toBe(0);
    expect(valuesOf(sandbox.snapshot())).not.toEqual(start);
    const foreign = [17, 4242, 19_999];
    for (const n of foreign)
      sandbox.edit({ id: numberId(n), messaging_profile_id: '99999999-0000-4000-8000-000000000009' });
    const expected = valuesOf(sandbox.snapshot());
    for (const [at, was] of start.entries()) if (!foreign.includes(at + 1)) expected[at] = was;

    const undone = await run(cwd, ['undo', lastRun(cwd), '--yes']);
    expect(undone.exit).toBe(4);
    expect(valuesOf(sandbox.snapshot())).toEqual(expected);
    const dir = runNamed(cwd, 'undo-numbers');
    const { counts, sum_ok: sumOk } = summaryOf(cwd, dir);
    expect(counts.held).toBe(3);
    expect(sumOk).toBe(true);
    const held = table(cwd, 'held.csv', dir);
    expect(held.map(({ phone_number_id: id }) => id).sort()).toEqual(foreign.map(numberId).sort());
    for (const row of held) {
      expect(row.reassign_reason).toBe('drifted');
      expect(row.reassign_now).toContain('99999999-0000-4000-8000-000000000009');
    }
  });
});
