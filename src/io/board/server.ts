import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, sep } from 'node:path';
import type { BoardQueue } from './queue-view.ts';
import { boardRoutes } from './routes.ts';

/** The only address: all users of this host can look, and no other host. */
const ADDRESS = '127.0.0.1';

/** Names under which a browser on this host, or through a tunnel of SSH, asks for this address. */
const LOCAL_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** Whether a Host header names this host. A page of another site whose name resolves to this address sends its own. */
function isLocal(host: string | undefined): boolean {
  return host !== undefined && LOCAL_NAMES.has(host.replace(/:[0-9]{1,5}$/, '').toLowerCase());
}

/** The directory of the user interface: beside the bundled program, or in its package. */
function interfaceDirectory(): string {
  const shipped = join(import.meta.dirname, 'board-ui');
  if (existsSync(shipped)) return shipped;
  return join(dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json')), 'dist');
}

/** The files that are served, by path. No path of a request is ever opened. */
function staticFiles(directory: string): Map<string, string> {
  const names = readdirSync(join(directory, 'static'), { recursive: true, encoding: 'utf8' });
  const served = names.filter((name) => extname(name) in TYPES);
  return new Map(served.map((name) => [`/static/${name.split(sep).join('/')}`, join(directory, 'static', name)]));
}

type Reply = { status: number; type: string; body: string | Buffer; allow?: string };

function jsonReply(status: number, body: unknown): Reply {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body, allow }: Reply): void {
  const headers = { ...HEADERS, 'Content-Type': type, ...(allow === undefined ? {} : { Allow: allow }) };
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
}

/**
 * Serves the page of the queues on 127.0.0.1. `listQueues` is called for each request, so that new accounts appear.
 * Rejects if the port is taken.
 */
export async function serveBoard(port: number, listQueues: () => Promise<readonly BoardQueue[]>) {
  const directory = interfaceDirectory();
  const files = staticFiles(directory);
  const routes = boardRoutes(readFileSync(join(directory, 'index.ejs'), 'utf8'));

  async function reply({ method, headers, url = '/' }: IncomingMessage): Promise<Reply> {
    if (!isLocal(headers.host)) return jsonReply(403, { error: 'the board answers to 127.0.0.1 and localhost only' });
    if (method !== 'GET' && method !== 'HEAD') {
      return { ...jsonReply(405, { error: 'the board is read only' }), allow: 'GET, HEAD' };
    }
    const { pathname: path, searchParams } = new URL(`http://board${url}`);
    const file = files.get(path);
    if (file !== undefined) return { status: 200, type: TYPES[extname(file)] as string, body: readFileSync(file) };
    routes.setQueues(await listQueues());
    const answer = await routes.answer({ path, query: Object.fromEntries(searchParams) });
    if (answer === null) return jsonReply(404, { error: 'there is no such page' });
    if ('html' in answer) return { status: answer.status, type: 'text/html; charset=utf-8', body: answer.html };
    return jsonReply(answer.status, answer.json);
  }

  const server = createServer((request, response) => {
    reply(request).then(
      (made) => send(request, response, made),
      // An error of Redis may quote a command, so its text stays here.
      () => send(request, response, jsonReply(500, { error: 'the queue did not answer' })),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ADDRESS, resolve);
  });
  return {
    url: `http://${ADDRESS}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
