import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { got, type Request } from 'got';
import { readBody, readNumbersPage, readOneProfile, readProfilesPage } from '../../core/api/parse-body.ts';
import type { Answer, Body, HttpAnswer } from '../../core/api/response.ts';
import { requestBody } from '../../core/input/assignment.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';

/** A body beyond this is not an answer of this API, and is not read to its end. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Nor is one of a list of 250, whatever tags they have. */
const MAX_LIST_BYTES = 8 * MAX_BODY_BYTES;

export type ClientOptions = {
  /** Without a slash at its end. */
  baseUrl: string;
  key: string;
  /** One attempt, from connecting to the last byte, in ms. */
  timeoutMs: number;
  agents: { http: HttpAgent; https: HttpsAgent };
  /** Makes text from the server safe to keep: no key, no control characters. */
  clean: (text: string) => string;
  userAgent: string;
};

/** Which numbers a list is asked for: all, those on one profile, or those with some phone numbers. Pages count from 1. */
export type NumbersQuery = { page: number; profile?: string; phoneNumbers?: readonly string[] };

/** The most rows of a page that the API gives. */
const PAGE_SIZE = 250;

/** The API as the engine needs it. Nothing throws: what a server or a network does comes back as an answer. */
export type TelnyxClient = {
  send: (entry: PlanEntry, onLeft: () => void) => Promise<Answer>;
  /** Reads one number. */
  read: (entry: Pick<PlanEntry, 'id'>, onLeft: () => void) => Promise<Answer>;
  /** One page of numbers, by phone number, at most 250. */
  listNumbers: (query: NumbersQuery, onLeft: () => void) => Promise<Answer>;
  /** One page of profiles, at most 250. */
  listProfiles: (page: number, onLeft: () => void) => Promise<Answer>;
  readProfile: (id: string, onLeft: () => void) => Promise<Answer>;
  /** Breaks off every request that is under way: they end as network failures. */
  abort: () => void;
  /** Requests under way now. */
  inFlight: () => number;
};

function header(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return value === undefined ? null : Array.isArray(value) ? (value[0] ?? null) : value;
}

/** Words for the codes that operators meet; others stand for themselves. */
const SPOKEN: Record<string, string> = {
  ETIMEDOUT: 'no complete answer in time',
  ECONNRESET: 'the connection was cut',
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server did not answer',
  EPIPE: 'the connection was cut',
  EPROTO: 'no TLS connection came about',
};

function codeOf(error: Error & { code?: unknown }): string {
  if (typeof error.code !== 'string') return 'ERR_UNKNOWN';
  // got names a body that breaks off by a code of its own.
  return error.code === 'ERR_READING_RESPONSE_STREAM' ? 'ECONNRESET' : error.code;
}

/**
 * A client over one pool of kept-alive connections. got's retry and redirects are off: attempts are the engine's, and
 * a redirect would carry the key along.
 */
export function createTelnyxClient(options: ClientOptions): TelnyxClient {
  const { clean } = options;
  /** What breaks off each request that is under way. */
  const underWay = new Set<() => void>();
  const client = got.extend({
    agent: options.agents,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    headers: {
      authorization: `Bearer ${options.key}`,
      accept: 'application/json',
      'user-agent': options.userAgent,
    },
  });

  type Read = (text: string, clean: (text: string) => string) => Body;

  function httpAnswer(response: IncomingMessage, body: Buffer | null, durationMs: number, read: Read): HttpAnswer {
    const requestId = header(response, 'x-request-id') ?? header(response, 'x-telnyx-request-id') ?? '';
    return {
      kind: 'http',
      status: response.statusCode ?? 0,
      body: body === null ? { kind: 'unreadable' } : read(body.toString(), clean),
      wait: {
        retryAfter: header(response, 'retry-after'),
        rateLimit: header(response, 'x-ratelimit-limit'),
        rateLimitReset: header(response, 'x-ratelimit-reset'),
        rateLimitRemaining: header(response, 'x-ratelimit-remaining'),
        date: header(response, 'date'),
      },
      requestId: clean(requestId),
      durationMs,
    };
  }

  function exchange(open: () => Request, onLeft: () => void, read: Read = readBody): Promise<Answer> {
    const most = read === readBody ? MAX_BODY_BYTES : MAX_LIST_BYTES;
    const began = performance.now();
    return new Promise((resolve) => {
      const stream = open();
      const chunks: Buffer[] = [];
      let response: IncomingMessage | null = null;
      let bytes = 0;
      let sent = false;
      const end = (answer: Answer) => {
        clearTimeout(deadline);
        underWay.delete(breakOff);
        resolve(answer);
      };
      const durationMs = () => performance.now() - began;
      const broken = (code: string, message: string) =>
        end({ kind: 'network', code, message, sent, durationMs: durationMs() });
      // Not got's own timeout: it ends no request that has not got a connection yet (a proxy that does not answer), and
      // the row would wait for ever.
      const deadline = setTimeout(() => {
        broken('ETIMEDOUT', SPOKEN.ETIMEDOUT as string);
        stream.destroy();
      }, options.timeoutMs);
      const breakOff = () => {
        broken('ERR_ABORTED', 'broken off');
        stream.destroy();
      };
      underWay.add(breakOff);
      stream.on('request', (request: ClientRequest) => {
        request.once('finish', () => {
          // Said as well of what is broken off before it could leave, and of what waits for a TLS that fails.
          const { secureConnecting } = request.socket as { secureConnecting?: boolean };
          if (!underWay.has(breakOff) || secureConnecting === true) return;
          sent = true;
          onLeft();
        });
        request.once('upgrade', (_head, socket) => {
          // A 101 takes the connection out of the hands of the HTTP library, which then says no more of it.
          broken('ERR_UPGRADE', 'the server wants to speak another protocol');
          socket.destroy();
          stream.destroy();
        });
      });
      stream.on('response', (head: IncomingMessage) => {
        response = head;
      });
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= most) {
          chunks.push(chunk);
          return;
        }
        if (response !== null) end(httpAnswer(response, null, durationMs(), read));
        stream.destroy();
      });
      stream.once('end', () => {
        if (response !== null) end(httpAnswer(response, Buffer.concat(chunks), durationMs(), read));
      });
      stream.on('error', (error: Error) => {
        const code = clean(codeOf(error));
        broken(code, SPOKEN[code] ?? clean(error.message));
      });
      // Whatever happens, a request that is gone has an answer.
      stream.once('close', () => broken('ERR_ABORTED', 'broken off'));
    });
  }

  const urlOf = ({ id }: Pick<PlanEntry, 'id'>) =>
    `${options.baseUrl}/phone_numbers/${encodeURIComponent(id)}/messaging`;

  return {
    send(entry, onLeft) {
      const body = requestBody({ profile: entry.profileTarget || null, product: entry.productTarget || null });
      return exchange(() => client.stream.patch(urlOf(entry), { json: body }), onLeft);
    },
    read: (entry, onLeft) => exchange(() => client.stream.get(urlOf(entry)), onLeft),
    listNumbers({ page, profile, phoneNumbers }, onLeft) {
      const searchParams = {
        'page[number]': page,
        'page[size]': PAGE_SIZE,
        'sort[phone_number]': 'asc',
        'filter[messaging_profile_id]': profile,
        'filter[phone_number]': phoneNumbers?.join(','),
      };
      const url = `${options.baseUrl}/phone_numbers/messaging`;
      return exchange(() => client.stream.get(url, { searchParams }), onLeft, readNumbersPage);
    },
    listProfiles(page, onLeft) {
      const searchParams = { 'page[number]': page, 'page[size]': PAGE_SIZE };
      const url = `${options.baseUrl}/messaging_profiles`;
      return exchange(() => client.stream.get(url, { searchParams }), onLeft, readProfilesPage);
    },
    readProfile(id, onLeft) {
      const url = `${options.baseUrl}/messaging_profiles/${encodeURIComponent(id)}`;
      return exchange(() => client.stream.get(url), onLeft, readOneProfile);
    },
    inFlight: () => underWay.size,
    abort() {
      for (const breakOff of underWay) breakOff();
    },
  };
}
