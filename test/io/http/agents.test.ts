import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import { describe, expect, it } from 'vitest';
import { createAgents, isExempt, proxyFor } from '../../../src/io/http/agents.ts';

const API = 'https://api.telnyx.com/v2';
const PROXY = 'http://proxy.example.com:3128';

describe('isExempt', () => {
  it.each([
    ['', false],
    [' , ,', false],
    ['*', true],
    ['*:443', true],
    ['*:80', false],
    ['api.telnyx.com', true],
    ['API.Telnyx.COM', true],
    ['telnyx.com', true],
    ['.telnyx.com', true],
    ['*.telnyx.com', true],
    ['com', true],
    ['elnyx.com', false],
    ['xapi.telnyx.com', false],
    ['api.telnyx.com.evil.example', false],
    ['v2.api.telnyx.com', false],
    ['api.telnyx.com:443', true],
    ['api.telnyx.com:8443', false],
    ['telnyx.com:443', true],
    ['other.example, api.telnyx.com', true],
    ['other.example api.telnyx.com', true],
    ['other.example,\n\tapi.telnyx.com,', true],
    ['other.example', false],
    ['.', false],
    [':443', false],
    ['::1', false],
    ['10.0.0.0/8', false],
  ])('of %j: %s', (noProxy, exempt) => {
    expect(isExempt(new URL(API), noProxy)).toBe(exempt);
  });

  it.each([
    ['https://api.example.com:8443/v2', 'api.example.com:8443', true],
    ['https://api.example.com:8443/v2', 'api.example.com:443', false],
    ['http://api.example.com/v2', 'example.com:80', true],
    ['https://[2001:db8::1]/v2', '2001:db8::1', true],
    ['https://[2001:db8::1]/v2', '[2001:DB8::1]:443', true],
    ['https://[2001:db8::1]/v2', '[2001:db8::1]', true],
    ['https://[2001:db8::1]/v2', '2001:db8::2', false],
    ['https://10.1.2.3/v2', '10.1.2.3', true],
  ])('%s, NO_PROXY %j: %s', (url, noProxy, exempt) => {
    expect(isExempt(new URL(url), noProxy)).toBe(exempt);
  });
});

describe('proxyFor', () => {
  it.each([
    [API, {}, null],
    [API, { HTTPS_PROXY: '' }, null],
    [API, { HTTPS_PROXY: PROXY }, PROXY],
    [API, { https_proxy: PROXY }, PROXY],
    [API, { https_proxy: PROXY, HTTPS_PROXY: 'http://other.example:1' }, PROXY],
    [API, { https_proxy: '', HTTPS_PROXY: PROXY }, PROXY],
    [API, { HTTP_PROXY: PROXY }, null],
    [API, { HTTPS_PROXY: PROXY, NO_PROXY: 'telnyx.com' }, null],
    [API, { HTTPS_PROXY: PROXY, no_proxy: '*' }, null],
    [API, { HTTPS_PROXY: PROXY, NO_PROXY: 'example.com' }, PROXY],
    [API, { HTTPS_PROXY: 'proxy.example.com:3128' }, PROXY],
    [API, { HTTPS_PROXY: '10.0.0.1:3128' }, 'http://10.0.0.1:3128'],
    [API, { HTTPS_PROXY: 'https://u:p@proxy.example.com' }, 'https://u:p@proxy.example.com'],
    ['https://127.0.0.1:4010/v2', { HTTPS_PROXY: PROXY }, null],
    ['http://localhost:4010/v2', { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY }, null],
    ['http://[::1]:4010/v2', { HTTP_PROXY: PROXY }, null],
    ['http://api.example.com/v2', { HTTP_PROXY: PROXY }, PROXY],
    ['https://127.example.com/v2', { HTTPS_PROXY: PROXY }, PROXY],
  ])('%s with %j: %j', (url, environment, proxy) => {
    expect(proxyFor(new URL(url), environment)).toBe(proxy);
  });

  it.each(['socks5://secret.example:1080', 'http://secret:99999', 'http://', 'ftp://secret.example'])(
    'refuses what is no HTTP proxy without quoting it: %s',
    (proxy) => {
      const refuse = () => proxyFor(new URL(API), { HTTPS_PROXY: proxy });
      expect(refuse).toThrow(/^HTTPS_PROXY is not the URL of an HTTP proxy/);
      expect(refuse).not.toThrow(/secret/);
    },
  );
});

describe('createAgents', () => {
  it('creates plain agents without a proxy, with as many sockets as requests in flight', () => {
    const { http, https, destroy } = createAgents(API, 7, {});
    expect(http.constructor).toBe(HttpAgent);
    expect(https.constructor).toBe(HttpsAgent);
    for (const agent of [http, https])
      expect(agent).toMatchObject({ maxSockets: 7, maxFreeSockets: 7, keepAlive: true });
    destroy();
  });

  it('creates proxy agents with a proxy', () => {
    const { http, https, destroy } = createAgents(API, 3, { HTTPS_PROXY: 'proxy.example.com:3128' });
    expect(http).toBeInstanceOf(HttpProxyAgent);
    expect(https).toBeInstanceOf(HttpsProxyAgent);
    expect((https as HttpsProxyAgent & { proxy: URL }).proxy.href).toBe(`${PROXY}/`);
    expect(https).toMatchObject({ maxSockets: 3, keepAlive: true });
    destroy();
  });

  it('creates plain agents for a loopback address, whatever the environment says', () => {
    const { http, destroy } = createAgents('http://127.0.0.1:4010/v2', 3, { HTTP_PROXY: PROXY, ALL_PROXY: PROXY });
    expect(http).not.toBeInstanceOf(HttpProxyAgent);
    destroy();
  });

  it('refuses a host that is too long for any name', () => {
    expect(() => proxyFor(new URL(API), { HTTPS_PROXY: 'h'.repeat(120_000) })).toThrow(/^HTTPS_PROXY is not the URL/);
  });
});

describe('connections', () => {
  it('are as many as requests may be in flight, also when that changes', () => {
    const agents = createAgents(API, 4, {});
    agents.resize(9);
    expect([agents.http.maxSockets, agents.https.maxSockets, agents.https.maxFreeSockets]).toEqual([9, 9, 9]);
    agents.destroy();
  });
});
