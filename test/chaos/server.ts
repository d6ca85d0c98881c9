import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { BEFORE, type Held, type Row } from './input.ts';
import { createRandom } from './random.ts';

/** A request as it came in: `at` is monotonic, in ms, `row` that of the number (the first one, where rows repeat). */
export type Seen = { at: number; method: 'PATCH' | 'GET'; row: number };

/** The key that the server accepts. */
export const KEY = 'KEY0123456789abcdefSECRET';

/** What the server remembers. */
export type Memory = { state: Map<string, Held>; seen: readonly Seen[] };

const MAX_LATENCY_MS = 30;

/**
 * A server of its own for this proof, not the stand-in of the program: two routes, a memory of every request, a random
 * latency. A change happens at a random moment before its answer; when the client has gone by then, it happens or not.
 */
export type ChaosServer = {
  url: string;
  /** Forgets everything; from now on there are the numbers of these rows. */
  reset: (rows: readonly Row[], seed: number) => void;
  seen: () => readonly Seen[];
  /** Calls back at every request; gives a function that forgets it. */
  onRequest: (callback: (seen: Seen) => void) => () => void;
  held: (id: string) => Held | undefined;
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
  let numbers = new Map<string, Row>();
  let state = new Map<string, Held>();
  let seen: Seen[] = [];
  let strange: string[] = [];
  let random = createRandom(0);
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

  function show(response: ServerResponse, { id, phone }: Row): void {
    const { profile, product } = state.get(id) as Held;
    const settings = {
      record_type: 'messaging_settings',
      id,
      phone_number: phone,
      organization_id: '00000000-0000-4000-8000-0000000000aa',
      messaging_profile_id: profile,
      messaging_product: product,
      eligible_messaging_products: ['A2P', 'P2P'],
    };
    answer(response, 200, { data: settings });
  }

  async function patch(number: Row, request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Null when the client was killed in the middle of it.
    const body = (await json(request).catch(() => null)) as Record<string, unknown> | null;
    if (body === null) return;
    const happens = random.next();
    const latency = random.between(0, MAX_LATENCY_MS);
    await later(latency * happens);
    const lost = response.destroyed && random.chance(0.5);
    if (number.fate === 'ok' && !lost) {
      const held = state.get(number.id) as Held;
      const { messaging_profile_id: profile = held.profile, messaging_product: product = held.product } = body;
      state.set(number.id, { profile: profile === '' ? null : (profile as string), product: product as string });
    }
    await later(latency * (1 - happens));
    if (number.fate === 'refused') refuse(response, 422, '40324', 'Messaging product type change failed');
    else show(response, number);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now();
    const { method, url = '', headers } = request;
    const number = numbers.get(/^\/v2\/phone_numbers\/(\w+)\/messaging$/.exec(url)?.[1] ?? '');
    if (headers.authorization !== `Bearer ${KEY}` || number === undefined || (method !== 'PATCH' && method !== 'GET')) {
      strange.push(`${method} ${url}`);
      return refuse(response, 401, '10009', 'Authentication failed');
    }
    const entry: Seen = { at, method, row: number.row };
    seen.push(entry);
    for (const callback of callbacks) callback(entry);
    if (method === 'PATCH' && number.fate !== 'not_found') return patch(number, request, response);
    await later(random.between(0, MAX_LATENCY_MS));
    if (number.fate === 'not_found') refuse(response, 404, '10005', 'Resource not found');
    else show(response, number);
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
    reset(rows, seed) {
      numbers = new Map(rows.filter(({ action }) => action === 'change').map((row) => [row.id, row]));
      state = new Map(rows.map(({ id }) => [id, BEFORE]));
      seen = [];
      strange = [];
      random = createRandom(seed);
    },
    seen: () => seen,
    onRequest(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    held: (id) => state.get(id),
    snapshot: () => ({ state: new Map(state), seen: [...seen] }),
    restore(memory) {
      state = new Map(memory.state);
      seen = [...memory.seen];
    },
    strange: () => strange,
    async quiet() {
      while (sockets.size > 0 || pending > 0) await later(1);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
