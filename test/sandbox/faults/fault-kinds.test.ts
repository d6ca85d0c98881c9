import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, parseFault, type Sandbox } from '../../../src/sandbox/server.ts';
import { type Answer, call, code, id, patch, profile, read, sandbox } from '../../support/sandbox/client.ts';

const TARGET = { messaging_profile_id: profile(3), messaging_product: 'P2P' };
const tested = new Set<string>();

/** A sandbox whose first number has this fault once, with a rate limit, so that its headers are visible too. */
async function faulty(kind: string): Promise<Sandbox> {
  tested.add(kind);
  return sandbox({ faults: [parseFault(`${kind}@${id(1)}*1`)], rateLimit: 100, rateWindowMs: 60_000 });
}

async function written(to: Sandbox): Promise<boolean> {
  const { messaging_profile_id, messaging_product } = await read(to, id(1));
  return messaging_profile_id === TARGET.messaging_profile_id && messaging_product === TARGET.messaging_product;
}

/** Why a call fails, without what differs between runs. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => 'it did not fail',
    (reason: Error & { cause?: { code?: string } }) => reason.cause?.code ?? reason.name,
  );
  return String(error);
}

describe('faults that answer with an error', () => {
  it.each([
    ['429', 429, '10011'],
    ['429-bare', 429, '10011'],
    ['429-date', 429, '10011'],
    ['429-epoch', 429, '10011'],
    ['400-busy', 400, '10036'],
    ['402', 402, '20100'],
    ['405', 405, '10030'],
    ['500', 500, '10007'],
    ['501', 501, '10099'],
    ['503', 503, '10037'],
    ['503-bare', 503, '10037'],
    ['504', 504, '10008'],
    ['408', 408, '10008'],
    ['425', 425, '10007'],
    ['423-busy', 423, '10036'],
    ['403-blocked', 403, '20013'],
    ['403-row', 403, '10010'],
    ['404', 404, '10005'],
    ['422', 422, '10027'],
    ['not-eligible', 422, '40324'],
  ])('%s answers %i with code %s, writes nothing, and ends after its count', async (kind, status, wantedCode) => {
    const to = await faulty(kind);
    const answer = await patch(to, id(1), TARGET);
    expect([answer.status, code(answer)]).toEqual([status, wantedCode]);
    expect(answer.headers.get('x-request-id')).not.toBeNull();
    expect(answer.headers.get('date')).not.toBeNull();
    expect(await written(to)).toBe(false);
    expect((await patch(to, id(1), TARGET)).status).toBe(200);
    expect(await written(to)).toBe(true);
    const faults = to.requests().filter((request) => request.method === 'PATCH');
    expect(faults.map((request) => [request.status, request.fault])).toEqual([
      [status, kind],
      [200, null],
    ]);
  });

  it.each([
    ['500-after', 500, '10007'],
    ['503-after', 503, '10037'],
  ])('%s answers %i with code %s, and the write takes effect', async (kind, status, wantedCode) => {
    const to = await faulty(kind);
    const answer = await patch(to, id(1), TARGET);
    expect([answer.status, code(answer), await written(to)]).toEqual([status, wantedCode, true]);
    expect((await patch(await faulty(kind), id(1), { ...TARGET, messaging_profile_id: profile(9) })).status).toBe(422);
  });

  const waits = ({ headers }: Answer) =>
    ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'].map((name) => headers.get(name));

  it('429 says how long to wait in two headers, 429-bare in none, 503 in one', async () => {
    expect(waits(await patch(await faulty('429'), id(1), TARGET))).toEqual(['1', '100', '0', '1']);
    expect(waits(await patch(await faulty('429-bare'), id(1), TARGET))).toEqual([null, null, null, null]);
    expect(waits(await patch(await faulty('503'), id(1), TARGET))).toEqual(['1', '100', '99', '60']);
    expect(waits(await patch(await faulty('503-bare'), id(1), TARGET))[0]).toBeNull();
  });

  it('429-date sends a date 2 s after the date of the answer', async () => {
    const answer = await patch(await faulty('429-date'), id(1), TARGET);
    const [after, ...others] = waits(answer);
    expect(Date.parse(after ?? '') - Date.parse(answer.headers.get('date') ?? '')).toBe(2000);
    expect(others).toEqual([null, null, null]);
  });

  it('429-epoch sends a Unix time 2 s after the date of the answer', async () => {
    const answer = await patch(await faulty('429-epoch'), id(1), TARGET);
    const [after, ...others] = waits(answer);
    expect(Number(after) - Date.parse(answer.headers.get('date') ?? '') / 1000).toBe(2);
    expect(others).toEqual([null, null, null]);
  });

  it('login-html is a page with status 200', async () => {
    const to = await faulty('login-html');
    const answer = await patch(to, id(1), TARGET);
    expect([answer.status, answer.headers.get('content-type'), answer.json]).toEqual([200, 'text/html', undefined]);
    expect(answer.text.startsWith('<!DOCTYPE html>')).toBe(true);
    expect(await written(to)).toBe(false);
  });

  it('502-html is not JSON', async () => {
    const to = await faulty('502-html');
    const answer = await patch(to, id(1), TARGET);
    expect([answer.status, answer.headers.get('content-type'), answer.json]).toEqual([502, 'text/html', undefined]);
    expect(await written(to)).toBe(false);
  });

  it('redirect points to another path', async () => {
    const to = await faulty('redirect');
    const answer = await patch(to, id(1), TARGET);
    expect([answer.status, answer.headers.get('location'), answer.text]).toEqual([302, '/v2/moved', '']);
    expect(await written(to)).toBe(false);
  });

  it('quotes the key with quoteKey', async () => {
    const to = await sandbox({ faults: [parseFault('500*1')], quoteKey: true });
    expect((await patch(to, id(1), TARGET)).json.errors[0].detail).toContain('Bearer KEY-test');
  });
});

describe('faults of the connection', () => {
  it('hang never answers and writes nothing', async () => {
    const to = await faulty('hang');
    expect(await failureOf(patch(to, id(1), TARGET, { signal: AbortSignal.timeout(100) }))).toBe('TimeoutError');
    expect(to.requests()[0]).toMatchObject({ status: null, fault: 'hang', body: TARGET });
    expect(await written(to)).toBe(false);
  });

  it('hang-after never answers, and the write takes effect', async () => {
    const to = await faulty('hang-after');
    expect(await failureOf(patch(to, id(1), TARGET, { signal: AbortSignal.timeout(100) }))).toBe('TimeoutError');
    expect(await written(to)).toBe(true);
  });

  it('hang releases the socket on close', async () => {
    const to = await faulty('hang');
    const answer = failureOf(patch(to, id(1), TARGET));
    while (to.requests()[0]?.fault !== 'hang') await new Promise((resolve) => setTimeout(resolve, 5));
    await to.close();
    expect(await answer).not.toBe('it did not fail');
  });

  it.each([
    ['reset', false],
    ['reset-after', true],
  ])('%s resets the connection; written: %s', async (kind, takesEffect) => {
    const to = await faulty(kind);
    expect(await failureOf(patch(to, id(1), TARGET))).toBe('ECONNRESET');
    expect(to.requests()[0]).toMatchObject({ status: null, fault: kind });
    expect(await written(to)).toBe(takesEffect);
  });

  it('cut sends the headers and half the body', async () => {
    const to = await faulty('cut');
    const response = await fetch(`${to.url}/phone_numbers/${id(1)}/messaging`, {
      method: 'PATCH',
      headers: { authorization: 'Bearer KEY-test' },
      body: JSON.stringify(TARGET),
    });
    expect(response.status).toBe(200);
    const promised = Number(response.headers.get('content-length'));
    let bytes = 0;
    const reading = async () => {
      for await (const chunk of response.body ?? []) bytes += chunk.length;
    };
    expect(await failureOf(reading())).not.toBe('it did not fail');
    expect(bytes).toBe(Math.floor(promised / 2));
    expect(to.requests()[0]).toMatchObject({ status: 200, fault: 'cut' });
    expect(await written(to)).toBe(true);
  });
});

describe('faults of the body', () => {
  it('cut-json is complete HTTP and broken JSON', async () => {
    const to = await faulty('cut-json');
    const answer = await patch(to, id(1), TARGET);
    expect([answer.status, answer.json]).toEqual([200, undefined]);
    expect(answer.text.startsWith('{"data":{')).toBe(true);
    expect(await written(to)).toBe(true);
  });

  it('empty has no body', async () => {
    const to = await faulty('empty');
    const answer = await patch(to, id(1), TARGET);
    expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([200, '', '0']);
    expect(await written(to)).toBe(true);
  });

  it('huge is 8 MiB of JSON', async () => {
    const to = await faulty('huge');
    const answer = await patch(to, id(1), TARGET);
    expect(answer.text.length).toBeGreaterThan(8 * 1024 * 1024);
    expect(answer.json.data.messaging_profile_id).toBeUndefined();
    expect(await written(to)).toBe(true);
  });

  it.each([
    TARGET,
    { messaging_profile_id: profile(3) },
    { messaging_product: 'P2P' },
    { messaging_product: 'A2P' },
    { messaging_profile_id: '' },
  ])('wrong-echo shows other values than %j and writes nothing', async (body) => {
    const to = await faulty('wrong-echo');
    const before = await read(to, id(1));
    const { status, json } = await patch(to, id(1), body);
    expect(status).toBe(200);
    expect(json.data.id).toBe(id(1));
    expect(json.data.messaging_profile_id).not.toBe(before.messaging_profile_id);
    for (const [field, value] of Object.entries(body)) expect(json.data[field]).not.toBe(value);
    expect(await read(to, id(1))).toEqual(before);
  });

  it('wrong-number shows another phone number', async () => {
    const to = await faulty('wrong-number');
    const { data } = (await patch(to, id(1), TARGET)).json;
    expect(data).toMatchObject({ id: id(1), ...TARGET });
    expect(data.phone_number).not.toBe((await read(to, id(1))).phone_number);
    expect(await written(to)).toBe(true);
  });

  it('wrong-number differs even from the number that it usually shows', async () => {
    const numbers = [{ id: id(1), phone_number: '+18889999999' }];
    const to = await sandbox({ numbers, faults: [parseFault('wrong-number=1')] });
    expect((await patch(to, id(1), {})).json.data.phone_number).toBe('+18889999998');
  });

  it('no-fields shows neither profile nor product', async () => {
    const to = await faulty('no-fields');
    const { data } = (await patch(to, id(1), TARGET)).json;
    expect(data.id).toBe(id(1));
    expect(Object.keys(data)).not.toContain('messaging_profile_id');
    expect(Object.keys(data)).not.toContain('messaging_product');
    expect(await written(to)).toBe(true);
  });

  it.each([
    ['product-ignored', { messaging_profile_id: profile(3), messaging_product: 'A2P' }, 'A2P'],
    ['product-not-kept', TARGET, 'A2P'],
    ['not-kept', TARGET, 'A2P'],
  ])('%s answers %j', async (kind, shown, product) => {
    const to = await faulty(kind);
    const before = await read(to, id(1));
    expect((await patch(to, id(1), TARGET)).json.data).toMatchObject(shown);
    const kept = kind === 'not-kept' ? before.messaging_profile_id : TARGET.messaging_profile_id;
    expect(await read(to, id(1))).toMatchObject({ messaging_profile_id: kept, messaging_product: product });
    expect((await patch(to, id(1), TARGET)).json.data).toMatchObject(TARGET);
    expect(await written(to)).toBe(true);
  });

  it.each([
    ['campaign-lost', null, 0.98],
    ['campaign-pending', { id: 'CSANDBX', status: 'PENDING_ASSIGNMENT' }, 0.98],
    ['success-drop', undefined, 0.49],
  ])('%s takes effect, and changes what no write asks for', async (kind, campaign, success_ratio) => {
    tested.add(kind);
    const faults = [parseFault(`${kind}=1`)];
    const to = await sandbox({ numbers: [{ id: id(1), phone_number: '+13125550001' }, { id: id(2) }], faults });
    for (const n of [1, 2]) {
      const { data } = (await patch(to, id(n), TARGET)).json;
      expect(data).toMatchObject({ ...TARGET, health: { success_ratio } });
      expect((await read(to, id(n))).health.success_ratio).toBe(success_ratio);
    }
    expect(to.snapshot().numbers.map((number) => number.campaign)).toEqual([campaign, undefined]);
    const { status, json } = await call(to, '/10dlc/phone_number_campaigns/%2B13125550001');
    if (campaign === null) expect(status).toBe(404);
    else expect(json.assignmentStatus).toBe(campaign?.status ?? 'ASSIGNED');
  });

  it('campaign-lost affects bulk orders too, and no number without a campaign or health', async () => {
    const numbers = [
      { id: 'a', phone_number: '+13125550001' },
      { id: 'b', phone_number: '+13125550002', campaign: null, health: null },
    ];
    const body = { messaging_profile_id: profile(2), numbers: numbers.map((number) => number.phone_number) };
    const faults = [parseFault('campaign-lost@bulk-orders*1'), parseFault('success-drop=1')];
    const to = await sandbox({ numbers, faults });
    await call(to, '/messaging_numbers_bulk_updates', { method: 'POST', body });
    await patch(to, 'b', {});
    expect(to.snapshot().numbers).toMatchObject([
      { campaign: null, messaging_profile_id: profile(2) },
      { campaign: null, health: null, messaging_profile_id: profile(2) },
    ]);
  });

  it('no-meta is the true answer to a write', async () => {
    const to = await faulty('no-meta');
    expect((await patch(to, id(1), TARGET)).json.data).toMatchObject({ id: id(1), ...TARGET });
    expect(await written(to)).toBe(true);
    expect((await patch(await faulty('no-meta'), id(1), { messaging_product: 'X' })).status).toBe(422);
  });

  it('phone-as-id shows the phone number as id', async () => {
    const to = await faulty('phone-as-id');
    const { data } = (await patch(to, id(1), TARGET)).json;
    expect(data).toMatchObject({ id: data.phone_number, ...TARGET });
    expect(await written(to)).toBe(true);
  });

  it('slow writes at once and answers later', async () => {
    const to = await faulty('slow');
    const answer = patch(to, id(1), TARGET);
    while (to.requests()[0]?.fault !== 'slow') await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await written(to)).toBe(true);
    expect(to.requests()[0]?.status).toBeNull();
    expect((await answer).json.data).toMatchObject(TARGET);
  });
});

describe('faults and bad requests', () => {
  it.each([
    'reset-after',
    'cut-json',
    'empty',
    'huge',
    'wrong-echo',
    'wrong-number',
    'no-fields',
    'not-kept',
    'product-ignored',
    'phone-as-id',
    'campaign-lost',
    'success-drop',
  ])('%s does not make an unknown number known', async (kind) => {
    const to = await sandbox({ faults: [parseFault(`${kind}@unknown`)] });
    const answer = await patch(to, 'unknown', TARGET).catch(() => null);
    expect([404, undefined]).toContain(answer?.status);
    expect(to.snapshot().revision).toBe(0);
  });

  it('does not affect reads', async () => {
    const to = await sandbox({ faults: [parseFault('500=1')] });
    expect(await read(to, id(1))).toMatchObject({ id: id(1) });
    expect((await patch(to, id(1), TARGET)).status).toBe(500);
  });

  it('is played after the key and rate limit checks, and a refusal does not use it up', async () => {
    const to = await sandbox({ key: 'KEY-test', faults: [parseFault('422*1')], rateLimit: 2, rateWindowMs: 60_000 });
    expect((await patch(to, id(1), TARGET, { headers: { authorization: 'Bearer other' } })).status).toBe(401);
    expect((await patch(to, id(1), TARGET)).status).toBe(422);
    expect((await patch(to, id(1), TARGET)).status).toBe(200);
    expect((await patch(to, id(1), TARGET)).status).toBe(429);
    expect(to.requests().map((request) => request.fault)).toEqual([null, '422', null, null]);
  });

  it('every kind has a test in this file', () => {
    expect([...tested].sort()).toEqual(Object.keys(FAULT_KINDS).sort());
  });
});
