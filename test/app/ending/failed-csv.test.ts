import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { id, planOf, profile, resultsOf } from '../../support/app/plans.ts';

const ADDED = ['reassign_status', 'reassign_reason', 'reassign_detail'];

/** A CSV of these cells, every one in quotes. */
function csv(rows: string[][], delimiter = ',', end = '\n'): string {
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return rows.map((cells) => cells.map(cell).join(delimiter) + end).join('');
}

/** The rejections of a file: the reason and the input's own cells of each. */
async function rejectionsOf(text: string | Uint8Array, width: number) {
  const { failed, failedText } = await resultsOf(await planOf(text), false);
  return { rejections: failed.slice(1).map((cells) => [cells[width + 1], ...cells.slice(0, width)]), failedText };
}

describe('failed.csv', () => {
  it("has the input's own columns and cells as they were, then status, reason and detail", async () => {
    const header = ['label', ' ID ', 'Profile Id', 'id note', 'label'];
    const row = [' =1+1, "x"\r\ny ', `'${id(1)}`, 'nope', '', '\uFEFFz\ttab; semicolon'];
    const { failed, failedText } = await resultsOf(await planOf(csv([header, row], ';', '\r\n')), false);
    expect(failed[0]).toEqual([...header, ...ADDED]);
    expect(failed[1]?.slice(0, 5)).toEqual(row);
    expect(failed[1]?.slice(5, 7)).toEqual(['rejected', 'bad_profile_id']);
    expect(failedText.startsWith('label, ID ,Profile Id,id note,label,reassign_status,')).toBe(true);
    expect(failedText).not.toContain('\r\n"\n,');
  });

  it('is UTF-8 with commas whatever the input was', async () => {
    const text = 'id\tproduct\tname\r\nx y\tA2P\tZoë, 日本\r\n';
    for (const bytes of [Buffer.from(`\uFEFF${text}`, 'utf16le'), Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()]) {
      const { failed, failedText } = await resultsOf(await planOf(bytes), false);
      expect(failed[1]?.slice(0, 3)).toEqual(['x y', 'A2P', 'Zoë, 日本']);
      expect(failedText).toContain('x y,A2P,"Zoë, 日本",rejected,bad_id,');
    }
  });

  it('replaces the columns that an earlier run added, in any position', async () => {
    const header = ['reassign_detail', 'id', 'reassign_status', 'product', 'reassign_reason', 'note'];
    const row = ['old', 'x y', 'failed', 'A2P', 'api_error', 'n'];
    const { failed } = await resultsOf(await planOf(csv([header, row])), false);
    expect(failed[0]).toEqual(['id', 'product', 'note', ...ADDED]);
    expect(failed[1]).toEqual(['x y', 'A2P', 'n', 'rejected', 'bad_id', expect.stringContaining('x y')]);
  });

  it('keeps rows of too few and too many cells rejected, however often it goes back in', async () => {
    let text = `id,profile_id,product\n${id(1)},${profile(1)}\n${id(2)}\n${id(3)},${profile(1)},,z\n${id(4)},,A2P,x,y\n${id(5)},,A2P\n`;
    for (let round = 0; round < 3; round++) {
      const run = await planOf(text);
      const { failed, failedText } = await resultsOf(run, false);
      const rejected = run.entries.filter(({ action }) => action === 'rejected');
      expect(rejected.map(({ id, reason }) => [id, reason])).toEqual(
        [1, 2, 3, 4].map((n) => [id(n), 'wrong_number_of_cells']),
      );
      expect(failed[0]).toEqual(['id', 'profile_id', 'product', ...ADDED]);
      expect(failed.slice(1).map((cells) => cells.slice(0, 3))).toEqual([
        [id(1), profile(1), ''],
        [id(2), '', ''],
        [id(3), profile(1), ''],
        [id(4), '', 'A2P'],
      ]);
      text = failedText;
    }
  });

  it('goes back in with the same rejections, of each kind', async () => {
    const rows = [
      ['', profile(1), ''],
      ['x/y', profile(1), ''],
      ['1.29338E+18', profile(1), ''],
      ['1293384261000000000', profile(1), ''],
      ['+18005550001', profile(1), ''],
      [id(1), 'nope', ''],
      [id(2), '', 'no product!'],
      [id(3), 'null', ''],
      [id(4), '', ' '],
      [id(5), 'UNASSIGN', ''],
      [id(6), profile(1), ''],
      [id(6), profile(2), ''],
      [id(7), '""', ''],
    ];
    const first = await rejectionsOf(csv([['id', 'profile_id', 'product'], ...rows, [id(8), profile(1), '']]), 3);
    expect(first.rejections.map(([reason]) => reason)).toEqual([
      'missing_id',
      'bad_id',
      'id_in_scientific_notation',
      'id_looks_rounded',
      'id_is_a_phone_number',
      'bad_profile_id',
      'bad_product',
      'ambiguous_cell',
      'nothing_to_change',
      'unassign_not_allowed',
      'conflict',
      'conflict',
      'ambiguous_cell',
    ]);
    expect(first.rejections.map(([, ...cells]) => cells)).toEqual(rows);
    const second = await rejectionsOf(first.failedText, 3);
    expect(second.rejections).toEqual(first.rejections);
  });

  it('keeps a thousand random rows as they were, in order, and rejects the same again', async () => {
    const odd = fc.string({
      unit: fc.constantFrom('"', ',', ';', '\n', '\r', '\r\n', '\t', 'a', ' ', '=', 'é', '😀', "'"),
    });
    const anId = fc.oneof(
      fc.nat(400).map(id),
      fc.constantFrom('', ' ', '1.2E+18', '+18005550001', `="${id(500)}"`, `'${id(501)}`, 'a-b_C', '=1+1'),
      odd,
    );
    const target = fc.oneof(fc.nat(2).map(profile), fc.constantFrom('', 'UNASSIGN', 'null', ' '), odd);
    const product = fc.oneof(fc.constantFrom('', '', 'A2P', 'P2P', '-'), odd);
    const aRow = fc.tuple(odd, anId, target, product, odd).map((cells): string[] => [...cells]);
    const rows = fc.array(aRow, { minLength: 1000, maxLength: 1000, size: 'max' });
    const input = fc.tuple(rows, fc.constantFrom(',', ';', '\t', '|'), fc.constantFrom('\n', '\r\n'));
    await fc.assert(
      fc.asyncProperty(input, async ([table, delimiter, end]) => {
        const header = ['note', 'id', 'profile_id', 'product', 'note'];
        const run = await planOf(csv([header, ...table], delimiter, end));
        expect(run.planned.fileError).toBeNull();
        const kept = table.filter((cells) => cells.some((cell) => cell.replace(/[\s']/g, '') !== '' || /'/.test(cell)));
        const { failed, failedText, results, tally } = await resultsOf(run, false);
        expect(results.map(({ row }) => Number(row))).toEqual(results.map((_, at) => at + 1));
        expect(results.length + (run.planned.preview.blankLines ?? 0)).toBe(table.length);
        expect(Object.values(tally.counts).reduce((sum, n) => sum + n, 0)).toBe(results.length);
        // Blank lines are no rows; what else there is stands for itself, line by line.
        const lines = results.map(({ line }) => Number(line));
        expect(lines).toEqual([...lines].sort((a, b) => a - b));
        const rejected = run.entries.filter(({ action }) => action === 'rejected');
        expect(failed.slice(1).map((cells) => cells[6])).toEqual(rejected.map(({ reason }) => reason));
        const verbatim = failed.slice(1).map((cells) => cells.slice(0, 5));
        let at = -1;
        for (const cells of verbatim) {
          at = kept.findIndex((candidate, index) => index > at && JSON.stringify(candidate) === JSON.stringify(cells));
          expect(at).toBeGreaterThanOrEqual(0);
        }
        const again = await planOf(failedText);
        expect(again.entries.map(({ action, reason }) => [action, reason])).toEqual(
          rejected.map(({ reason }) => ['rejected', reason]),
        );
        expect(again.entries.map((entry) => entry.id)).toEqual(rejected.map((entry) => entry.id));
        expect((await resultsOf(again, false)).failed.map((cells) => cells.slice(0, 7))).toEqual(
          failed.map((cells) => cells.slice(0, 7)),
        );
      }),
      { numRuns: 4 },
    );
  });
});
