import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { makeAccount } from './account.ts';
import { handleRequest, type Received, type ServerState, sleep } from './handler.ts';
import { createRandom } from './random.ts';
import type { NumberSettings, Row } from './rows.ts';

/** A snapshot of the server. */
export type Snapshot = { settings: ReadonlyMap<string, NumberSettings>; received: readonly Received[] };

/**
 * A server for this proof only, independent of the sandbox. It has the routes of one number and the two lists, records
 * every request, and answers after a random latency.
 */
export type ChaosServer = {
  url: string;
  /** Starts over with the numbers of these rows and others. `ambiguousShare` as in ServerState. */
  reset: (rows: readonly Row[], seed: number, ambiguousShare: number) => void;
  received: () => readonly Received[];
  ambiguousRows: () => readonly number[];
  unexpected: () => readonly string[];
  /** Calls back for every request. Returns a function that removes the callback. */
  onRequest: (callback: (received: Received) => void) => () => void;
  settingsOf: (id: string) => NumberSettings | undefined;
  /** Applies an edit by another client. */
  edit: (id: string, settings: NumberSettings) => void;
  snapshot: () => Snapshot;
  restore: (snapshot: Snapshot) => void;
  /** Resolves when all connections are closed and all changes applied. */
  idle: () => Promise<void>;
  close: () => Promise<void>;
};

/** Starts the server on a free port of 127.0.0.1. */
export async function startServer(): Promise<ChaosServer> {
  const state: ServerState = {
    account: makeAccount([]),
    random: createRandom(0),
    ambiguousShare: 0,
    received: [],
    ambiguousRows: [],
    unexpected: [],
    listeners: new Set(),
  };
  let pending = 0;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    pending += 1;
    handleRequest(state, { request, response }).finally(() => {
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
    reset(rows, seed, ambiguousShare) {
      const account = makeAccount(rows);
      const random = createRandom(seed);
      Object.assign(state, { account, random, ambiguousShare, received: [], ambiguousRows: [], unexpected: [] });
    },
    received: () => state.received,
    ambiguousRows: () => state.ambiguousRows,
    unexpected: () => state.unexpected,
    onRequest(callback) {
      state.listeners.add(callback);
      return () => state.listeners.delete(callback);
    },
    settingsOf: (id) => state.account.settingsOf(id),
    edit: (id, settings) => state.account.set(id, settings),
    snapshot: () => ({ settings: state.account.snapshot(), received: [...state.received] }),
    restore(snapshot) {
      state.account.restore(snapshot.settings);
      state.received = [...snapshot.received];
    },
    async idle() {
      while (sockets.size > 0 || pending > 0) await sleep(1);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
