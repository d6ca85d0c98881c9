import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { type Account, makeAccount } from './account.ts';
import { createRandom } from './random.ts';
import type { Held, Row } from './rows.ts';

/**
 * A request as it came in: `at` is monotonic, in ms; `row` that of the number (the first one, where rows repeat), 0 of a
 * list.
 */
export type Seen = { at: number; what: 'write' | 'read' | 'list'; row: number };

/** The key that the server accepts. */
export const KEY = 'KEY0123456789abcdefSECRET';

/** What the server remembers. */
export type Memory = { state: ReadonlyMap<string, Held>; seen: readonly Seen[] };

const MAX_LATENCY_MS = 30;

/**
 * A server of its own for this proof, not the stand-in of the program: a number, the list of numbers, that of profiles,
 * a memory of every request, a random latency. A change happens at a random moment before its answer; when the client
 * has gone by then, it happens or not.
 */
export type ChaosServer = {
  url: string;
  /**
   * Forgets everything; from now on there are the numbers of these rows, and others. `doubts`: the share of writes whose
   * answer does not tell whether they have happened.
   */
  reset: (rows: readonly Row[], seed: number, doubts: number) => void;
  seen: () => readonly Seen[];
  /** The row of every write whose answer has not told what came of it. */
  doubted: () => readonly number[];
  /** Calls back at every request; gives a function that forgets it. */
  onRequest: (callback: (seen: Seen) => void) => () => void;
  held: (id: string) => Held | undefined;
  /** Somebody else's edit. */
  edit: (id: string, held: Held) => void;
  /** What all numbers have and all that was asked; `restore` puts it back. */
  snapshot: () => Memory;
  restore: (memory: Memory) => void;
  /** Requests that no run should send: unknown numbers, routes, keys, bodies. */
  strange: () => readonly string[];
  /** Resolves when every connection is gone and every change has happened. */
  quiet: () => Promise<void>;
  close: () => Promise<void>;
};

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Starts the server on a free port of 127.0.0.1. */
export async function startServer(): Promise<ChaosServer> {
  let account: Account = makeAccount([]);
  let seen: Seen[] = [];
  let doubted: number[] = [];
  let strange: string[] = [];
  let random = createRandom(0);
  let doubts = 0;
  let pending = 0;
  const sockets = new Set<Socket>();
  const callbacks = new Set<(seen: Seen) => void>();

  function answer(response: ServerResponse, status: number, body: unknown): void {
    if (response.destroyed) return;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  function refuse(response: ServerResponse, status: number, code: string, title: string): void {
    answer(response, status, { errors: [{ code, title, detail: `${title}.` }] });
  }

  function refuseStrange(request: IncomingMessage, response: ServerResponse): void {
    strange.push(`${request.method} ${request.url}`);
    refuse(response, 401, '10009', 'Authentication failed');
  }

  /** An answer that leaves open what has come of the write: none, half of one, or one that says nothing of it. */
  function leaveOpen(response: ServerResponse, row: number): void {
    if (response.destroyed) return;
    doubted.push(row);
    const how = random.next();
    if (how < 0.4) response.destroy();
    else if (how < 0.7) {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('{"data":{"id":"129', () => response.destroy());
    } else refuse(response, 503, '10016', 'Service unavailable');
  }

  async function write(row: Row, request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Null when the client was killed in the middle of it.
    const body = (await json(request).catch(() => null)) as Record<string, unknown> | null;
    if (body === null) return;
    const happens = random.next();
    const latency = random.between(0, MAX_LATENCY_MS);
    const doubtful = random.chance(doubts);
    await later(latency * happens);
    const lost = (doubtful || response.destroyed) && random.chance(0.5);
    if ((row.fate === 'ok' || row.fate === 'there') && !lost) {
      const held = account.held(row.id) as Held;
      const { messaging_profile_id: profile = held.profile, messaging_product: product = held.product } = body;
      account.set(row.id, { profile: profile === '' ? null : (profile as string), product: product as string });
    }
    await later(latency * (1 - happens));
    if (doubtful) leaveOpen(response, row.row);
    else if (row.fate === 'refused') refuse(response, 422, '40324', 'Messaging product type change failed');
    else answer(response, 200, { data: account.show(row.id) });
  }

  function note(what: Seen['what'], row: number): void {
    const entry: Seen = { at: performance.now(), what, row };
    seen.push(entry);
    for (const callback of callbacks) callback(entry);
  }

  async function list(
    request: IncomingMessage,
    response: ServerResponse,
    page: () => Record<string, unknown> | null,
  ): Promise<void> {
    note('list', 0);
    await later(random.between(0, MAX_LATENCY_MS));
    const body = page();
    if (body === null) refuseStrange(request, response);
    else answer(response, 200, body);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
    if (headers.authorization !== `Bearer ${KEY}`) return refuseStrange(request, response);
    if (method === 'GET' && pathname === '/v2/phone_numbers/messaging') {
      return list(request, response, () => account.listNumbers(searchParams));
    }
    if (method === 'GET' && pathname === '/v2/messaging_profiles') {
      return list(request, response, () => account.listProfiles(searchParams));
    }
    const row = account.rowOf(/^\/v2\/phone_numbers\/(\w+)\/messaging$/.exec(pathname)?.[1] ?? '');
    if (row === undefined || (method !== 'PATCH' && method !== 'GET')) return refuseStrange(request, response);
    note(method === 'PATCH' ? 'write' : 'read', row.row);
    if (method === 'PATCH' && row.fate !== 'not_found') return write(row, request, response);
    await later(random.between(0, MAX_LATENCY_MS));
    if (row.fate === 'not_found') refuse(response, 404, '10005', 'Resource not found');
    else answer(response, 200, { data: account.show(row.id) });
  }

  const server = createServer((request, response) => {
    pending += 1;
    handle(request, response).finally(() => {
      pending -= 1;
    });
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`,
    reset(rows, seed, share) {
      account = makeAccount(rows);
      seen = [];
      doubted = [];
      strange = [];
      random = createRandom(seed);
      doubts = share;
    },
    seen: () => seen,
    doubted: () => doubted,
    onRequest(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    held: (id) => account.held(id),
    edit: (id, held) => account.set(id, held),
    snapshot: () => ({ state: account.snapshot(), seen: [...seen] }),
    restore(memory) {
      account.restore(memory.state);
      seen = [...memory.seen];
    },
    strange: () => strange,
    async quiet() {
      while (sockets.size > 0 || pending > 0) await later(1);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
