import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { call, callUrl, code, id, patch, profile, sandbox } from '../support/sandbox-client.ts';

const controlUrl = (to: Sandbox, path: string) => `http://127.0.0.1:${to.port}/_sandbox/${path}`;

describe('starting and closing', () => {
  it('has 1000 numbers and 3 profiles by default, at a loopback address', async () => {
    const to = await startSandbox();
    expect(to.url).toBe(`http://127.0.0.1:${to.port}/v2`);
    expect(to.snapshot().numbers).toHaveLength(1000);
    expect(to.snapshot().profiles).toHaveLength(3);
    await to.close();
    await expect(fetch(`${to.url}/messaging_profiles`)).rejects.toThrow();
    await to.close();
  });

  it('rejects when the port is taken', async () => {
    const { port } = await sandbox();
    await expect(sandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes while answers still wait for their latency', async () => {
    const to = await sandbox({ latencyMs: 60_000 });
    const waiting = call(to, '/messaging_profiles').catch(() => 'dropped');
    while (to.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await to.close();
    expect(await waiting).toBe('dropped');
  });

  it('waits the latency before each answer', async () => {
    const to = await sandbox({ latencyMs: 50 });
    const answers = [call(to, '/messaging_profiles'), patch(to, id(1), { messaging_product: 'P2P' })];
    while (to.requests().length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(to.requests().map((received) => received.status)).toEqual([null, null]);
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([200, 200]);
  });
});

it('records no status for a client that disconnects before the answer', async () => {
  const to = await sandbox({ latencyMs: 80 });
  const outcome = call(to, '/messaging_profiles', { signal: AbortSignal.timeout(20) }).catch(() => 'disconnected');
  expect(await outcome).toBe('disconnected');
  expect((await call(to, '/nowhere')).status).toBe(404);
  expect(to.requests().map((received) => received.status)).toEqual([null, 404]);
});

describe('HTTP', () => {
  it('keeps a connection open for the next request', async () => {
    const to = await sandbox();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = [];
    for (let n = 0; n < 3; n += 1) ports.push(await localPort(to, agent));
    agent.destroy();
    expect(new Set(ports).size).toBe(1);
  });

  it('sends a request id and a date with every answer', async () => {
    const to = await sandbox();
    const ids = [];
    for (const path of ['/messaging_profiles', '/nowhere', `/phone_numbers/${id(1)}/messaging`]) {
      const { headers } = await call(to, path);
      ids.push(headers.get('x-request-id'));
      expect(Number.isNaN(Date.parse(headers.get('date') ?? ''))).toBe(false);
    }
    expect(ids).toEqual(['sandbox-00000001', 'sandbox-00000002', 'sandbox-00000003']);
  });

  it.each([
    '/',
    '/phone_numbers',
    `/phone_numbers/${id(1)}`,
    `/phone_numbers/${id(1)}/messaging/x`,
    '/phone_numbers//messaging',
    '/messaging_profiles/',
    `/messaging_profiles/${profile(1)}/other`,
    `/messaging_profiles/${profile(1)}/phone_numbers/x`,
    '/moved',
  ])('answers 404 in JSON for %s', async (path) => {
    const to = await sandbox();
    for (const method of ['GET', 'PATCH']) {
      const answer = await call(to, path, method === 'GET' ? {} : { method, body: {} });
      expect([answer.status, code(answer)]).toEqual([404, '10005']);
    }
  });

  it('answers 404 outside /v2 without a key', async () => {
    const { port } = await sandbox();
    const answer = await callUrl(`http://127.0.0.1:${port}/v3/messaging_profiles`, { headers: { authorization: '' } });
    expect([answer.status, code(answer)]).toEqual([404, '10005']);
  });

  it.each([
    ['POST', '/phone_numbers/messaging', 'GET'],
    ['DELETE', '/messaging_profiles', 'GET'],
    ['PATCH', `/messaging_profiles/${profile(1)}`, 'GET'],
    ['PUT', `/phone_numbers/${id(1)}/messaging`, 'GET, PATCH'],
  ])('answers 405 to %s %s', async (method, path, allow) => {
    const answer = await call(await sandbox(), path, { method, body: {} });
    expect([answer.status, code(answer), answer.headers.get('allow')]).toEqual([405, '10030', allow]);
  });
});

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
      { method: 'GET', path: '/v2/messaging_profiles', id: null, body: null, status: 401, fault: null },
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

  it('has no other control routes', async () => {
    const to = await sandbox();
    expect((await callUrl(controlUrl(to, 'nothing'))).status).toBe(404);
    expect((await callUrl(controlUrl(to, 'state'), { method: 'POST' })).status).toBe(404);
    expect((await callUrl(controlUrl(to, 'reset-requests'))).status).toBe(404);
  });
});

function localPort(to: Sandbox, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${to.url}/messaging_profiles`,
      { agent, headers: { authorization: 'Bearer k' } },
      (answer) => {
        const port = answer.socket.localPort;
        answer.resume().on('end', () => resolve(port));
      },
    );
    sent.on('error', reject).end();
  });
}
