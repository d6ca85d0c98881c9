import type { ServerResponse } from 'node:http';
import { bodyOf, type Reply } from './reply.ts';

/**
 * Sends an answer. `headers` are those that every answer has; the headers of the reply override them.
 * Returns the sent status, or null if nothing was sent.
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
    // Close only after the half was written: an earlier reset could discard the headers too.
    response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
  } else {
    response.end(body);
  }
  return reply.status;
}
