import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { call, callUrl, id, patch, sandbox } from '../support/sandbox/client.ts';

const controlUrl = (to: Sandbox, path: string) => `http://127.0.0.1:${to.port}/_sandbox/${path}`;

describe('the recorded requests', () => {
  it('are in order of arrival, with body and status', async () => {
    const to = await sandbox();
    await patch(to, id(1), { messaging_product: 'P2P' });
    await patch(to, 'no%2Done', '{oops');
    await call(to, '/phone_numbers/messaging?page[size]=1');
    await call(to, '/messaging_profiles', { headers: { authorization: '' } });
    const requests = to.requests();
    expect(requests.map(({ at_ms: _, ...rest }) => rest)).toEqual([
      {
        method: 'PATCH',
        path: `/v2/phone_numbers/${id(1)}/messaging`,
        id: id(1),
        body: { messaging_product: 'P2P' },
        status: 200,
        fault: null,
      },
      {
        method: 'PATCH',
        path: '/v2/phone_numbers/no%2Done/messaging',
        id: 'no-one',
        body: '{oops',
        status: 400,
        fault: null,
      },
      {
        method: 'GET',
        path: '/v2/phone_numbers/messaging?page[size]=1',
        id: null,
        body: null,
        status: 200,
        fault: null,
      },
      { method: 'GET', path: '/v2/messaging_profiles', id: null, body: null, status: 404, fault: null },
    ]);
    const times = requests.map((received) => received.at_ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('are empty if recording is off', async () => {
    const to = await sandbox({ recordRequests: false });
    expect((await call(to, '/messaging_profiles')).status).toBe(200);
    expect(to.requests()).toEqual([]);
  });

  it('can be read and cleared over HTTP without a key', async () => {
    const to = await sandbox();
    await call(to, '/messaging_profiles');
    await patch(to, id(1), { messaging_product: 'P2P' });
    const keyless = { headers: { authorization: '' } };
    const lines = (await callUrl(controlUrl(to, 'requests'), keyless)).text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(to.requests());
    expect((await callUrl(controlUrl(to, 'reset-requests'), { method: 'POST', ...keyless })).status).toBe(204);
    expect(to.requests()).toEqual([]);
    expect((await callUrl(controlUrl(to, 'requests'))).text).toBe('');
  });
});

describe('the state', () => {
  it('can be saved as JSON and loaded again', async () => {
    const first = await sandbox({ numbers: 25, profiles: 2 });
    await patch(first, id(1), { messaging_profile_id: '', messaging_product: 'P2P', tags: ['x'] });
    const kept = JSON.parse(JSON.stringify(first.snapshot()));
    expect(kept).toEqual(first.snapshot());
    const second = await sandbox({ state: kept, numbers: 3 });
    expect(second.snapshot()).toEqual(first.snapshot());
    await patch(second, id(2), { messaging_product: 'P2P' });
    expect(second.snapshot().revision).toBe(2);
    expect(kept).toEqual(first.snapshot());
  });

  it('can set the organization', async () => {
    const state = { numbers: [], profiles: [], organization_id: 'other' };
    const to = await sandbox({ state });
    expect(to.snapshot()).toEqual({ ...state, revision: 0 });
  });

  it('contains no secret, and copies are independent', async () => {
    const to = await sandbox();
    const copy = to.snapshot();
    expect(JSON.stringify(copy)).not.toContain('secret');
    for (const number of copy.numbers) number.messaging_product = 'X';
    expect(to.snapshot().numbers[0]?.messaging_product).toBe('A2P');
  });

  it.each([0, 1, 1000, 2500])('is one JSON document over HTTP with %i numbers', async (numbers) => {
    const to = await sandbox({ numbers });
    expect((await callUrl(controlUrl(to, 'state'))).json).toEqual(to.snapshot());
  });

  it('is complete for a slow reader', async () => {
    const to = await sandbox({ numbers: 30_000 });
    expect((await callUrl(controlUrl(to, 'state'))).json.numbers).toHaveLength(30_000);
  });
});

it('answers 404 to other control requests', async () => {
  const to = await sandbox();
  expect((await callUrl(controlUrl(to, 'nothing'))).status).toBe(404);
  expect((await callUrl(controlUrl(to, 'state'), { method: 'POST' })).status).toBe(404);
  expect((await callUrl(controlUrl(to, 'reset-requests'))).status).toBe(404);
});
