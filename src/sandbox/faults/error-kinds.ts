import { failure, type Reply } from '../http/reply.ts';

/** A fault that answers with an error or a page. The write never takes effect. */
type ErrorKind = { text: string; play: () => Reply };

const DATE_AHEAD_MS = 2000;

export const ERROR_KINDS = {
  '429': {
    text: '429 code 10011 with retry-after: 1 and x-ratelimit-reset: 1',
    play: () => ({
      ...failure(429, '10011'),
      headers: { 'retry-after': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    }),
  },
  '429-bare': {
    text: '429 code 10011 without headers that say how long to wait',
    play: () => ({ ...failure(429, '10011'), withoutRateHeaders: true }),
  },
  '429-date': {
    text: '429 code 10011 with retry-after as an HTTP date 2 s ahead',
    play: () => {
      const now = Date.now();
      return withoutRateHeaders({ date: httpDate(now), 'retry-after': httpDate(now + DATE_AHEAD_MS) });
    },
  },
  '429-epoch': {
    text: '429 code 10011 with retry-after as a Unix time 2 s ahead',
    play: () => {
      const now = Date.now();
      const seconds = Math.floor((now + DATE_AHEAD_MS) / 1000);
      return withoutRateHeaders({ date: httpDate(now), 'retry-after': String(seconds) });
    },
  },
  '500': { text: '500 code 10007', play: () => failure(500, '10007') },
  '502-html': {
    text: '502 with an HTML page, like that of a proxy',
    play: () =>
      page(502, '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n'),
  },
  '503': {
    text: '503 code 10037 with retry-after: 1',
    play: () => ({ ...failure(503, '10037'), headers: { 'retry-after': '1' } }),
  },
  '503-bare': { text: '503 code 10037 without retry-after', play: () => failure(503, '10037') },
  '504': { text: '504 code 10008', play: () => failure(504, '10008') },
  '405': { text: '405 code 10030', play: () => failure(405, '10030') },
  '501': { text: '501 code 10099', play: () => failure(501, '10099') },
  '408': { text: '408 code 10008', play: () => failure(408, '10008') },
  '425': { text: '425 code 10007', play: () => failure(425, '10007') },
  '400-busy': { text: '400 code 10036, the number is being processed', play: () => failure(400, '10036') },
  '402': { text: '402 code 20100, the account has no funds', play: () => failure(402, '20100') },
  '423-busy': { text: '423 code 10036, the number is being processed', play: () => failure(423, '10036') },
  '403-blocked': { text: '403 code 20013, the account is blocked', play: () => failure(403, '20013') },
  '403-row': { text: '403 code 10010, this number only', play: () => failure(403, '10010') },
  '404': { text: '404 code 10005', play: () => failure(404, '10005') },
  '422': { text: '422 code 10027', play: () => failure(422, '10027') },
  'not-eligible': {
    text: '422 code 40324, the number cannot use this product',
    play: () => failure(422, '40324', { pointer: '/messaging_product' }),
  },
  'login-html': {
    text: '200 with an HTML login page, like that of a firewall or a hotel',
    play: () =>
      page(
        200,
        '<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form method="post" action="/login">' +
          '<input name="user"><input name="password" type="password"></form></body></html>\n',
      ),
  },
} as const satisfies Record<string, ErrorKind>;

function withoutRateHeaders(headers: Record<string, string>): Reply {
  return { ...failure(429, '10011'), withoutRateHeaders: true, headers };
}

function page(status: number, text: string): Reply {
  return { status, text, headers: { 'content-type': 'text/html' } };
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}
