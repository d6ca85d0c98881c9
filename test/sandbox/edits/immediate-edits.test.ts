import { describe, expect, it } from 'vitest';
import type { AccountEdit, Sandbox } from '../../../src/sandbox/server.ts';
import { call, callUrl, code, id, profile, read, sandbox } from '../../support/sandbox/client.ts';

const OPT_OUT = {
  from: '+18000000001',
  to: '+14155550001',
  keyword: 'STOP',
  messaging_profile_id: profile(1),
  created_at: '2025-01-01T00:00:00.000Z',
};

const BAD: [string, unknown, string][] = [
  ['a list', [], 'not a JSON object'],
  ['a text', 'x', 'not a JSON object'],
  ['nothing', {}, 'id is missing'],
  ['no change', { id: id(1) }, 'nothing to change'],
  ['an empty id', { id: '', remove: true }, 'id must be'],
  ['an id that is a number', { id: 5, remove: true }, 'id must be'],
  ['a profile that is no UUID', { id: id(1), messaging_profile_id: 'sales' }, 'messaging_profile_id must be'],
  ['an empty product', { id: id(1), messaging_product: '' }, 'messaging_product must be'],
  ['remove: false', { id: id(1), remove: false }, 'remove must be true'],
  ['a removal that changes too', { id: id(1), remove: true, messaging_product: 'P2P' }, 'remove'],
  ['an unknown field', { id: id(1), messaging_profile: profile(1) }, "no field 'messaging_profile'"],
  ['a field of Object.prototype', { id: id(1), toString: 1 }, "no field 'toString'"],
  ['a request number', { id: id(1), remove: true, atRequest: 1 }, "no field 'atRequest'"],
  ['add that is no object', { add: 'x' }, 'add must be'],
  ['add beside others', { add: { id: 'new' }, id: id(1) }, 'add must be the only field'],
  ['add without an id', { add: { phone_number: '+12125550100' } }, 'id is missing'],
  ['add with a bad phone number', { add: { id: 'new', phone_number: '2125550100' } }, 'phone_number must be'],
  [
    'add with bad products',
    { add: { id: 'new', eligible_messaging_products: [1] } },
    'eligible_messaging_products must',
  ],
  ['add with a bad type', { add: { id: 'new', type: 'fax' } }, 'type must be'],
  ['add with a type of another form', { add: { id: 'new', type: 'l-ongcode' } }, 'type must be'],
  ['add with a bad flag', { add: { id: 'new', eligibility_hidden: 'yes' } }, 'eligibility_hidden must be'],
  ['add with an unknown field', { add: { id: 'new', colour: 'red' } }, "no field 'colour'"],
  ['a campaign of another form', { id: id(1), campaign: 'C1' }, 'campaign must be null, or'],
  ['a campaign with another status', { id: id(1), campaign: { status: 'GONE' } }, 'campaign must be'],
  ['a campaign with an unknown field', { id: id(1), campaign: { colour: 'red' } }, 'campaign must be'],
  ['health of another form', { id: id(1), health: { success_ratio: '0.5' } }, 'health must be null, or'],
  ['add with half a campaign', { add: { id: 'new', campaign: { id: 'C1' } } }, 'campaign must be'],
  ['add with half a health', { add: { id: 'new', health: { success_ratio: 1 } } }, 'health must be'],
  ['add with a country in words', { add: { id: 'new', country_code: 'Canada' } }, 'country_code must be'],
  ['an opt-out that is no object', { add_opt_out: 'x' }, 'add_opt_out must be an object'],
  ['an opt-out beside others', { add_opt_out: OPT_OUT, id: id(1) }, 'add_opt_out must be the only field'],
  ['an opt-out without a time', { add_opt_out: { ...OPT_OUT, created_at: undefined } }, 'created_at is missing'],
  ['an opt-out at no time', { add_opt_out: { ...OPT_OUT, created_at: 'soon' } }, 'created_at must be a time'],
  ['an opt-out with a bad keyword', { add_opt_out: { ...OPT_OUT, keyword: 1 } }, 'keyword must be'],
  ['half the key of an opt-out', { remove_opt_out: { from: OPT_OUT.from } }, 'to is missing'],
  ['add of an existing number', { add: { id: id(1) } }, 'already'],
];

describe('immediate edits', () => {
  it.each(BAD)('are refused for %s', async (_, edit, reason) => {
    const to = await sandbox();
    const before = to.snapshot();
    expect(() => to.edit(edit as AccountEdit)).toThrow(reason);
    expect(() => to.edit(edit as AccountEdit)).toThrow(RangeError);
    expect(to.snapshot()).toEqual(before);
  });

  it.each(['long-code', 'longcode', 'long_code', 'short_code', 'toll-free'] as const)(
    'add a number of type %s',
    async (type) => {
      const to = await sandbox();
      to.edit({ add: { id: 'new', type } });
      expect(await read(to, 'new')).toMatchObject({ type });
    },
  );

  it('change the campaign and the health of a number, and keep what is not given', async () => {
    const to = await sandbox();
    const numberOne = () => to.snapshot().numbers[0];
    to.edit({ id: id(1), campaign: { status: 'FAILED_ASSIGNMENT' }, health: { success_ratio: 0.5 } });
    expect(numberOne()?.campaign).toEqual({ id: 'CSANDBX', status: 'FAILED_ASSIGNMENT' });
    expect(numberOne()?.health).toMatchObject({ message_count: 40, success_ratio: 0.5 });
    to.edit({ id: id(1), campaign: { id: 'COTHER' } });
    expect(numberOne()?.campaign).toEqual({ id: 'COTHER', status: 'FAILED_ASSIGNMENT' });
    to.edit({ id: id(1), campaign: null, health: null });
    expect(numberOne()).toMatchObject({ campaign: null, health: null });
    to.edit({ id: id(1), health: { message_count: 3 } });
    expect(numberOne()?.health).toMatchObject({ message_count: 3, success_ratio: 0 });
  });

  it('add a number with what it needs for the watches', async () => {
    const to = await sandbox();
    const more = { country_code: 'CA', tags: ['a'], campaign: null, hidden_fields: ['type'] };
    to.edit({ add: { id: 'new', ...more } });
    expect(to.snapshot().numbers.at(-1)).toMatchObject(more);
  });

  it('add and remove opt-outs, which are listed oldest first', async () => {
    const to = await sandbox();
    const senders = async () => {
      const { json } = await call(to, `/messaging_optouts?filter[messaging_profile_id]=${profile(1)}`);
      return json.data.map((row: { to: string }) => row.to);
    };
    const before = await senders();
    const messaging_profile_id = profile(1).toUpperCase();
    to.edit({ add_opt_out: { ...OPT_OUT, messaging_profile_id } });
    expect(await senders()).toEqual([OPT_OUT.to, ...before]);
    expect(() => to.edit({ add_opt_out: OPT_OUT })).toThrow('already');
    const { from, to: receiver } = OPT_OUT;
    to.edit({ remove_opt_out: { from, to: receiver, messaging_profile_id } });
    expect(await senders()).toEqual(before);
    const unknown = { remove_opt_out: { from, to: receiver, messaging_profile_id: null } };
    expect(() => to.edit(unknown)).toThrow(`there is no opt-out from ${from} to ${receiver}`);
    expect(to.snapshot().revision).toBe(2);
  });

  it('are refused for an unknown number', async () => {
    const to = await sandbox();
    expect(() => to.edit({ id: 'unknown', remove: true })).toThrow("'unknown'");
  });
});

describe('POST /_sandbox/edit', () => {
  const post = (to: Sandbox, body: unknown) =>
    callUrl(`http://127.0.0.1:${to.port}/_sandbox/edit`, { method: 'POST', body, headers: { authorization: '' } });

  it('edits at once, without a key, a rate limit or a record', async () => {
    const to = await sandbox({ rateLimit: 1, rateWindowMs: 60_000, key: 'KEY-test' });
    const edits = [
      { id: id(1), messaging_profile_id: null },
      { id: id(2), remove: true },
      { add: { id: 'new', eligible_messaging_products: null } },
    ];
    for (const edit of edits) {
      const answer = await post(to, edit);
      expect([answer.status, answer.text]).toEqual([204, '']);
    }
    expect(to.requests()).toEqual([]);
    expect((await read(to, id(1))).messaging_profile_id).toBeNull();
    const { numbers } = to.snapshot();
    expect(numbers.map((number) => number.id)).toEqual([id(1), ...[3, 4, 5, 6, 7, 8, 9, 10].map(id), 'new']);
  });

  it.each(BAD)('answers 400 to %s', async (_, edit, reason) => {
    const to = await sandbox();
    const before = to.snapshot();
    const answer = await post(to, edit === 'x' ? '"x"' : edit);
    expect([answer.status, code(answer)]).toEqual([400, '10015']);
    expect(answer.json.errors[0].detail).toContain(reason);
    expect(to.snapshot()).toEqual(before);
  });

  it('answers 400 to a body that is not JSON or too large, and 404 for an unknown number', async () => {
    const to = await sandbox();
    const broken = await post(to, '{');
    expect([broken.status, code(broken)]).toEqual([400, '10023']);
    const large = await post(to, { id: 'x'.repeat(1_100_000), remove: true });
    expect([large.status, code(large)]).toEqual([400, '10015']);
    const unknown = await post(to, { id: 'unknown', remove: true });
    expect([unknown.status, code(unknown)]).toEqual([404, '10005']);
    expect(unknown.json.errors[0].detail).toContain("'unknown'");
  });

  it('accepts POST only', async () => {
    const { port } = await sandbox();
    const answer = await callUrl(`http://127.0.0.1:${port}/_sandbox/edit`);
    expect([answer.status, answer.json.errors[0].detail]).toEqual([404, expect.stringContaining('/_sandbox/edit')]);
  });
});
