import { describe, expect, it } from 'vitest';
import { call, code, id, patch, profile, read, sandbox } from '../../support/sandbox/client.ts';

describe('an accepted PATCH', () => {
  it('assigns a profile, in lower case, and changes updated_at', async () => {
    const to = await sandbox({ profiles: [{ id: 'dd50eba1-a0c0-4563-9925-b25e842a7cb6' }] });
    const before = await read(to, id(1));
    const answer = await patch(to, id(1), { messaging_profile_id: 'DD50EBA1-A0C0-4563-9925-B25E842A7CB6' });
    expect(answer.status).toBe(200);
    expect(answer.json.data.messaging_profile_id).toBe('dd50eba1-a0c0-4563-9925-b25e842a7cb6');
    expect(answer.json.data.updated_at > before.updated_at).toBe(true);
    expect(answer.json.data).toEqual(await read(to, id(1)));
  });

  it.each([
    ['absent', {}],
    ['null', { messaging_profile_id: null, messaging_product: null, tags: null }],
    ['unknown', { nonsense: 1 }],
  ])('keeps all values if the fields are %s', async (_, body) => {
    const to = await sandbox();
    const before = await read(to, id(2));
    expect((await patch(to, id(2), body)).json.data).toEqual(before);
    expect(await read(to, id(2))).toEqual(before);
    expect(to.snapshot().revision).toBe(0);
  });

  it('unassigns on an empty string and shows null', async () => {
    const to = await sandbox();
    const answer = await patch(to, id(1), { messaging_profile_id: '' });
    expect([answer.status, answer.json.data.messaging_profile_id]).toEqual([200, null]);
    expect((await read(to, id(1))).messaging_profile_id).toBeNull();
  });

  it('removes MMS and changes traffic_type with P2P', async () => {
    const to = await sandbox();
    expect((await read(to, id(1))).features.mms).not.toBeNull();
    const { data } = (await patch(to, id(1), { messaging_product: 'P2P' })).json;
    expect(data).toMatchObject({ messaging_product: 'P2P', traffic_type: 'P2P', features: { mms: null } });
    const back = (await patch(to, id(1), { messaging_product: 'A2P' })).json.data;
    expect(back.features.mms).not.toBeNull();
  });

  it('sets profile, product and tags together, and changes no other number', async () => {
    const to = await sandbox();
    const others = to.snapshot().numbers.slice(1);
    const body = { messaging_profile_id: profile(3), messaging_product: 'P2P', tags: ['night'] };
    expect((await patch(to, id(1), body)).json.data).toMatchObject(body);
    expect(to.snapshot().numbers.slice(1)).toEqual(others);
    expect(to.snapshot().revision).toBe(1);
  });

  it('sets tags, and an empty list clears them', async () => {
    const to = await sandbox();
    expect((await read(to, id(1))).tags).toEqual([]);
    await patch(to, id(1), { tags: ['a', 'b'] });
    expect((await read(to, id(1))).tags).toEqual(['a', 'b']);
    await patch(to, id(1), { tags: [] });
    expect((await read(to, id(1))).tags).toEqual([]);
  });
});

describe('a refused PATCH', () => {
  const other = '11111111-2222-4333-8444-555555555555';
  it.each([
    ['an unknown profile', { messaging_profile_id: other }, 422, '10017', '/messaging_profile_id'],
    ['a profile that is no UUID', { messaging_profile_id: 'sales' }, 400, '10015', '/messaging_profile_id'],
    ['a profile that is no string', { messaging_profile_id: 7 }, 400, '10015', '/messaging_profile_id'],
    ['an unknown product', { messaging_product: 'XYZ' }, 422, '40324', '/messaging_product'],
    ['an empty product', { messaging_product: '' }, 422, '40324', '/messaging_product'],
    ['a product that is no string', { messaging_product: true }, 400, '10015', '/messaging_product'],
    ['tags that are no list', { tags: 'a' }, 400, '10015', '/tags'],
    ['tags that are no strings', { tags: [1] }, 400, '10015', '/tags'],
    [
      'a bad field beside a good one',
      { messaging_profile_id: profile(3), messaging_product: 'X' },
      422,
      '40324',
      '/messaging_product',
    ],
    ['an array', [], 400, '10015', undefined],
    ['null', null, 400, '10015', undefined],
    ['a scalar', 3, 400, '10015', undefined],
    ['half a JSON text', '{"messaging_profile_id":', 400, '10023', undefined],
    ['nothing', '', 400, '10023', undefined],
  ])('gets an error for %s', async (_, body, status, wantedCode, pointer) => {
    const to = await sandbox();
    const before = to.snapshot();
    const answer = await patch(to, id(1), body);
    expect([answer.status, code(answer), answer.json.errors[0].source?.pointer]).toEqual([status, wantedCode, pointer]);
    expect(to.snapshot()).toEqual(before);
  });

  it('gets an error for a product that the number is not eligible for', async () => {
    const to = await sandbox();
    const answer = await patch(to, id(10), { messaging_product: 'P2P' });
    expect([answer.status, code(answer)]).toEqual([422, '40324']);
    expect((await patch(to, id(10), { messaging_product: 'A2P' })).status).toBe(200);
  });

  it.each(['9999', `${id(1)}0`, '%2B18000000001', '%E0%A4%A'])(
    'gets an error for the unknown number %s',
    async (unknown) => {
      const to = await sandbox();
      const answer = await patch(to, unknown, { messaging_product: 'P2P' });
      expect([answer.status, code(answer)]).toEqual([404, '10005']);
      expect((await call(to, `/phone_numbers/${unknown}/messaging`)).status).toBe(404);
    },
  );

  it('gets an error for a body over 1 MiB, but not of exactly 1 MiB', async () => {
    const to = await sandbox();
    const exact = JSON.stringify({ messaging_product: 'P2P', x: '' });
    const padded = (bytes: number) => JSON.stringify({ messaging_product: 'P2P', x: 'x'.repeat(bytes - exact.length) });
    expect((await patch(to, id(1), padded(1_048_576))).status).toBe(200);
    const answer = await patch(to, id(2), padded(1_048_577));
    expect([answer.status, code(answer)]).toEqual([400, '10015']);
    expect((await read(to, id(2))).messaging_product).toBe('A2P');
    expect((await patch(to, id(2), { messaging_product: 'P2P' })).status).toBe(200);
  });
});
