import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, parseFault, type Sandbox } from '../../../src/sandbox/server.ts';
import { call, code, id, type Json, patch, profile, read, sandbox } from '../../support/sandbox/client.ts';

const ONE = `/phone_numbers/${id(1)}/messaging`;
const LISTS = ['/phone_numbers/messaging', '/messaging_profiles', `/messaging_profiles/${profile(1)}/phone_numbers`];
const PROFILE = `/messaging_profiles/${profile(1)}`;

const faulty = (...texts: string[]): Promise<Sandbox> => sandbox({ readFaults: texts.map(parseFault) });
const outcome = (to: Sandbox, path: string, signal?: AbortSignal) =>
  call(to, path, signal ? { signal } : {}).then(
    (answer) => answer.status,
    (reason: Error & { cause?: { code?: string } }) => reason.cause?.code ?? reason.name,
  );

describe('which reads are affected', () => {
  it('the reads of one number, by a fault with its id', async () => {
    const to = await faulty(`500@${id(1)}*2`);
    const paths = [...LISTS, PROFILE, `/phone_numbers/${id(2)}/messaging`, ONE, ONE, ONE];
    const results = [];
    for (const path of paths) results.push(await outcome(to, path));
    expect(results).toEqual([200, 200, 200, 200, 200, 500, 500, 200]);
    const faults = to.requests().map((request) => request.fault);
    expect(faults).toEqual([null, null, null, null, null, '500', '500', null]);
  });

  it('the first of all reads', async () => {
    const to = await faulty('503*3');
    const results = [];
    for (const path of [...LISTS, PROFILE, ONE]) results.push(await outcome(to, path));
    expect(results).toEqual([503, 503, 503, 200, 200]);
  });

  it('all reads by chance, the same for the same seed', async () => {
    const always = await faulty('500=1');
    for (const path of [...LISTS, PROFILE, ONE]) expect(await outcome(always, path)).toBe(500);
    const run = async (seed: number) => {
      const to = await sandbox({ seed, readFaults: [parseFault('500=0.5')] });
      const results = [];
      for (let n = 1; n <= 10; n += 1) {
        for (const path of [`/phone_numbers/${id(n)}/messaging`, `${LISTS[0]}?page[number]=${n}`, PROFILE]) {
          results.push(await outcome(to, path));
        }
      }
      return results;
    };
    const first = await run(5);
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(await run(5)).toEqual(first);
    expect(await run(6)).not.toEqual(first);
  });

  it('not writes, and write faults do not affect reads or use up read faults', async () => {
    const to = await sandbox({ readFaults: [parseFault('500*1')], faults: [parseFault('422*1')] });
    expect((await patch(to, id(1), {})).status).toBe(422);
    expect((await patch(to, id(1), {})).status).toBe(200);
    expect(await outcome(to, ONE)).toBe(500);
    expect(await outcome(to, ONE)).toBe(200);
  });

  it('not unknown paths, control routes or refused requests', async () => {
    const to = await sandbox({ readFaults: [parseFault('500*1')], key: 'KEY-test' });
    expect(await outcome(to, '/nowhere')).toBe(404);
    expect((await call(to, ONE, { headers: { authorization: '' } })).status).toBe(404);
    expect((await call(to, ONE, { headers: { authorization: 'Bearer other' } })).status).toBe(401);
    expect(await outcome(to, '/../_sandbox/state')).toBe(200);
    expect(await outcome(to, ONE)).toBe(500);
  });

  it('an unknown number or profile too, which stays unknown', async () => {
    const to = await faulty('wrong-echo@unknown', 'no-fields@unknown', '500@other');
    expect(await outcome(to, '/phone_numbers/unknown/messaging')).toBe(404);
    expect(await outcome(to, '/phone_numbers/other/messaging')).toBe(500);
    expect(await outcome(await faulty('wrong-echo=1'), `/messaging_profiles/${profile(9)}`)).toBe(404);
  });
});

describe('the affected read', () => {
  const kinds = Object.keys(FAULT_KINDS);
  const errors = kinds.filter((kind) => /^[3-5]\d\d/.test(kind));

  it.each(errors)('%s answers with its status, for one number and for a list', async (kind) => {
    const to = await faulty(`${kind}*2`);
    expect(await outcome(to, ONE)).toBe(Number(kind.slice(0, 3)));
    expect(await outcome(to, LISTS[0] as string)).toBe(Number(kind.slice(0, 3)));
  });

  it.each(['reset', 'reset-after'])('%s drops the answer', async (kind) => {
    const to = await faulty(`${kind}*2`);
    expect([await outcome(to, ONE), await outcome(to, PROFILE)]).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(await outcome(to, ONE)).toBe(200);
  });

  it('hang never answers, cut stops midway', async () => {
    expect(await outcome(await faulty('hang*1'), ONE, AbortSignal.timeout(100))).toBe('TimeoutError');
    expect(await outcome(await faulty('cut*1'), LISTS[0] as string)).not.toBe(200);
  });

  it('cut-json, empty and huge corrupt the body', async () => {
    const to = await faulty('cut-json*1', 'empty*1', 'huge*1');
    const cut = await call(to, ONE);
    expect([cut.status, cut.json, cut.text.startsWith('{"data":{')]).toEqual([200, undefined, true]);
    const empty = await call(to, ONE);
    expect([empty.status, empty.text]).toEqual([200, '']);
    expect((await call(to, ONE)).text.length).toBeGreaterThan(8 * 1024 * 1024);
  });

  it('slow is the true answer, later', async () => {
    const to = await faulty('slow*1');
    const from = performance.now();
    const slow = await call(to, ONE);
    expect(performance.now() - from).toBeGreaterThan(1900);
    expect(slow.json).toEqual((await call(to, ONE)).json);
  });

  it('redirect and not-eligible answer as for a write', async () => {
    const to = await faulty('redirect*1', 'not-eligible*1');
    expect((await call(to, ONE)).headers.get('location')).toBe('/v2/moved');
    expect(code(await call(to, ONE))).toBe('40324');
  });

  it('wrong-echo shows another profile and product, for one number and for each in a list', async () => {
    const to = await faulty(`wrong-echo@${id(1)}*1`, 'wrong-echo*1');
    const wrong = (await call(to, ONE)).json.data;
    const list = await call(to, LISTS[0] as string);
    const right = await read(to, id(1));
    expect(wrong).toMatchObject({ id: id(1), messaging_product: 'P2P', traffic_type: 'P2P' });
    expect(wrong.messaging_profile_id).not.toBe(right.messaging_profile_id);
    const products = (answer: Json) => new Set(answer.json.data.map((number: Json) => number.messaging_product));
    expect(list.json.meta.total_results).toBe(10);
    expect([products(list), products(await call(to, LISTS[0] as string))]).toEqual([
      new Set(['P2P']),
      new Set(['A2P']),
    ]);
  });

  it('wrong-number and no-fields change one number and each in a list', async () => {
    const to = await faulty('wrong-number*2', 'no-fields*2');
    expect((await call(to, ONE)).json.data.phone_number).toBe('+18889999999');
    const list = (await call(to, LISTS[0] as string)).json.data;
    expect(new Set(list.map((number: Json) => number.phone_number))).toEqual(new Set(['+18889999999']));
    for (const path of [ONE, LISTS[0] as string]) {
      for (const number of [(await call(to, path)).json.data].flat()) {
        expect(Object.keys(number)).not.toContain('messaging_profile_id');
        expect(Object.keys(number)).not.toContain('messaging_product');
      }
    }
  });

  it('no-meta leaves out the counts of a list', async () => {
    const to = await faulty('no-meta=1');
    const { json } = await call(to, LISTS[0] as string);
    expect([Object.keys(json), json.data.length]).toEqual([['data'], 10]);
    const campaigns = await call(to, '/10dlc/phone_number_campaigns');
    expect(Object.keys(campaigns.json)).toEqual(['records', 'page']);
    expect((await call(to, ONE)).json.data.id).toBe(id(1));
  });

  it('those three kinds do not change profiles', async () => {
    const to = await faulty('wrong-echo*1', 'wrong-number*1', 'no-fields*1');
    const results = [];
    for (let n = 0; n < 4; n += 1) results.push((await call(to, PROFILE)).json);
    expect(results).toEqual(Array(4).fill(results[3]));
  });

  it('never changes the account, whatever the kind', async () => {
    const to = await faulty(
      ...kinds.filter((kind) => !['hang', 'hang-after', 'slow'].includes(kind)).map((kind) => `${kind}*1`),
    );
    const before = to.snapshot();
    for (let n = 0; n < kinds.length; n += 1) await outcome(to, ONE);
    expect(to.snapshot()).toEqual(before);
    expect(await outcome(to, ONE)).toBe(200);
  });
});
