import { describe, expect, it } from 'vitest';
import type { Edit, NumberInput, Sandbox } from '../../../src/sandbox/server.ts';
import { call, callUrl, code, id, type Json, patch, profile, read, sandbox } from '../../support/sandbox/client.ts';

const phones = (answer: Json): string[] => answer.json.data.map((number: Json) => number.phone_number);
const made = (...ns: number[]) => ns.map((n) => `+1800${String(n).padStart(7, '0')}`);
const page = (to: Sandbox, more = '') => call(to, `/phone_numbers/messaging?page[size]=3${more}`);
const status = async (to: Sandbox, number: string) => (await call(to, `/phone_numbers/${number}/messaging`)).status;

describe('edits at a chosen request', () => {
  it('are applied just before that request is answered, not earlier', async () => {
    const to = await sandbox({ edits: [{ atRequest: 3, id: id(1), messaging_profile_id: profile(3) }] });
    const profiles = [];
    for (let n = 0; n < 3; n += 1) profiles.push((await read(to, id(1))).messaging_profile_id);
    expect(profiles).toEqual([profile(1), profile(1), profile(3)]);
    expect(to.snapshot().revision).toBe(1);
  });

  it('change only the given fields and updated_at', async () => {
    const to = await sandbox({ edits: [{ atRequest: 2, id: id(10), messaging_product: 'P2P' }] });
    const before = await read(to, id(10));
    const after = await read(to, id(10));
    expect(after.updated_at > before.updated_at).toBe(true);
    const changed = { messaging_product: 'P2P', traffic_type: 'P2P', updated_at: after.updated_at };
    expect(after).toEqual({ ...before, ...changed, features: after.features });
  });

  it('may concern campaigns and opt-outs', async () => {
    const [from, to_, none] = ['+18000000001', '+14155550001', { messaging_profile_id: null }];
    const optOut = { from, to: to_, ...none, keyword: null, created_at: '2026-02-01T00:00:00.000Z' };
    const to = await sandbox({
      edits: [
        { atRequest: 1, add_opt_out: optOut },
        { atRequest: 2, id: id(1), campaign: { status: 'ASSIGNED' } },
        { atRequest: 3, remove_opt_out: { from, to: to_, ...none } },
        { atRequest: 4, remove_opt_out: { from, to: to_, ...none } },
      ],
    });
    const totals = [];
    for (let n = 0; n < 4; n += 1) totals.push((await call(to, '/messaging_optouts')).json.meta.total_results);
    expect(totals).toEqual([5, 5, 4, 4]);
    expect(to.snapshot().numbers[0]?.campaign?.status).toBe('ASSIGNED');
  });

  it('are applied before a PATCH too, so the PATCH wins', async () => {
    const edit = { id: id(1), messaging_profile_id: null, messaging_product: 'P2P' };
    const to = await sandbox({ edits: [{ atRequest: 1, ...edit }] });
    const { data } = (await patch(to, id(1), { messaging_profile_id: profile(2).toUpperCase() })).json;
    expect(data).toMatchObject({ messaging_profile_id: profile(2), messaging_product: 'P2P' });
  });

  it('count every request under /v2, including refused ones, and no other', async () => {
    const to = await sandbox({ edits: [{ atRequest: 3, id: id(1), remove: true }] });
    const root = `http://127.0.0.1:${to.port}`;
    await callUrl(`${root}/v3/phone_numbers`);
    await callUrl(`${root}/_sandbox/state`);
    await call(to, '/nowhere');
    await call(to, '/messaging_profiles', { headers: { authorization: '' } });
    expect(to.snapshot().numbers).toHaveLength(10);
    expect(await status(to, id(1))).toBe(404);
    expect(to.snapshot().numbers).toHaveLength(9);
  });

  it('are applied in the order of their requests, and in the given order for one request', async () => {
    const edit = (atRequest: number, messaging_product: string): Edit => ({ atRequest, id: id(1), messaging_product });
    const to = await sandbox({ edits: [edit(2, 'C'), edit(1, 'A'), edit(1, 'B')] });
    expect((await read(to, id(1))).messaging_product).toBe('B');
    expect((await read(to, id(1))).messaging_product).toBe('C');
  });

  it('do not wait for a request whose body never arrives', async () => {
    const to = await sandbox({ edits: [{ atRequest: 1, id: id(1), remove: true }] });
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) });
    const options = { method: 'PATCH', body, duplex: 'half', signal: AbortSignal.timeout(50) } as RequestInit;
    const outcome = fetch(`${to.url}/phone_numbers/${id(2)}/messaging`, options).catch(() => 'disconnected');
    expect(await outcome).toBe('disconnected');
    expect(await status(to, id(1))).toBe(404);
  });

  it('of a number that was removed in the meantime do nothing', async () => {
    const to = await sandbox({ edits: [{ atRequest: 1, id: id(1), messaging_product: 'P2P' }] });
    to.edit({ id: id(1), remove: true });
    expect(await status(to, id(1))).toBe(404);
    expect(to.snapshot().revision).toBe(1);
  });

  it('are refused at the start if they could never be applied', async () => {
    const refused: [Edit[], string][] = [
      [[{ atRequest: 0, id: id(1), remove: true }], 'atRequest'],
      [[{ atRequest: 1.5, id: id(1), remove: true }], 'atRequest'],
      [[{ atRequest: 1, id: 'unknown', remove: true }], "'unknown'"],
      [[{ atRequest: 1, id: id(1) }], 'nothing to change'],
      [[{ atRequest: 1, add: { id: id(1) } }], 'already'],
      [[2, 1].map((atRequest) => ({ atRequest, id: id(1), remove: true })), id(1)],
    ];
    for (const [edits, reason] of refused) {
      await expect(sandbox({ edits }), reason).rejects.toThrow(RangeError);
      await expect(sandbox({ edits }), reason).rejects.toThrow(reason);
    }
    const again: Edit[] = [
      { atRequest: 3, id: 'new', remove: true },
      { atRequest: 1, id: id(1), remove: true },
      { atRequest: 2, add: { id: id(1) } },
      { atRequest: 2, add: { id: 'new' } },
    ];
    await expect(sandbox({ edits: again })).resolves.toBeTruthy();
  });
});

describe('removing and adding numbers', () => {
  it('makes a number unknown to reads and writes', async () => {
    const to = await sandbox();
    to.edit({ id: id(2), remove: true });
    const written = await patch(to, id(2), { messaging_product: 'P2P' });
    expect([written.status, code(written), await status(to, id(2))]).toEqual([404, '10005', 404]);
    expect((await call(to, `/phone_numbers/messaging?filter[phone_number]=%2B18000000002`)).json.data).toEqual([]);
  });

  it('shifts the pages of a list between two reads', async () => {
    const to = await sandbox({ edits: [{ atRequest: 2, id: id(1), remove: true }] });
    expect(phones(await page(to))).toEqual(made(1, 2, 3));
    const second = await page(to, '&page[number]=2'); // number 4 is on neither page
    expect([phones(second), second.json.meta.total_results]).toEqual([made(5, 6, 7), 9]);
    to.edit({ add: { id: 'new', phone_number: '+17005550100' } });
    expect(phones(await page(to, '&page[number]=2'))).toEqual(made(4, 5, 6));
    expect(phones(await page(to))).toEqual(['+17005550100', ...made(2, 3)]);
  });

  it('shifts the pages of a filtered list too', async () => {
    const to = await sandbox({ numbers: 6, profiles: 2 });
    const filter = `&filter[messaging_profile_id]=${profile(1)}`;
    const listed = async () => phones(await page(to, filter));
    expect(await listed()).toEqual(made(1, 3, 5));
    to.edit({ id: id(3), remove: true });
    expect(await listed()).toEqual(made(1, 5));
    to.edit({ add: { id: 'new', phone_number: '+18000000004', messaging_profile_id: profile(1).toUpperCase() } });
    expect(await listed()).toEqual(made(1, 4, 5));
    to.edit({ id: id(5), messaging_profile_id: null });
    expect(await listed()).toEqual(made(1, 4));
  });

  it('fills in the missing fields of an added number, with an unused phone number', async () => {
    const to = await sandbox({ numbers: 3 });
    to.edit({ id: id(1), remove: true });
    for (const name of ['a', 'b']) to.edit({ add: { id: name } });
    expect(phones(await page(to, '&page[number]=1'))).toEqual(made(2, 3, 4));
    const added: NumberInput = { id: 'c', messaging_product: 'P2P', eligibility_hidden: true };
    to.edit({ add: added });
    expect(to.snapshot().numbers.at(-1)).toMatchObject({ ...added, messaging_profile_id: null });
    expect(new Set(to.snapshot().numbers.map((number) => number.phone_number)).size).toBe(5);
    expect((await patch(to, 'c', { messaging_profile_id: profile(1) })).status).toBe(200);
  });

  it('is kept in the snapshot', async () => {
    const to = await sandbox({ numbers: 2 });
    to.edit({ id: id(1), remove: true });
    to.edit({ add: { id: 'new' } });
    const again = await sandbox({ state: to.snapshot() });
    expect(again.snapshot().numbers.map((number) => number.id)).toEqual([id(2), 'new']);
    expect(again.snapshot().revision).toBe(2);
  });
});
