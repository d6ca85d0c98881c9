import { describe, expect, it } from 'vitest';
import type { Answer, Body, NetworkFailure } from '../../../src/core/api/response.ts';
import { hostOf, lastingCause, nothingFound } from '../../../src/core/attempt/lasting.ts';
import { makeAnswer } from '../../support/make.ts';

const URL = 'https://api.example.com:8443/v2';
const HTML: Body = { kind: 'unreadable', why: 'text/html, not this API', isMarkup: true };
const TEXT: Body = { kind: 'unreadable', why: 'text/plain, not this API' };

const network = (code: string, more: Partial<NetworkFailure> = {}): Answer => ({
  ...{ kind: 'network', code, message: 'words', sent: false, durationMs: 1 },
  ...more,
});
const causeOf = (answer: Answer, { isNew = true, isRead = false } = {}) => lastingCause(answer, URL, { isNew, isRead });

describe('a failure of the network', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'Check the clock of this machine'],
    ['CERT_NOT_YET_VALID', 'Check the clock of this machine'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'Check the host in --base-url'],
    ['HOSTNAME_MISMATCH', 'Check the host in --base-url'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_CRL', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_UNTRUSTED', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_REVOKED', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_CHAIN_TOO_LONG', 'NODE_EXTRA_CA_CERTS'],
    ['CRL_HAS_EXPIRED', 'Check the clock of this machine'],
    ['INVALID_CA', 'NODE_EXTRA_CA_CERTS'],
    ['INVALID_PURPOSE', 'NODE_EXTRA_CA_CERTS'],
    ['PATH_LENGTH_EXCEEDED', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CERTIFICATE', 'NODE_EXTRA_CA_CERTS'],
  ])('lasts at once if it is about a certificate: %s', (code, remedy) => {
    for (const isNew of [true, false]) {
      const cause = causeOf(network(code), { isNew });
      expect(cause).toMatchObject({ reason: 'unreachable', tries: 1, onlyFirst: false });
      expect(cause?.detail).toContain(`api.example.com:8443: words (${code}). `);
      expect(cause?.detail).toContain(remedy);
    }
  });

  it.each([
    ['ENOTFOUND', 'Check the host in --base-url, and the name server'],
    ['ECONNREFUSED', 'Check scheme, host and port in --base-url'],
    ['EPROTO', 'Check scheme, host and port in --base-url'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'Check scheme, host and port in --base-url'],
    ['ERR_TLS_INVALID_PROTOCOL_VERSION', 'Check scheme, host and port in --base-url'],
    ['ERR_TLS_EXPECTED', 'Write https://api.example.com:8443 in --base-url'],
    ['HPE_INVALID_CONSTANT', 'Check scheme, host and port in --base-url'],
    ['HPE_INVALID_VERSION', 'Check scheme, host and port in --base-url'],
  ])('lasts after three tries, if nothing was ever answered: %s', (code, remedy) => {
    expect(causeOf(network(code))).toMatchObject({ reason: 'unreachable', tries: 3, onlyFirst: true });
    expect(causeOf(network(code))?.detail).toContain(remedy);
  });

  it.each([
    'ETIMEDOUT',
    'HPE_HEADER_OVERFLOW',
    'ECONNRESET',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EPIPE',
    'ERR_ABORTED',
    'EMFILE',
  ])('may pass: %s', (code) => {
    expect(causeOf(network(code))).toBeNull();
    expect(causeOf(network(code, { proxy: true }))).toBeNull();
  });

  it.each([
    ['ERR_PROXY_407', 1, 'HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT'],
    ['ERR_PROXY_403', 1, 'Let the proxy pass api.example.com:8443, or name that host in NO_PROXY'],
    ['ERR_PROXY_405', 1, 'Let the proxy pass'],
    ['ERR_PROXY_503', 3, 'Let the proxy pass'],
    ['ECONNREFUSED', 3, 'Check HTTPS_PROXY, or name api.example.com:8443 in NO_PROXY'],
    ['ENOTFOUND', 3, 'Check HTTPS_PROXY'],
    ['EPROTO', 3, 'Check HTTPS_PROXY'],
    ['CERT_HAS_EXPIRED', 1, 'Check the clock'],
  ])('of a proxy names the proxy: %s', (code, tries, remedy) => {
    const cause = causeOf(network(code, { message: 'the proxy of HTTPS_PROXY at p:1: words', proxy: true }));
    expect(cause).toMatchObject({ reason: 'unreachable', tries, onlyFirst: tries > 1 });
    expect(cause?.detail).toMatch(/^the proxy of HTTPS_PROXY at p:1: words\. /);
    expect(cause?.detail).toContain(remedy);
  });
});

describe('an answer', () => {
  it.each([200, 204, 400, 401, 402, 403, 404, 405, 406, 409, 410, 418, 451])(
    'of HTML is not of this API, at once if nothing else was answered: %i',
    (status) => {
      const detail = `HTTP ${status}, text/html, not this API, from ${URL}. Is it a login page or a firewall? Check --base-url and what is on the way`;
      expect(causeOf(makeAnswer(status, HTML))).toEqual({ reason: 'not_this_api', tries: 1, onlyFirst: false, detail });
      expect(causeOf(makeAnswer(status, HTML), { isNew: false })?.tries).toBe(10);
      const read = causeOf(makeAnswer(status, HTML), { isNew: false, isRead: true });
      // A server without a list may answer a 404 in any form, and a 400 to a list that is too long.
      expect(read?.tries).toBe([400, 404, 405].includes(status) ? undefined : 1);
    },
  );

  it.each([301, 302, 307, 408, 413, 414, 422, 425, 429, 431, 500, 502, 503, 504])(
    'of HTML says nothing with a status that any server may add to its pages: %i',
    (status) => {
      expect(causeOf(makeAnswer(status, HTML))).toBeNull();
    },
  );

  it('of success that cannot be read is tried again for some time', () => {
    for (const isNew of [true, false]) {
      expect(causeOf(makeAnswer(200, TEXT), { isNew })).toMatchObject({ reason: 'not_this_api', tries: 20 });
    }
    for (const status of [403, 404, 500]) expect(causeOf(makeAnswer(status, TEXT))).toBeNull();
    expect(causeOf(makeAnswer(200, { kind: 'settings', settings: {} }))).toBeNull();
    expect(causeOf(makeAnswer(200, { kind: 'unreadable' }))?.detail).toContain(`HTTP 200, from ${URL}`);
  });

  it('of 407 is one of a proxy', () => {
    for (const body of [HTML, TEXT, { kind: 'errors', errors: [] } satisfies Body]) {
      expect(causeOf(makeAnswer(407, body), { isNew: false, isRead: true })).toMatchObject({
        ...{ reason: 'unreachable', tries: 1, onlyFirst: false },
        detail: expect.stringContaining(`a proxy on the way to ${URL} needs a user and a password`),
      });
    }
  });
});

it('an answer of 511 is a login page of the network', () => {
  for (const body of [HTML, TEXT]) {
    expect(causeOf(makeAnswer(511, body), { isNew: false })).toMatchObject({
      ...{ reason: 'not_this_api', tries: 1, onlyFirst: false },
      detail: expect.stringContaining(`the network on the way to ${URL} wants a login`),
    });
  }
});

it.each([404, 405])('nothing found names the status %i, what was asked for, the URL and the key', (status) => {
  const { reason, detail } = nothingFound(status, 'the list of numbers', URL);
  expect(reason).toBe('not_this_api');
  for (const part of [`HTTP ${status} to the list of numbers`, URL, '/v2', '--base-url', 'key'])
    expect(detail).toContain(part);
});

it.each([
  ['https://api.telnyx.com/v2', 'api.telnyx.com'],
  ['http://127.0.0.1:4010', '127.0.0.1:4010'],
  ['http://[::1]:80/v2', '[::1]:80'],
  ['nonsense', 'nonsense'],
])('the host of %s is %s', (url, host) => {
  expect(hostOf(url)).toBe(host);
});
