import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { id, sandbox } from '../support/sandbox/client.ts';

/** With node:http, because `fetch` does not let a caller set Host, Origin and Sec-Fetch-Site. */
function statusOf(to: Sandbox, headers: Record<string, string>, method: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const all = { authorization: 'Bearer k', 'content-type': 'text/plain', ...headers };
    request({ host: '127.0.0.1', port: to.port, path, method, headers: all }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    })
      .on('error', reject)
      .end(
        method === 'POST' || method === 'PATCH' ? JSON.stringify({ id: id(1), messaging_product: 'P2P' }) : undefined,
      );
  });
}

const REQUESTS = [
  ['GET', '/v2/messaging_profiles', 200],
  ['GET', '/_sandbox/state', 200],
  ['GET', '/_sandbox/requests', 200],
  ['POST', '/_sandbox/edit', 204],
  ['PATCH', `/v2/phone_numbers/${id(1)}/messaging`, 200],
] as const;

describe('requests that a web page may have caused', () => {
  it.each([
    [{ host: 'evil.example' }],
    [{ host: 'evil.example:4010' }],
    [{ host: '127.0.0.1.evil.example' }],
    [{ host: 'localhost.evil.example' }],
    [{ host: '10.0.0.1' }],
    [{ host: '[fe80::1]' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'http://127.0.0.1:1' }],
    [{ origin: 'http://localhost.evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('with %j are refused, and neither recorded nor counted', async (headers: Record<string, string>) => {
    const to = await sandbox({ revokeAfter: 1 });
    for (const [method, path] of REQUESTS) expect(await statusOf(to, headers, method, path)).toBe(403);
    expect([to.requests(), to.snapshot().revision]).toEqual([[], 0]);
    expect(await statusOf(to, {}, 'GET', '/v2/messaging_profiles')).toBe(200);
  });

  it.each([
    [{ host: 'localhost' }],
    [{ host: 'LOCALHOST:4010' }],
    [{ host: '127.0.0.1:1' }],
    [{ host: '127.8.9.1' }],
    [{ host: '[::1]:4010' }],
    [{ host: 'localhost:4010', origin: 'http://localhost:4010' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ 'sec-fetch-site': 'same-origin' }],
  ])('with %j are answered', async (headers: Record<string, string>) => {
    const to = await sandbox();
    for (const [method, path, status] of REQUESTS) expect(await statusOf(to, headers, method, path)).toBe(status);
  });
});
