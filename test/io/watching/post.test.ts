import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { networkErrorText } from '../../../src/io/http/network-errors.ts';
import { createPost, type Message } from '../../../src/io/watching/post.ts';
import { httpServer, tcpServer } from '../../support/io/servers.ts';

/** Sends one message, and returns what became of it. */
async function post(message: Message, env: Record<string, string> = {}, signal = new AbortController().signal) {
  const client = createPost(message.url, 'telnyx-reassign/1', env);
  try {
    return await client.post(message, signal);
  } finally {
    client.close();
  }
}

it('posts a body with its type, or gets a URL', async () => {
  const seen: unknown[] = [];
  const { url } = await httpServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { method, url: path, headers } = request;
      seen.push([method, path, headers['content-type'], headers['user-agent'], headers.authorization, text]);
      response.writeHead(204).end();
    });
  });
  const body = { type: 'application/json', text: '{"text":"é"}' };
  expect(await post({ url: `${url}/hook?a=b`, body })).toEqual({ ok: true });
  expect(await post({ url: `${url}/start` })).toEqual({ ok: true });
  expect(seen).toEqual([
    ['POST', '/v2/hook?a=b', 'application/json', 'telnyx-reassign/1', undefined, '{"text":"é"}'],
    ['GET', '/v2/start', undefined, 'telnyx-reassign/1', undefined, ''],
  ]);
});

it.each([
  [500, true, 'it answered HTTP 500'],
  [429, true, 'it answered HTTP 429'],
  [408, true, 'it answered HTTP 408'],
  [404, false, 'it answered HTTP 404'],
  [302, false, 'it answered HTTP 302, and redirects are not followed'],
])('an answer %i is a failure; another try may help: %s', async (status, again, why) => {
  let requests = 0;
  const { url } = await httpServer((_, response) => {
    requests += 1;
    response.writeHead(status, { location: '/elsewhere' }).end('x');
  });
  expect(await post({ url: `${url}/t0ken` })).toEqual({ ok: false, again, why });
  expect(requests).toBe(1);
});

it('does not wait for the end of an answer', async () => {
  const { url } = await httpServer((_, response) => void response.writeHead(200).write('and so on'));
  expect(await post({ url })).toEqual({ ok: true });
});

it('says what the network did, and never shows the URL', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const refused = await post({ url: `http://127.0.0.1:${port}/t0ken` });
  expect(refused).toEqual({ ok: false, again: true, why: 'the connection was refused (ECONNREFUSED)' });
  const { url } = await tcpServer((socket) => socket.end('nonsense\r\n\r\n'));
  const garbled = await post({ url: `${url}/t0ken` });
  expect(garbled).toEqual({ ok: false, again: true, why: 'the answer is no HTTP (HPE_INVALID_CONSTANT)' });
  expect(JSON.stringify(garbled)).not.toMatch(/t0ken|127/);
  const cut = await tcpServer((socket) => socket.destroy());
  expect(await post({ url: cut.url })).toMatchObject({ ok: false, again: true });
});

it('ends a try that hangs when it is asked to', async () => {
  const { url, open } = await tcpServer(() => undefined);
  const controller = new AbortController();
  const posted = post({ url }, {}, controller.signal);
  while (open() === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  expect(await posted).toEqual({ ok: false, again: true, why: 'no answer in time' });
  expect(await post({ url }, {}, AbortSignal.abort())).toMatchObject({ ok: false });
});

it('goes through the proxy that the environment names', async () => {
  const { url, connections } = await tcpServer((socket) => socket.destroy());
  const cut = await post({ url: 'http://hooks.example.com/t0ken' }, { HTTP_PROXY: url.replace('/v2', '') });
  expect(cut).toMatchObject({ ok: false, again: true, why: expect.stringMatching(/^the proxy of HTTP_PROXY at /) });
  expect(connections()).toBe(1);
  const bad = await post({ url: 'http://hooks.example.com/t0ken' }, { HTTP_PROXY: 'ftp://pass' });
  expect(bad).toMatchObject({ ok: false, again: false, why: expect.stringMatching(/^HTTP_PROXY is not the URL/) });
});

it.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is not accepted (ERR_TLS_CERT_ALTNAME_INVALID)'],
  ['ENOTFOUND', 'no such host (ENOTFOUND)'],
  ['EXOTIC', 'EXOTIC'],
])('says of %s: %s', (code, words) => {
  expect(networkErrorText(Object.assign(new Error('https://h/t0ken'), { code }))).toBe(words);
});
