import { describe, expect, it } from 'vitest';
import { bulkPlace, ordersOf } from '../../support/bulk/place.ts';
import { profileId } from '../../support/ids.ts';
import { summaryOf } from '../../support/program/workspace.ts';

const inTurn = (profiles: number) => (row: number) => profileId((row % profiles) + 2);
const inBlocks = (rows: number, profiles: number) => (row: number) => profileId(Math.ceil((row * profiles) / rows) + 1);

describe('--bulk auto', () => {
  it.each([
    ['to one profile', 5000, inTurn(1), []],
    ['to three profiles, in turn', 5000, inTurn(3), []],
    ['to three profiles, one after another', 5000, inBlocks(5000, 3), []],
    ['to twenty profiles', 1000, inTurn(20), []],
    ['in waves', 5000, inTurn(1), ['--waves', '10%']],
    ['in waves, of which the first is too small', 1500, inTurn(3), ['--waves', '30,20%']],
  ] as const)('sends about the requests that its plan says: %s', async (_what, many, targetOf, flags) => {
    const { sandbox, cwd, apply } = await bulkPlace(many, [], { targetOf, profiles: 21 });
    const planned = await apply('--dry-run', ...flags);
    expect(planned.exit).toBe(0);
    const reading = sandbox.requests().length;
    const { rows, orders = 0, requests = 0, patch } = summaryOf(cwd).plan?.bulk ?? {};
    const estimated = requests + (patch?.few ?? 0);
    const ended = await apply(...flags);
    expect(ended.exit, ended.stderr).toBe(0);
    const sent = sandbox.requests().length - 2 * reading;
    expect(rows).toBe(many - (patch?.few ?? 0));
    expect(Math.abs(ordersOf(cwd).length - orders)).toBeLessThanOrEqual(1);
    expect(Math.abs(sent / estimated - 1)).toBeLessThan(0.05);
  });
});
