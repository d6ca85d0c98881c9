import { afterAll, describe, expect, it } from 'vitest';
import {
  FAULT_KINDS,
  parseBulkFault,
  parseFault,
  type Sandbox,
  type SandboxOptions,
} from '../../src/sandbox/server.ts';
import {
  type Answer,
  type CallOptions,
  call,
  id,
  type Json,
  patch,
  profile,
  sandbox,
} from '../support/sandbox/client.ts';
import { createChecker, DOCUMENT, documentedOperations, type Operation } from './checker.ts';

const check = createChecker(DOCUMENT);
const LIST: Operation = { method: 'get', path: '/phone_numbers/messaging' };
const GET_NUMBER: Operation = { method: 'get', path: '/phone_numbers/{id}/messaging' };
const PATCH_NUMBER: Operation = { method: 'patch', path: '/phone_numbers/{id}/messaging' };
const PROFILES: Operation = { method: 'get', path: '/messaging_profiles' };
const PROFILE: Operation = { method: 'get', path: '/messaging_profiles/{profileId}' };
const PROFILE_NUMBERS: Operation = { method: 'get', path: '/messaging_profiles/{profileId}/phone_numbers' };
const VERIFY: Operation = { method: 'post', path: '/phone_numbers/actions/verify_ownership' };
const SLIM: Operation = { method: 'get', path: '/phone_numbers/slim' };
const SHORT_CODES: Operation = { method: 'get', path: '/messaging_profiles/{profileId}/short_codes' };
const ALPHANUMERIC_SENDERS: Operation = {
  method: 'get',
  path: '/messaging_profiles/{profileId}/alphanumeric_sender_ids',
};
const KEYWORD_ANSWERS: Operation = { method: 'get', path: '/messaging_profiles/{profileId}/autoresp_configs' };
const HOSTED_NUMBERS: Operation = { method: 'get', path: '/messaging_hosted_numbers' };
const HOSTED_NUMBERS_2: Operation = { method: 'get', path: '/messaging/hosted/numbers' };
const OPT_OUTS: Operation = { method: 'get', path: '/messaging_optouts' };
const CAMPAIGNS: Operation = { method: 'get', path: '/10dlc/phone_number_campaigns' };
const CAMPAIGN: Operation = { method: 'get', path: '/10dlc/phone_number_campaigns/{phoneNumber}' };
const PLACE_ORDER: Operation = { method: 'post', path: '/messaging_numbers_bulk_updates' };
const READ_ORDER: Operation = { method: 'get', path: '/messaging_numbers_bulk_updates/{orderId}' };
const ORDER = { messaging_profile_id: profile(2), numbers: ['+18000000001', '+18000000002', '+15550001'] };
const LONG_CODE = '+18000000021';
const READS: [Operation, string][] = [
  [LIST, '/phone_numbers/messaging'],
  [GET_NUMBER, `/phone_numbers/${id(1)}/messaging`],
  [PROFILES, '/messaging_profiles'],
  [PROFILE, `/messaging_profiles/${profile(1)}`],
  [PROFILE_NUMBERS, `/messaging_profiles/${profile(1)}/phone_numbers`],
  [SLIM, '/phone_numbers/slim'],
  [SHORT_CODES, `/messaging_profiles/${profile(1)}/short_codes`],
  [ALPHANUMERIC_SENDERS, `/messaging_profiles/${profile(1)}/alphanumeric_sender_ids`],
  [KEYWORD_ANSWERS, `/messaging_profiles/${profile(1)}/autoresp_configs`],
  [HOSTED_NUMBERS, `/messaging_hosted_numbers?filter[messaging_profile_id]=${profile(1)}`],
  [HOSTED_NUMBERS_2, '/messaging/hosted/numbers'],
  [OPT_OUTS, '/messaging_optouts'],
  [CAMPAIGNS, '/10dlc/phone_number_campaigns'],
  [CAMPAIGN, `/10dlc/phone_number_campaigns/${encodeURIComponent(LONG_CODE)}`],
];
const checked = new Set<string>();

function problems(operation: Operation, answer: Answer): string[] {
  return check(operation, answer.status, answer.headers.get('content-type'), answer.json ?? answer.text);
}

/** Fails unless the answer has this status and conforms to the document. */
function expectConforming(operation: Operation, status: number, answer: Answer): void {
  expect([answer.status, problems(operation, answer)]).toEqual([status, []]);
  checked.add(`${operation.method} ${operation.path} ${status}`);
}

function post(to: Sandbox, path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
  return call(to, path, { method: 'POST', body, ...options });
}

async function patched(body: unknown, options: SandboxOptions = {}, number = id(1)): Promise<Answer> {
  return patch(await sandbox(options), number, body);
}

describe('success answers conform to the document', () => {
  it('for every read', async () => {
    const to = await sandbox({ numbers: 60 });
    for (const [operation, path] of READS) {
      const answer = await call(to, path);
      expectConforming(operation, 200, answer);
      expect(answer.json.data ?? answer.json.records ?? [answer.json]).not.toEqual([]);
    }
  });

  it('for a list of numbers of every type', async () => {
    const to = await sandbox({ numbers: 250 });
    for (const [operation, path] of [READS[0], READS[5]] as [Operation, string][]) {
      const answer = await call(to, `${path}?page[size]=250&include_tags=true`);
      expectConforming(operation, 200, answer);
      const types = answer.json.data.map((row: Json) => row.type ?? row.phone_number_type);
      expect(new Set(types).size).toBeGreaterThan(4);
    }
  });

  it.each([[[]], [['failed=1']], [['pending=1']], [['pending=0.5*1', 'cut=2']]])(
    'for a bulk order with %j',
    async (faults) => {
      const to = await sandbox({ bulkFaults: faults.map(parseBulkFault) });
      const placed = await post(to, PLACE_ORDER.path, ORDER);
      expectConforming(PLACE_ORDER, 200, placed);
      expectConforming(READ_ORDER, 200, await call(to, `${PLACE_ORDER.path}/${placed.json.data.order_id}`));
    },
  );

  it.each([
    ['assign', { messaging_profile_id: profile(2) }],
    ['assign and product', { messaging_profile_id: profile(2), messaging_product: 'P2P' }],
    ['unassign', { messaging_profile_id: '' }],
    ['keep', { messaging_profile_id: null, messaging_product: null }],
    ['nothing', {}],
    ['tags', { tags: ['night', 'test'] }],
  ])('for a PATCH: %s, and for the reads after it', async (_, body) => {
    const to = await sandbox();
    expectConforming(PATCH_NUMBER, 200, await patch(to, id(1), body));
    expectConforming(GET_NUMBER, 200, await call(to, `/phone_numbers/${id(1)}/messaging`));
    expectConforming(LIST, 200, await call(to, '/phone_numbers/messaging'));
  });

  it.each([
    'page[number]=2&page[size]=3',
    'page[number]=99',
    'filter[phone_number]=%2B18000000001,%2B18000000002',
    'filter[phone_number][contains]=000',
    `filter[messaging_profile_id]=${profile(1)}`,
    `filter[messaging_profile_id]=${profile(99)}`,
    'filter[type]=tollfree',
    'filter[type]=longcode',
    'filter[type]=shortcode',
    'sort[phone_number]=asc',
    'sort[phone_number]=desc',
  ])('for the list with %s', async (query) => {
    expectConforming(LIST, 200, await call(await sandbox(), `/phone_numbers/messaging?${query}`));
  });

  it.each(['page[size]=1', 'filter[name]=Profile 1', 'filter[name][eq]=None', 'filter[name][contains]=2'])(
    'for the profiles with %s',
    async (query) => {
      expectConforming(PROFILES, 200, await call(await sandbox(), `/messaging_profiles?${query}`));
    },
  );

  it('for given numbers and profiles', async () => {
    const pool = { toll_free_weight: 1, long_code_weight: 2, skip_unhealthy: true, sticky_sender: true };
    const first = await sandbox({ numbers: [{ id: 'a', phone_number: '+12125550100' }], profiles: 1 });
    const state = first.snapshot();
    for (const one of state.profiles) Object.assign(one, { number_pool_settings: pool, webhook_url: null });
    const to = await sandbox({ state });
    expectConforming(LIST, 200, await call(to, '/phone_numbers/messaging'));
    expectConforming(PROFILE, 200, await call(to, `/messaging_profiles/${profile(1)}`));
  });

  it('for verify_ownership', async () => {
    const body = { phone_numbers: ['+18000000001', '+15550001'] };
    expectConforming(VERIFY, 200, await post(await sandbox(), VERIFY.path, body));
  });

  it('with whole numbers in the rate limit headers', async () => {
    const answer = await call(await sandbox({ rateLimit: 5 }), '/messaging_profiles');
    for (const name of Object.keys(headersOf(PROFILES))) expect(answer.headers.get(name)).toMatch(/^\d+$/);
  });
});

describe('errors conform to the document', () => {
  it('401 and 429, for every operation', async () => {
    const to = await sandbox({ rateLimit: 1, rateWindowMs: 60_000, key: 'KEY-test' });
    const wrongKey = { headers: { authorization: 'Bearer other' } };
    for (const [operation, path] of READS) expectConforming(operation, 401, await call(to, path, wrongKey));
    expectConforming(PATCH_NUMBER, 401, await patch(to, id(1), {}, wrongKey));
    expectConforming(VERIFY, 401, await post(to, VERIFY.path, {}, wrongKey));
    expectConforming(PLACE_ORDER, 401, await post(to, PLACE_ORDER.path, ORDER, wrongKey));
    expectConforming(READ_ORDER, 401, await call(to, `${PLACE_ORDER.path}/1`, wrongKey));
    await call(to, '/messaging_profiles');
    for (const [operation, path] of READS) expectConforming(operation, 429, await call(to, path));
    expectConforming(PATCH_NUMBER, 429, await patch(to, id(1), {}));
    expectConforming(VERIFY, 429, await post(to, VERIFY.path, {}));
    expectConforming(PLACE_ORDER, 429, await post(to, PLACE_ORDER.path, ORDER));
    expectConforming(READ_ORDER, 429, await call(to, `${PLACE_ORDER.path}/1`));
  });

  it('404, for every operation with an id', async () => {
    const to = await sandbox();
    expectConforming(GET_NUMBER, 404, await call(to, '/phone_numbers/1/messaging'));
    expectConforming(PATCH_NUMBER, 404, await patch(to, '1', {}));
    expectConforming(PROFILE, 404, await call(to, `/messaging_profiles/${profile(99)}`));
    expectConforming(PROFILE_NUMBERS, 404, await call(to, `/messaging_profiles/${profile(99)}/phone_numbers`));
    for (const operation of [SHORT_CODES, ALPHANUMERIC_SENDERS, KEYWORD_ANSWERS]) {
      expectConforming(operation, 404, await call(to, operation.path.replace('{profileId}', profile(99))));
    }
    expectConforming(CAMPAIGN, 404, await call(to, '/10dlc/phone_number_campaigns/%2B18000000001'));
    expectConforming(READ_ORDER, 404, await call(to, `${PLACE_ORDER.path}/${profile(1)}`));
  });

  it('400 of the lists and 405', async () => {
    const to = await sandbox();
    for (const query of ['page[size]=251', 'page[number]=0', 'filter[type]=x', 'sort[phone_number]=x']) {
      expectConforming(LIST, 400, await call(to, `/phone_numbers/messaging?${query}`));
    }
    expectConforming(PROFILES, 400, await call(to, '/messaging_profiles?page[size]=0'));
    expectConforming(LIST, 405, await call(to, '/phone_numbers/messaging', { method: 'DELETE' }));
  });

  it.each<[Operation, string]>([
    [SLIM, '/phone_numbers/slim?sort=x'],
    [SLIM, '/phone_numbers/slim?filter[number_type][eq]=x'],
    [SHORT_CODES, `/messaging_profiles/${profile(1)}/short_codes?page[size]=0`],
    [ALPHANUMERIC_SENDERS, `/messaging_profiles/${profile(1)}/alphanumeric_sender_ids?page[size]=0`],
    [KEYWORD_ANSWERS, `/messaging_profiles/${profile(1)}/autoresp_configs?page[size]=251`],
    [HOSTED_NUMBERS, '/messaging_hosted_numbers?filter[messaging_profile_id]=x'],
    [HOSTED_NUMBERS_2, '/messaging/hosted/numbers?sort[phone_number]=x'],
    [OPT_OUTS, '/messaging_optouts?page[number]=0'],
    [OPT_OUTS, '/messaging_optouts?created_at[gte]=soon'],
    [CAMPAIGNS, '/10dlc/phone_number_campaigns?page=0'],
    [CAMPAIGNS, '/10dlc/phone_number_campaigns?recordsPerPage=501'],
    [CAMPAIGNS, '/10dlc/phone_number_campaigns?sort=x'],
  ])('400 of %j with %s', async (operation, path) => {
    expectConforming(operation, 400, await call(await sandbox(), path));
  });

  it('400, 404 and 422 of a bulk order', async () => {
    const to = await sandbox();
    expectConforming(PLACE_ORDER, 400, await post(to, PLACE_ORDER.path, {}));
    expectConforming(
      PLACE_ORDER,
      422,
      await post(to, PLACE_ORDER.path, { ...ORDER, messaging_profile_id: profile(9) }),
    );
    expectConforming(PLACE_ORDER, 404, await post(await sandbox({ everyAnswer: '404' }), PLACE_ORDER.path, ORDER));
  });

  it('501', async () => {
    expectConforming(LIST, 501, await call(await sandbox(), '/phone_numbers'));
  });

  it('400, 404 and 422 of verify_ownership', async () => {
    const to = await sandbox();
    expectConforming(VERIFY, 400, await post(to, VERIFY.path, {}));
    expectConforming(VERIFY, 422, await post(to, VERIFY.path, { phone_numbers: ['x'] }));
    expectConforming(VERIFY, 404, await post(await sandbox({ everyAnswer: '404' }), VERIFY.path, {}));
  });

  it.each([
    [400, '{'],
    [400, []],
    [400, { messaging_profile_id: 'sales' }],
    [400, { messaging_product: 1 }],
    [422, { messaging_profile_id: profile(99) }],
    [422, { messaging_product: 'XYZ' }],
  ])('%i of a PATCH of %j', async (status, body) => {
    expectConforming(PATCH_NUMBER, status, await patched(body));
    expectConforming(PATCH_NUMBER, status, await patched(body, { quoteKey: true }));
  });

  it.each(Object.keys(FAULT_KINDS).filter((kind) => /^[4-5]\d\d/.test(kind)))('the fault %s', async (kind) => {
    const answer = await patched({}, { faults: [parseFault(`${kind}=1`)] });
    expectConforming(PATCH_NUMBER, Number(kind.slice(0, 3)), answer);
  });
});

describe('the checker', () => {
  const answerTo = async (operation: Operation, path: string, change: (json: Json) => void): Promise<string[]> => {
    const answer = await call(await sandbox(), path);
    expect(problems(operation, answer)).toEqual([]);
    change(answer.json);
    return problems(operation, answer);
  };
  const number = `/phone_numbers/${id(1)}/messaging`;

  it.each<[string, (json: Json) => void, string]>([
    ['an id that is a number', (json) => Object.assign(json.data, { id: 129338426107573 }), '/data/id must be string'],
    ['a null that is not allowed', (json) => Object.assign(json.data, { phone_number: null }), '/data/phone_number'],
    ['a value outside its enum', (json) => Object.assign(json.data, { type: 'fax' }), '/data/type'],
    ['a text that is not a date', (json) => Object.assign(json.data, { updated_at: 'today' }), '/data/updated_at'],
    [
      'a text that does not match its pattern',
      (json) => Object.assign(json.data, { country_code: 'us' }),
      '/data/country_code',
    ],
    ['a missing required property', (json) => delete json.data.health.spam_ratio, '/data/health'],
    ['an unknown property', (json) => Object.assign(json.data, { colour: 'red' }), '/data must NOT have additional'],
    ['no data', (json) => delete json.data, 'data is missing'],
  ])('refuses %s', async (_, change, problem) => {
    expect((await answerTo(GET_NUMBER, number, change)).join()).toContain(problem);
  });

  it('accepts null exactly if the document allows it', async () => {
    const setNull = (name: string) => (json: Json) => Object.assign(json.data, { [name]: null });
    expect(await answerTo(GET_NUMBER, number, setNull('messaging_profile_id'))).toEqual([]);
    expect(await answerTo(GET_NUMBER, number, (json) => Object.assign(json.data.features, { sms: null }))).toEqual([]);
    expect(await answerTo(GET_NUMBER, number, setNull('features'))).not.toEqual([]);
  });

  it('refuses a page without counts and an error without a code', async () => {
    expect(await answerTo(LIST, '/phone_numbers/messaging', (json) => delete json.meta.total_pages)).not.toEqual([]);
    expect(check(GET_NUMBER, 404, 'application/json', { errors: [{ title: 'x' }] })).not.toEqual([]);
    expect(check(GET_NUMBER, 404, 'application/json', { errors: [{ code: 10005, title: 'x' }] })).not.toEqual([]);
    expect(check(GET_NUMBER, 418, 'application/json', {})).toEqual(['errors is missing']);
  });

  it('refuses an undocumented status, content type or operation', () => {
    expect(check(GET_NUMBER, 302, null, '')).toEqual(['status 302 is not documented']);
    expect(check(GET_NUMBER, 200, 'text/html', '')).toEqual(['content type text/html is not documented for 200']);
    expect(check({ method: 'patch', path: '/nowhere' }, 200, null, '')).toEqual(['patch /nowhere is not documented']);
  });

  it('refuses the answers of faults that change the body', async () => {
    const faulty = (kind: string) => patched({}, { faults: [parseFault(`${kind}=1`)] });
    for (const kind of ['cut-json', 'empty', 'huge']) {
      expect(problems(PATCH_NUMBER, await faulty(kind))).not.toEqual([]);
    }
    // These conform: a client that checks only the shape of an answer would accept them.
    for (const kind of ['wrong-echo', 'wrong-number', 'no-fields']) {
      expect(problems(PATCH_NUMBER, await faulty(kind))).toEqual([]);
    }
  });
});

function headersOf({ method, path }: Operation): Record<string, unknown> {
  return (DOCUMENT as Json).paths[path][method].responses['200'].headers;
}

// These tests play faults for PATCH only, so nothing else gets 403. Every text is a valid id of a number, so its GET gets
// no 400, and an order is only read.
const NOT_SENT = [
  ...READS.map(([operation]) => `get ${operation.path} 403`).filter((one) => documented().includes(one)),
  `get ${GET_NUMBER.path} 400`,
  `get ${READ_ORDER.path} 400`,
  `get ${READ_ORDER.path} 403`,
  `get ${READ_ORDER.path} 422`,
  `post ${PLACE_ORDER.path} 403`,
  // The other path of orders, which the sandbox does not have.
  ...documented().filter((one) => one.includes('/messaging_numbers/bulk_updates')),
];

function documented(): string[] {
  return documentedOperations().flatMap(({ method, path, statuses }) =>
    statuses.filter((status) => /^\d+$/.test(status)).map((status) => `${method} ${path} ${status}`),
  );
}

afterAll(() => {
  expect(
    documented()
      .filter((one) => !checked.has(one))
      .sort(),
  ).toEqual([...NOT_SENT].sort());
});
