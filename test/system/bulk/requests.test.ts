import { expect, it } from 'vitest';
import { bulkPlace } from '../../support/bulk/place.ts';
import { PROFILE } from '../../support/program/workspace.ts';

/** What each request does, in the order in which they come. */
function kindOf({ method, path }: { method: string; path: string }): string {
  const query = new URL(path, 'http://localhost').searchParams;
  if (method === 'POST') return 'order';
  if (query.has('filter[phone_number]')) return 'numbers';
  return query.get('filter[messaging_profile_id]') === PROFILE ? 'count' : path;
}

it('an order takes the requests that docs/bulk.md says, and no other one', async () => {
  const { sandbox, apply } = await bulkPlace(670);
  const ended = await apply();
  expect(ended.exit, ended.stderr).toBe(0);
  const kinds = sandbox.requests().map(kindOf);
  // What stays behind is read after the account, and before anything is sent.
  const sent = kinds.slice(kinds.findLastIndex((kind) => kind.startsWith('/')) + 1);
  const byOrder = sent.join(' ').split('order');
  const read = (pages: number) => [...Array.from({ length: pages }, () => 'numbers'), 'count'].sort();
  const words = (text = '') => text.trim().split(' ').sort();
  // 1 + 10 + 50 + 100 + 250 + 259: the last one needs two pages.
  expect(byOrder).toHaveLength(7);
  expect(words(byOrder[0])).toEqual(read(1));
  for (const between of byOrder.slice(1, 5)) expect(words(between)).toEqual([...read(1), ...read(1)].sort());
  expect(words(byOrder[5])).toEqual([...read(1), ...read(2)].sort());
  expect(words(byOrder[6])).toEqual(read(2));
});
