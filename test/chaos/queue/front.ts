// A way to the server in a process of its own, which does nothing else: it says when each request came. Started with
// the port of the server, it sends its own port to its parent.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setPriority } from 'node:os';
import { ARRIVED } from '../server/handler.ts';
import { createLateness } from './checks/arrivals.ts';

const URGENT = -10;

try {
  setPriority(URGENT);
} catch {
  // Only root may. Then a busy machine makes the times less exact.
}

const port = Number(process.argv[2]);
const lateness = createLateness();
// The same clock in every process of this machine.
const now = () => Number(process.hrtime.bigint()) / 1e6;

setInterval(() => lateness.tick(now()), 1);

/** Hands a request on, and cuts it off on the other side if it is cut off on one. */
function pass(from: IncomingMessage, to: ServerResponse): void {
  const at = now();
  const { method = 'GET', url = '', headers } = from;
  const arrived = JSON.stringify({ at, earliest: lateness.earliest(at) });
  const onward = request({
    port,
    host: '127.0.0.1',
    // No connection stays open: the server is idle when all have ended.
    agent: false,
    method,
    path: url,
    headers: { ...headers, [ARRIVED]: arrived },
  });
  onward.on('response', (answer) => {
    to.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.on('error', () => to.destroy()).pipe(to);
  });
  onward.on('error', () => to.destroy());
  to.on('close', () => {
    if (!to.writableFinished) onward.destroy();
  });
  from.on('error', () => onward.destroy()).pipe(onward);
}

const server = createServer(pass);
server.on('clientError', (_error, socket) => socket.destroy());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
