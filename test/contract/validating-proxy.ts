import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import formats from 'ajv-formats';
import { type Document, OpenAPIBackend, type Request } from 'openapi-backend';
import { afterEveryTest } from '../support/after-test.ts';
import { DOCUMENT } from './checker.ts';

type Proxy = {
  /** http://127.0.0.1:PORT/v2 */
  url: string;
  /** What did not conform to the document, in order. */
  violations: string[];
  /** The operations that were used, with the status of each answer: "listNumbers 200". */
  used: string[];
};

const closers: (() => Promise<void>)[] = [];

afterEveryTest(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

let opened: Promise<OpenAPIBackend> | undefined;

/** The validator of the document. Rejects if the document itself is not valid OpenAPI. Made once: it takes seconds. */
function openValidator(): Promise<OpenAPIBackend> {
  const api = new OpenAPIBackend({
    definition: structuredClone(DOCUMENT) as unknown as Document,
    apiRoot: '/v2',
    strict: true,
    ajvOpts: { allErrors: true, strict: false },
    customizeAjv: (ajv) => formats.default(ajv as never) as never,
  });
  return api.init();
}

/** A proxy that validates requests and answers with a validator that is not ours, and passes them on unchanged. */
export async function validatingProxy(upstream: string): Promise<Proxy> {
  opened ??= openValidator();
  const api = await opened;
  const proxy: Proxy = { url: '', violations: [], used: [] };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? '', upstream);
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const answer = await fetch(url, {
      method: request.method ?? 'GET',
      redirect: 'manual',
      headers: headers as Record<string, string>,
      ...(body === '' ? {} : { body }),
    });
    const text = await answer.text();
    const received = { url, method: request.method ?? '', headers, body };
    proxy.violations.push(...violationsOf(api, received, { answer, text }, proxy.used));
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`;
  return proxy;
}

type Received = { url: URL; method: string; headers: IncomingMessage['headers']; body: string };

function violationsOf(
  api: OpenAPIBackend,
  { url, method, headers, body }: Received,
  { answer, text }: { answer: Response; text: string },
  used: string[],
): string[] {
  const request = {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: headers as Request['headers'],
    ...(body === '' ? {} : { body: parsed(body) }),
  };
  const name = `${method} ${url.pathname}${url.search}`;
  const operation = api.matchOperation(request);
  if (operation?.operationId === undefined) return [`${name}: not documented`];
  const { operationId } = operation;
  used.push(`${operationId} ${answer.status}`);
  const found: string[] = [];
  const add = (what: string, errors: { instancePath: string; message?: string | undefined }[] | null | undefined) => {
    for (const { instancePath, message } of errors ?? []) found.push(`${name}: ${what} ${instancePath} ${message}`);
  };
  add('request', api.validateRequest(request, operationId).errors);
  if (body !== '' && !headers['content-type']?.startsWith('application/json')) found.push(`${name}: request not JSON`);
  if (!/^Bearer \S+$/.test(headers.authorization ?? '')) found.push(`${name}: request without a key`);
  if (!answer.headers.get('content-type')?.startsWith('application/json')) found.push(`${name}: answer not JSON`);
  add(`answer ${answer.status}`, api.validateResponse(parsed(text), operationId, answer.status).errors);
  const answerHeaders = Object.fromEntries(answer.headers);
  add('headers', api.validateResponseHeaders(answerHeaders, operationId, { statusCode: answer.status }).errors);
  return found;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
