import type { ServerResponse } from 'node:http';
import { bodyOf, type Reply } from './reply.ts';

/**
 * Sends an answer the way it asks to be sent. `headers` are those every answer has; those of the reply win.
 * Gives the status that went out, or null when nothing was sent.
 */
export function sendReply(response: ServerResponse, reply: Reply, headers: Record<string, string>): number | null {
  if (reply.ending === 'hang') return null;
  if (reply.ending === 'reset') {
    response.socket?.resetAndDestroy();
    return null;
  }
  const body = bodyOf(reply);
  response.writeHead(reply.status, {
    ...(body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(body),
    ...headers,
    ...reply.headers,
  });
  if (reply.ending === 'cut') {
    // Closed only once the half is on its way: a reset could take the head away from the client too.
    response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
  } else {
    response.end(body);
  }
  return reply.status;
}
