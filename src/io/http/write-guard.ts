import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LEASE_TOO_SHORT } from '../../core/attempt/classify.ts';

/** The sockets of an agent outlive requests, so their connections get a limit of their own. */
const CONNECT_TIMEOUT_MS = 10_000;

type OnSocket = (error: Error | null, socket?: Socket) => void;
type CreateConnection = (options: object, onSocket: OnSocket) => Socket | undefined;
type Write = (...args: unknown[]) => void;

/** Whether the request that has a socket now may be written to it. Without an entry nothing may. */
const rules = new WeakMap<Socket, () => boolean>();

/** Sets what decides whether the next request may be written to a guarded socket. */
export function setWriteRule(socket: Socket, mayLeave: () => boolean): void {
  rules.set(socket, mayLeave);
}

/**
 * Asks the rule in the same turn of the event loop in which the bytes go to the kernel, however long this process was
 * stopped before it. `_write` and `_writev` are where a stream writes; a refusal destroys the socket.
 */
function guardWrites(socket: Socket): void {
  const methods = socket as unknown as Record<'_write' | '_writev', Write>;
  for (const name of ['_write', '_writev'] as const) {
    const write = methods[name];
    methods[name] = (...args) => {
      if (rules.get(socket)?.() === true) return write.apply(socket, args);
      const onWritten = args.at(-1) as (error: Error) => void;
      onWritten(Object.assign(new Error('not written'), { code: LEASE_TOO_SHORT }));
    };
  }
}

/** Calls back when a socket is connected, and has ended its TLS handshake, or cannot be. */
function whenConnected(socket: Socket, onSocket: OnSocket): void {
  const timer = setTimeout(() => socket.destroy(failed('ETIMEDOUT')), CONNECT_TIMEOUT_MS);
  const end = (error: Error | null) => {
    clearTimeout(timer);
    onSocket(error, error === null ? socket : undefined);
  };
  const isSecure = (socket as Partial<TLSSocket>).encrypted === true;
  // Not in the turn in which the handshake ends: what is written while its last message is being sent waits in OpenSSL
  // until that has been written.
  if (isSecure) socket.once('secureConnect', () => setImmediate(() => end(socket.errored)));
  else socket.once('connect', () => end(null));
  socket.once('close', () => end(failed('ECONNRESET')));
  // Stays, because an error without a listener would end the process.
  socket.on('error', end);
}

function failed(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/**
 * Makes an agent give out connected sockets alone, and guards what is written to them. A socket that is still
 * connecting would keep a request and write it later, when it must not leave any more. Returns a function that ends
 * connections that are not connected yet, which the agent does not know.
 */
export function guardAgent(agent: HttpAgent | HttpsAgent): () => void {
  const connecting = new Set<Socket>();
  const connector = agent as unknown as { createConnection: CreateConnection };
  const connect = connector.createConnection.bind(agent);
  connector.createConnection = (options, onSocket) => {
    let isEnded = false;
    const end: OnSocket = (error, socket) => {
      // TLS sockets have no such default: a request would wait until the last message of the handshake is acknowledged.
      socket?.setNoDelay(true);
      if (!isEnded) onSocket(error, socket);
      isEnded = true;
    };
    const take: OnSocket = (error, socket) => {
      if (socket === undefined || socket === null) {
        // Some agents call back without a socket when the one that they have returned is connected.
        if (error instanceof Error) end(error);
        return;
      }
      guardWrites(socket);
      const isPending = socket.connecting || (socket as { secureConnecting?: boolean }).secureConnecting === true;
      if (!isPending) return end(null, socket);
      connecting.add(socket);
      whenConnected(socket, (...result) => {
        connecting.delete(socket);
        end(...result);
      });
    };
    const socket = connect(options, take);
    if (socket !== undefined) take(null, socket);
    return undefined;
  };
  return () => {
    for (const socket of connecting) socket.destroy();
  };
}
