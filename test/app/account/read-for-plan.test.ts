import { describe, expect, it } from 'vitest';
import { openAccess } from '../../../src/app/account/access.ts';
import { preflightOf, profilesOf, readForDraft, resolver } from '../../../src/app/account/read-for-plan.ts';
import type { ShownProfile } from '../../../src/core/api/response.ts';
import { createPreview } from '../../../src/core/plan/preview.ts';
import { accountOf, entriesOf, numbersOf, type Place } from '../../support/app/accounts.ts';
import { id, planOf, profile } from '../../support/app/plans.ts';
import { http } from '../../support/engine/fake-world.ts';

const named = (n: number, name: string): ShownProfile => ({ id: profile(n), name });

describe('profilesOf', () => {
  const read = new Map<string, ShownProfile | null>([
    [profile(1), named(1, 'Sales')],
    [profile(2), named(2, 'sales')],
    [profile(3), null],
    [profile(4), named(4, 'Sales')],
    [profile(5), named(5, 'Support EU')],
    [profile(6), named(6, 'Support US')],
    [profile(7), named(7, 'Marketing')],
    [profile(8), named(8, 'Alerts')],
  ]);
  const { byId, byName, like } = profilesOf(read);

  it('finds a profile by its id, and distinguishes a missing profile from one that was not read', () => {
    expect(byId(profile(1))).toEqual(named(1, 'Sales'));
    expect(byId(profile(3))).toBeNull();
    expect(byId(profile(9))).toBeUndefined();
  });

  it('finds profiles by their exact names', () => {
    expect(byName('Sales')).toEqual([named(1, 'Sales'), named(4, 'Sales')]);
    expect(byName('sales')).toEqual([named(2, 'sales')]);
    expect(byName('SALES')).toEqual([]);
  });

  it('names those that are close first, each once, and no more than five', () => {
    expect(like('Markting')[0]).toBe('Marketing');
    expect(like('support').slice(0, 2)).toEqual(['Support EU', 'Support US']);
    expect(like('SALES').slice(0, 2).sort()).toEqual(['Sales', 'sales']);
    for (const name of ['Markting', 'support', 'SALES', 'zzz']) {
      expect(like(name)).toHaveLength(5);
      expect(new Set(like(name)).size).toBe(5);
    }
    expect(profilesOf(new Map([[profile(3), null]])).like('x')).toEqual([]);
  });

  it.each([
    ['Naive', 'Na\u00efve'],
    ['Strasse 1', 'Stra\u00dfe-1'],
    ['Team A', 'Team  A'],
    ['ZeroWidth', 'Zero\\u200bWidth'],
    ["Bob's", 'Bob\u2019s'],
  ])('names the one that people take for %s first', (name, other) => {
    const far = [1, 2, 3, 4, 5, 6].map((n) => [profile(n), named(n, `Sales ${n}`)] as const);
    expect(profilesOf(new Map([...far, [profile(10), named(10, other)]])).like(name)[0]).toBe(other);
  });
});

/** What is read for the draft of an input, and how the account was asked for it. */
async function readFor(place: Place, content: string) {
  // Planned offline, so that names and ids are still to be found in the account.
  const { run } = await place.plan(content, { offline: 'true' });
  const { planned } = await planOf(content);
  const reader = await openAccess(run, place.invoke(), { stop: place.stop, recorded: true });
  const seen = await readForDraft(run, planned.preview, reader);
  const paths = () => place.sandbox.requests().map(({ path }) => decodeURIComponent(path.replace('/v2/', '')));
  return { seen, run, reader, preview: planned.preview, paths };
}

const input = (numbers: number[], target = profile(1)) =>
  `id,profile_id\n${numbers.map((n) => `${id(n)},${target}\n`).join('')}`;

describe('readForDraft', () => {
  it('reads the numbers of the good rows, the profiles that they are on, and those that they are to go to', async () => {
    const place = await accountOf({ numbers: numbersOf(4, (n) => (n === 2 ? null : profile(n))), profiles: 4 });
    const { seen, reader, paths } = await readFor(place, `${input([1, 2, 3], profile(2))}x y,${profile(2)}\n`);
    const { account, profiles } = seen;
    expect([1, 2, 3].map((n) => account.stateOf({ id: id(n), phoneNumber: '' }))).toMatchObject([
      { state: 'found', shown: { profile: profile(1) } },
      { state: 'found', shown: { profile: null } },
      { state: 'found', shown: { profile: profile(3) } },
    ]);
    for (const n of [1, 2, 3]) expect(profiles.get(profile(n))?.id).toBe(profile(n));
    expect(paths().filter((path) => path.includes('x'))).toEqual([]);
    expect(paths().filter((path) => path.startsWith('messaging_profiles'))).toHaveLength(1);
    await reader.close();
  });

  it('knows a profile that is not there', async () => {
    const place = await accountOf();
    const { seen, run, reader } = await readFor(place, input([1], profile(99)));
    expect(seen.profiles.get(profile(99))).toBeNull();
    const [entry] = await entriesOf(run);
    expect(resolver(seen)(entry as NonNullable<typeof entry>)).toMatchObject({
      action: 'rejected',
      reason: 'unknown_profile',
    });
    await reader.close();
  });

  it('makes of an entry what it is in the account', async () => {
    const place = await accountOf();
    const { seen, run, reader } = await readFor(place, `${input([1, 99])}${id(2)},${profile(2)}\n`);
    expect((await entriesOf(run)).map(resolver(seen))).toMatchObject([
      { action: 'change', profileBefore: profile(2), productBefore: 'A2P' },
      { action: 'rejected', reason: 'not_found' },
      { action: 'unchanged', profileBefore: profile(2) },
    ]);
    await reader.close();
  });
});

describe('the numbers of the account and of the profiles that numbers leave', () => {
  const counted = async (place: Place, content: string) => {
    const { seen, reader, paths } = await readFor(place, content);
    const { preview } = await place.plan(content);
    const before = paths().length;
    const counts = await seen.counts(preview);
    const calls = paths().slice(before);
    await reader.close();
    return { counts, calls, seen, preview };
  };

  it('are known if the whole list was read', async () => {
    const place = await accountOf({ numbers: numbersOf(5, (n) => profile(n === 5 ? 3 : 2)) });
    const { counts, calls } = await counted(place, input([1, 2, 3]));
    expect(calls).toEqual([]);
    expect([counts.total, counts.on(profile(2)), counts.on(profile(3))]).toEqual([5, 4, 1]);
  });

  it('are requested if only some numbers were read: one request for each profile that numbers leave, and one for all', async () => {
    const place = await accountOf({ numbers: numbersOf(2000, (n) => profile(n % 2 === 0 ? 2 : 3)) });
    const { counts, calls } = await counted(place, input([1, 2]));
    expect(calls).toHaveLength(3);
    expect(calls.filter((path) => path.includes('filter[messaging_profile_id]'))).toHaveLength(2);
    expect([counts.total, counts.on(profile(2)), counts.on(profile(3))]).toEqual([2000, 1000, 1000]);
    expect(counts.on(profile(1))).toBeNull();
  });

  it('are asked for of five profiles at most', async () => {
    const place = await accountOf({ numbers: numbersOf(2000, (n) => profile(n <= 8 ? n + 1 : 1)), profiles: 12 });
    const { counts, calls } = await counted(place, input([1, 2, 3, 4, 5, 6, 7, 8]));
    const on = [2, 3, 4, 5, 6, 7, 8, 9].map((n) => counts.on(profile(n)));
    expect(on).toEqual([1, 1, 1, 1, 1, null, null, null]);
    expect(calls.filter((path) => path.includes('filter[messaging_profile_id]'))).toHaveLength(5);
  });

  it('are unknown if the API does not count its lists, because they only inform', async () => {
    const place = await accountOf({ numbers: numbersOf(2000) });
    const { run, reader } = await readFor(place, input([1, 2]));
    const { planned } = await planOf(input([1, 2]));
    const { listNumbers } = reader.client;
    const client: typeof reader.client = {
      ...reader.client,
      listNumbers: async (query, onSent) =>
        query.phoneNumbers === undefined ? { ...http(200), body: { kind: 'unreadable' } } : listNumbers(query, onSent),
    };
    const seen = await readForDraft(run, planned.preview, { ...reader, client });
    const { preview } = await place.plan(input([1, 2]));
    const { total, on } = await seen.counts(preview);
    expect([total, on(profile(2))]).toEqual([null, null]);
    await reader.close();
  });

  it('are not requested if nothing changes', async () => {
    const place = await accountOf({ numbers: numbersOf(2000) });
    const { seen, reader, paths } = await readFor(place, input([1], profile(2)));
    const before = paths().length;
    expect((await seen.counts(createPreview())).on(profile(2))).toBeNull();
    expect(paths()).toHaveLength(before);
    await reader.close();
  });
});

describe('preflightOf', () => {
  it('warns of what the changes of a plan do', async () => {
    const place = await accountOf({ numbers: numbersOf(3, () => profile(2)) });
    const content = input([1, 2, 3]);
    const { preview } = await place.plan(content);
    const { seen, reader } = await readFor(place, content);
    const { warnings, notes } = await preflightOf(seen, preview, false);
    await reader.close();
    expect(warnings.join()).toMatch(/is left without numbers \(3 numbers leave it\)/);
    expect(notes).toContain("100 % of the account's 3 numbers change");
  });
});
