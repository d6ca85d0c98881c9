import { describe, expect, it } from 'vitest';
import { bulkPlace, ordersOf } from '../../support/program/bulk.ts';
import { PROFILE, summaryOf, table } from '../../support/program/workspace.ts';

/** How many numbers of the sandbox are on each profile. */
function onProfiles(sandbox: Awaited<ReturnType<typeof bulkPlace>>['sandbox']) {
  const counts: Record<string, number> = {};
  for (const { messaging_profile_id: profile } of sandbox.snapshot().numbers) {
    counts[profile ?? 'none'] = (counts[profile ?? 'none'] ?? 0) + 1;
  }
  return counts;
}

describe('apply --bulk auto', () => {
  it('moves numbers by orders that grow, and reads every one back', async () => {
    const { sandbox, cwd, apply } = await bulkPlace(400);
    const ended = await apply();
    expect(ended.exit, ended.stderr).toBe(0);
    expect(onProfiles(sandbox)).toEqual({ [PROFILE]: 400 });
    expect(ordersOf(cwd)).toEqual(['1: 1 done', '2: 10 done', '3: 50 done', '4: 100 done', '5: 239 done']);
    const { requests, counts } = summaryOf(cwd);
    expect(counts).toMatchObject({ updated: 400 });
    expect(requests).toMatchObject({ orders: 5, writes: 5 });
    const rows = table(cwd, 'results.csv');
    expect(rows.every((row) => row.reason === 'confirmed_by_read' && row.request_id !== '')).toBe(true);
  });

  it('sends as before without the flag, and below the fewest rows', async () => {
    const few = await bulkPlace(19);
    expect((await few.apply()).exit).toBe(0);
    expect(summaryOf(few.cwd).requests).toMatchObject({ orders: 0, writes: 19 });
    const off = await bulkPlace(30);
    expect((await off.applyWith()).exit).toBe(0);
    expect(summaryOf(off.cwd).requests).toMatchObject({ orders: 0, writes: 30 });
  });
});
