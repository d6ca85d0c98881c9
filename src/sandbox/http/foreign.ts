import type { IncomingHttpHeaders } from 'node:http';
import { failure, type Reply } from './reply.ts';

const LOOPBACK_HOST = /^(?:localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|\[::1\])(?::[0-9]+)?$/i;

/**
 * The error answer to a request that a web page may have caused, or null. A page may point its own host name at
 * 127.0.0.1 and then reads and edits what it likes, so Host must be a loopback address. A browser sends Origin or
 * Sec-Fetch-Site with what another page requests.
 */
export function refuseForeign(headers: IncomingHttpHeaders): Reply | null {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  if (!LOOPBACK_HOST.test(host)) {
    return refused(`The Host of the request is ${shown(host)}, which is not a loopback address.`);
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`.toLowerCase()) {
    return refused(`The request comes from a web page of ${shown(origin)}.`);
  }
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return refused('The request comes from a web page of another site.');
  }
  return null;
}

function refused(detail: string): Reply {
  return failure(403, '10010', { detail: `${detail} The sandbox answers only programs on this computer.` });
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
