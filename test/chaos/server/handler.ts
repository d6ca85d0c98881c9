import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Account } from './account.ts';
import type { Random } from './random.ts';
import type { NumberSettings, Row } from './rows.ts';

/**
 * A received request. `at` is monotonic, in ms; it cannot have come before `earliest`. `row` is the row of the number
 * (the first if repeated), 0 for a list.
 */
export type Received = { at: number; earliest: number; kind: 'write' | 'read' | 'list'; row: number };

/** The header in which a process before this server says when a request came. */
export const ARRIVED = 'x-arrived';

/** The key that the server accepts. */
export const KEY = 'KEY0123456789abcdefSECRET';

/** What the server knows and remembers. */
export type ServerState = {
  account: Account;
  random: Random;
  /** The share of writes whose answer does not show whether they were applied. */
  ambiguousShare: number;
  received: Received[];
  /** The rows of the writes with such an answer. */
  ambiguousRows: number[];
  /** Requests that no run should send: unknown numbers, routes, keys, queries. */
  unexpected: string[];
  /** Called for every request. */
  listeners: Set<(received: Received) => void>;
};

type Exchange = { request: IncomingMessage; response: ServerResponse };

const MAX_LATENCY_MS = 30;

/** Resolves after that many milliseconds. */
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string, title: string): void {
  answer(response, status, { errors: [{ code, title, detail: `${title}.` }] });
}

function refuseUnexpected(state: ServerState, { request, response }: Exchange): void {
  state.unexpected.push(`${request.method} ${request.url}`);
  refuse(response, 401, '10009', 'Authentication failed');
}

/** An answer that does not show whether the write was applied: no answer, half of one, or an error. */
function answerAmbiguously(state: ServerState, response: ServerResponse, row: number): void {
  if (response.destroyed) return;
  state.ambiguousRows.push(row);
  const choice = state.random.next();
  if (choice < 0.4) response.destroy();
  else if (choice < 0.7) {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{"data":{"id":"129', () => response.destroy());
  } else refuse(response, 503, '10016', 'Service unavailable');
}

/** Applies a change at a random moment before its answer. If the client disconnects before, it is applied by chance. */
async function handleWrite(state: ServerState, row: Row, { request, response }: Exchange): Promise<void> {
  const { account, random, ambiguousShare } = state;
  // Null if the client was killed while sending.
  const body = (await json(request).catch(() => null)) as Record<string, unknown> | null;
  if (body === null) return;
  const applyAt = random.next();
  const latency = random.between(0, MAX_LATENCY_MS);
  const isAmbiguous = random.chance(ambiguousShare);
  await sleep(latency * applyAt);
  const isLost = (isAmbiguous || response.destroyed) && random.chance(0.5);
  if ((row.behavior === 'accepts' || row.behavior === 'at_target') && !isLost) {
    const before = account.settingsOf(row.id) as NumberSettings;
    const { messaging_profile_id: profile = before.profile, messaging_product: product = before.product } = body;
    account.set(row.id, { profile: profile === '' ? null : (profile as string), product: product as string });
  }
  await sleep(latency * (1 - applyAt));
  if (isAmbiguous) answerAmbiguously(state, response, row.row);
  else if (row.behavior === 'refuses') refuse(response, 422, '40324', 'Messaging product type change failed');
  else answer(response, 200, { data: account.show(row.id) });
}

function record(state: ServerState, { headers }: IncomingMessage, kind: Received['kind'], row: number): void {
  const now = performance.now();
  const arrived = headers[ARRIVED];
  const times = typeof arrived === 'string' ? JSON.parse(arrived) : { at: now, earliest: now };
  const received: Received = { ...times, kind, row };
  state.received.push(received);
  for (const listener of state.listeners) listener(received);
}

async function handleList(
  state: ServerState,
  exchange: Exchange,
  makePage: () => Record<string, unknown> | null,
): Promise<void> {
  record(state, exchange.request, 'list', 0);
  await sleep(state.random.between(0, MAX_LATENCY_MS));
  const page = makePage();
  if (page === null) refuseUnexpected(state, exchange);
  else answer(exchange.response, 200, page);
}

/** What else is on profiles, which only informs. */
const INFORMING =
  /^\/v2\/(messaging_profiles\/[\w-]+\/(short_codes|alphanumeric_sender_ids|autoresp_configs)|messaging_(hosted_numbers|optouts))$/;
const EMPTY_PAGE = { data: [], meta: { total_pages: 0, total_results: 0, page_size: 250, page_number: 1 } };

/** Answers a request as the API would, after a random latency. */
export async function handleRequest(state: ServerState, exchange: Exchange): Promise<void> {
  const { account, random } = state;
  const { request, response } = exchange;
  const { method, url = '', headers } = request;
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  if (headers.authorization !== `Bearer ${KEY}`) return refuseUnexpected(state, exchange);
  if (method === 'GET' && pathname === '/v2/phone_numbers/messaging') {
    return handleList(state, exchange, () => account.listNumbers(searchParams));
  }
  if (method === 'GET' && pathname === '/v2/messaging_profiles') {
    return handleList(state, exchange, () => account.listProfiles(searchParams));
  }
  if (method === 'GET' && INFORMING.test(pathname)) {
    return handleList(state, exchange, () => EMPTY_PAGE);
  }
  const row = account.rowOf(/^\/v2\/phone_numbers\/(\w+)\/messaging$/.exec(pathname)?.[1] ?? '');
  if (row === undefined || (method !== 'PATCH' && method !== 'GET')) return refuseUnexpected(state, exchange);
  record(state, request, method === 'PATCH' ? 'write' : 'read', row.row);
  if (method === 'PATCH' && row.behavior !== 'not_found') return handleWrite(state, row, exchange);
  await sleep(random.between(0, MAX_LATENCY_MS));
  if (row.behavior === 'not_found') refuse(response, 404, '10005', 'Resource not found');
  else answer(response, 200, { data: account.show(row.id) });
}
