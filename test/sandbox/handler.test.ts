import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { call, callUrl, code, id, profile, sandbox } from '../support/sandbox/client.ts';

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
    ['PUT', `/messaging_profiles/${profile(1)}`, 'GET'],
    ['PATCH', '/messaging_numbers_bulk_updates', 'POST'],
    ['PATCH', '/10dlc/phone_number_campaigns', 'GET'],
    ['PUT', `/phone_numbers/${id(1)}/messaging`, 'GET, PATCH'],
  ])('answers 405 to %s %s', async (method, path, allow) => {
    const answer = await call(await sandbox(), path, { method, body: {} });
    expect([answer.status, code(answer), answer.headers.get('allow')]).toEqual([405, '10030', allow]);
  });
});

describe('operations that are documented and not imitated', () => {
  it.each([
    ['POST', '/10dlc/phone_number_campaigns'],
    ['PUT', '/10dlc/phone_number_campaigns/%2B13125550001'],
    ['DELETE', '/10dlc/phone_number_campaigns/%2B13125550001'],
    ['POST', '/messaging_profiles'],
    ['PATCH', `/messaging_profiles/${profile(1)}`],
    ['DELETE', `/messaging_profiles/${profile(1)}`],
    ['POST', `/messaging_profiles/${profile(1)}/actions/regenerate_secret`],
    ['GET', `/messaging_profiles/${profile(1)}/metrics`],
    ['POST', `/messaging_profiles/${profile(1)}/autoresp_configs`],
    ['GET', `/messaging_profiles/${profile(1)}/autoresp_configs/1`],
    ['PUT', `/messaging_profiles/${profile(1)}/autoresp_configs/1`],
    ['DELETE', `/messaging_profiles/${profile(1)}/autoresp_configs/1`],
    ['GET', '/messaging_hosted_numbers/1'],
    ['PATCH', '/messaging_hosted_numbers/1'],
    ['DELETE', '/messaging_hosted_numbers/1'],
    ['GET', '/phone_numbers?page[size]=1'],
    ['GET', '/phone_numbers/csv_downloads'],
    ['POST', '/phone_numbers/csv_downloads'],
    ['GET', '/phone_numbers/csv_downloads/1'],
    ['GET', '/short_codes'],
    ['GET', '/short_codes/1'],
    ['PATCH', '/short_codes/1'],
  ])('%s %s answers 501 with a sentence', async (method, path) => {
    const to = await sandbox();
    const { status, json } = await call(to, path, method === 'GET' ? {} : { method, body: {} });
    const sentence = `The sandbox does not imitate ${method} /v2${path.split('?')[0]}. Its README lists what it answers.`;
    expect([status, json.errors]).toEqual([501, [{ code: '10099', title: 'Not imitated', detail: sentence }]]);
    expect(to.snapshot().revision).toBe(0);
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
