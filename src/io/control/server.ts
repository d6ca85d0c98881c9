import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { EXIT } from '../../core/run/exit-codes.ts';
import { visible } from '../../core/text/visible.ts';
import { makeDirectories, writeJson } from '../run/directory.ts';
import {
  type ControlAnswer,
  type ControlRequest,
  MAX_REQUEST_BYTES,
  MESSAGE_TIMEOUT_MS,
  readRequest,
  receiveLine,
  sendLine,
} from './messages.ts';
import { directoryId, isShortEnough, readControlFile, recordedSocket, removeSocket, socketPlaces } from './place.ts';

const MAX_CONNECTIONS = 16;
/** Longer than a request and its command take. */
const MAX_IDLE_MS = 3 * MESSAGE_TIMEOUT_MS;

export type ControlServer = { close: () => Promise<void> };

const refusal = (message: string, exit: number = EXIT.refused): ControlAnswer => ({ ok: false, exit, message });
const WRONG_TOKEN = refusal('The token is not that of this run.');
const ENDING = refusal('The run is coming to its end.');

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Binds a server in the first place that works. Throws what the last of them throws. */
async function bind(server: Server, dir: string, shared: string | null): Promise<string> {
  let failure: unknown;
  for (const path of socketPlaces(dir, shared)) {
    try {
      if (dirname(path) === shared) makeDirectories(shared);
      if (!isShortEnough(path)) throw new Error(`its path is too long (${path})`);
      // What a killed process has left. Only the holder of the lock of the run comes here.
      if (dirname(path) === resolve(dir)) rmSync(path, { force: true });
      server.listen(path);
      await once(server, 'listening');
      if (process.platform !== 'win32') chmodSync(path, 0o600);
      return path;
    } catch (error) {
      failure = error;
      removeSocket(dir, { socket: path }, shared);
    }
  }
  throw failure;
}

/**
 * Opens the control channel of a run: a socket on which this user alone can send commands. They are passed to `obey` one
 * after another, from all senders. `shared`: the directory for the sockets of all runs of this user. Throws what the
 * system throws if no socket can be opened.
 */
export async function openControlServer(
  dir: string,
  file: string,
  obey: (request: ControlRequest) => Promise<ControlAnswer>,
  shared: string | null = null,
): Promise<ControlServer> {
  const token = randomBytes(16).toString('hex');
  const sockets = new Set<Socket>();
  let last: Promise<unknown> = Promise.resolve();
  let isClosing = false;

  /** Commands wait for their turn, so that each one sees what the one before has changed. */
  function inTurn(request: ControlRequest): Promise<ControlAnswer> {
    const turn = last
      .then(() => (isClosing ? ENDING : obey(request)))
      .catch((error: Error) => refusal(`The command failed: ${visible(error.message)}`, EXIT.internal));
    last = turn;
    return turn;
  }

  async function serve(socket: Socket): Promise<void> {
    const line = await receiveLine(socket, MAX_REQUEST_BYTES);
    const request = line === null ? null : readRequest(line);
    if (request === null) return;
    sendLine(socket, isSame(request.token, token) ? await inTurn(request) : WRONG_TOKEN);
  }

  // A client may end its side before it has the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    // It has gone: that is no error of the run.
    socket.on('error', () => undefined);
    socket.setTimeout(MAX_IDLE_MS, () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    serve(socket)
      .catch(() => undefined)
      .finally(() => socket.end(() => socket.destroy()));
  });
  server.maxConnections = MAX_CONNECTIONS;
  const earlier = readControlFile(file);
  if (earlier !== null) removeSocket(dir, earlier, shared);
  const path = await bind(server, dir, shared);
  const socket = recordedSocket(dir, path);
  server.on('error', () => undefined);
  // It must not keep a process that has come to its end.
  server.unref();
  try {
    writeJson(file, { pid: process.pid, socket, token, directory: directoryId(dir) });
  } catch (error) {
    server.close();
    removeSocket(dir, { socket }, shared);
    throw error;
  }
  return {
    /** Commands that have come are obeyed and answered first. */
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // No new command finds the way.
      rmSync(file, { force: true });
      await last;
      isClosing = true;
      for (const socket of sockets) socket.end(() => socket.destroy());
      await closed;
      removeSocket(dir, { socket }, shared);
    },
  };
}
