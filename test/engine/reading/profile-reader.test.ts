import { describe, expect, it } from 'vitest';
import type { Answer, Page, ShownProfile } from '../../../src/core/api/response.ts';
import { Unread } from '../../../src/engine/reading/account-query.ts';
import { type ReadProfiles, readProfiles } from '../../../src/engine/reading/profile-reader.ts';
import { http } from '../../support/engine/fake-world.ts';
import { queryWorld } from '../../support/engine/query-world.ts';

const profile = (n: number): ShownProfile => ({ id: `p${n}`, name: `Profile ${n}`, enabled: true });

/**
 * Reads profiles of an account that has `count` of them, `size` on a page. `refuse`: the status that refuses a call.
 */
async function read(
  count: number,
  needed: string[],
  all = false,
  {
    size = 250,
    refuse = (_call: string): number | null => null,
    change = (page: Page<ShownProfile>, _call: string): Page<ShownProfile> => page,
  } = {},
): Promise<{ found: ReadProfiles; calls: string[] }> {
  const { clock, pipeline, query } = queryWorld();
  const calls: string[] = [];
  const profiles = Array.from({ length: count }, (_, at) => profile(at + 1));
  const answer = async (call: string, rows: ShownProfile[], pages: number): Promise<Answer> => {
    calls.push(call);
    await clock.sleep(5).done;
    const status = refuse(call);
    if (status !== null) return http(status, '10005');
    return { ...http(200), body: { kind: 'profiles', page: change({ rows, total: count, pages }, call) } };
  };
  const ports = {
    listProfiles: (page: number, onSent: () => void) => {
      onSent();
      return answer(`page ${page}`, profiles.slice((page - 1) * size, page * size), Math.ceil(count / size));
    },
    readProfile: async (id: string, onSent: () => void) => {
      onSent();
      const found = profiles.find((one) => one.id === id);
      if (found !== undefined) return answer(id, [found], 1);
      calls.push(id);
      return http(404, '10005');
    },
  };
  const found = await clock.until(readProfiles(query, ports, new Set(needed), all));
  pipeline.end();
  return { found, calls };
}

describe('profiles', () => {
  it('are read with one request if they are on one page', async () => {
    const { found, calls } = await read(200, ['p1', 'p200']);
    expect(calls).toEqual(['page 1']);
    expect([found.get('p1')?.name, found.get('p200')?.name]).toEqual(['Profile 1', 'Profile 200']);
  });

  it('are not read if none is needed', async () => {
    expect((await read(200, [])).calls).toEqual([]);
  });

  it('are read one by one or page by page, whichever takes fewer requests', async () => {
    expect((await read(1000, ['p1', 'p900'])).calls).toEqual(['page 1', 'p900']);
    const many = Array.from({ length: 400 }, (_, at) => `p${at + 1}`);
    expect((await read(600, many)).calls).toEqual(['page 1', 'page 2', 'page 3']);
  });

  it('are all read if names are to be found', async () => {
    const { found, calls } = await read(600, [], true);
    expect(calls).toEqual(['page 1', 'page 2', 'page 3']);
    expect(found.size).toBe(600);
  });

  it('that the account does not have are read by id, and are null', async () => {
    const { found, calls } = await read(10, ['p1', 'p77']);
    expect(calls).toEqual(['page 1', 'p77']);
    expect(found.get('p77')).toBeNull();
  });

  it('that may not be listed are read one by one; one that cannot be read is not known to be absent', async () => {
    const forbidden = await read(10, ['p1', 'p77'], false, { refuse: (call) => (call === 'page 1' ? 404 : null) });
    expect(forbidden.found.get('p1')?.name).toBe('Profile 1');
    expect(forbidden.found.has('p77')).toBe(false);
  });

  it('cannot be found by name without the list', async () => {
    const failure = await read(10, [], true, { refuse: () => 404 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unread);
  });

  it.each<[string, (page: Page<ShownProfile>, call: string) => Page<ShownProfile>]>([
    ['repeats its first page', (page) => ({ ...page, rows: [profile(1)] })],
    ['is empty after its first page', (page, call) => (call === 'page 1' ? page : { ...page, rows: [] })],
    ['has a billion pages', (page) => page],
  ])('of a list that never ends are not all read, and single ones by their ids: it %s', async (_, given) => {
    const change = (page: Page<ShownProfile>, call: string) =>
      call.startsWith('page') ? given({ ...page, total: 1e9, pages: 1e9 }, call) : page;
    await expect(read(500, [], true, { change })).rejects.toBeInstanceOf(Unread);
    const { found, calls } = await read(500, ['p400', 'p401'], false, { change });
    expect(calls.length).toBeLessThanOrEqual(4);
    expect([...found.keys()]).toEqual(expect.arrayContaining(['p400', 'p401']));
  });

  it('of a list that stops short are read by their ids', async () => {
    const change = (page: Page<ShownProfile>, call: string) => (call === 'page 2' ? { ...page, rows: [] } : page);
    const needed = ['p300', 'p600', 'p601', 'p602', 'p603'];
    const { found, calls } = await read(1000, needed, false, { change });
    expect(calls).toEqual(['page 1', 'page 2', ...needed]);
    for (const id of needed) expect(found.get(id)).toMatchObject({ id });
  });
});
