import { describe, expect, it } from 'vitest';
import { createSnapshot, type NumberKey } from '../../../src/core/account/snapshot.ts';
import { readDoubted } from '../../../src/engine/reading/doubted-reads.ts';
import { sha256 } from '../../support/digests.ts';
import { byId, number, P1, P2, upTo } from '../../support/engine/account-world.ts';
import { http } from '../../support/engine/fake-world.ts';

/** An account of which a list has shown P1 for every number, and reads by id show what `profileOf` says. */
async function reads(many: number, profileOf: (n: number) => string) {
  const account = createSnapshot(sha256);
  const rows = upTo(many, byId);
  for (const row of rows) account.addWanted(row);
  for (let n = 1; n <= many; n++) account.addShown(number(n));
  const asked: string[] = [];
  const stateOf = (row: NumberKey) => {
    const state = account.stateOf(row);
    return state.state === 'found' ? state.shown.profile : null;
  };
  await readDoubted({
    account,
    query: {
      read: async (_what: string, send: (onSent: () => void) => unknown) => send(() => undefined),
    } as never,
    ports: {
      read: async ({ id }: { id: string }) => {
        asked.push(id);
        const settings = { ...number(Number(id.slice(1))), profile: profileOf(Number(id.slice(1))) };
        return { ...http(200), body: { kind: 'settings', settings } };
      },
    } as never,
    concurrency: 3,
    rows: async function* batches() {
      yield rows;
    },
    isDoubted: (row) => stateOf(row) !== P2,
  });
  return { asked: asked.length, shown: rows.filter((row) => stateOf(row) === P2).length };
}

describe('numbers in doubt are read one by one', () => {
  it.each([
    ['all of a few', 5, () => P2, { asked: 5, shown: 5 }],
    ['all of many if the list lags behind', 50, () => P2, { asked: 50, shown: 50 }],
    ['no more of many than show that the list is right', 50, () => P1, { asked: 20, shown: 0 }],
    ['the others too if the list was wrong once', 50, (n: number) => (n === 7 ? P2 : P1), { asked: 69, shown: 1 }],
  ])('%s', async (_what, many, profileOf, expected) => {
    expect(await reads(many, profileOf)).toEqual(expected);
  });
});
