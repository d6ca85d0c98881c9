import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { httpServer } from '../io/servers.ts';

/** A number as an answer shows it; a field that is missing is not shown. */
export type PlainNumber = { id: string; messaging_profile_id?: string | null; [field: string]: unknown };
export type PlainOptOut = { from: string; to: string; messaging_profile_id?: string; [field: string]: unknown };

/** An account that other code keeps: everything can be changed while the API is at work. */
export type PlainAccount = {
  numbers: PlainNumber[];
  profiles: { id: string; name: string; enabled?: boolean }[];
  optOuts?: PlainOptOut[];
  /** Rows a page at most. */
  pageSize?: number;
  isWithoutMeta?: boolean;
  /** Called with the address of every request, before it is answered. A status here is the answer. */
  onRequest?: (url: URL, method: string) => number | undefined;
  /** A body that is answered in place of what would be; undefined for that. */
  answer?: (url: URL) => object | undefined;
};

type Query = { size: number; page: number };

/** An implementation of the API that filters nothing, and answers 404 to everything but lists, numbers and writes. */
export async function plainApi(account: PlainAccount) {
  const requests: string[] = [];
  const listOf = (rows: readonly unknown[], { size, page }: Query) => {
    const pageSize = Math.min(size, account.pageSize ?? 250);
    const data = rows.slice((page - 1) * pageSize, page * pageSize);
    const meta = { total_results: rows.length, total_pages: Math.ceil(rows.length / pageSize), page_number: page };
    return account.isWithoutMeta === true ? { data } : { data, meta };
  };
  const answer = async (url: URL, request: IncomingMessage): Promise<[number, object]> => {
    const path = url.pathname.replace(/^\/v2/, '');
    const other = account.answer?.(url);
    if (other !== undefined) return [200, other];
    const number = (name: string, fallback: number) => Number(url.searchParams.get(name) ?? fallback);
    const query = { size: number('page[size]', 20), page: number('page[number]', 1) };
    if (path === '/phone_numbers/messaging') return [200, listOf(account.numbers, query)];
    if (path === '/messaging_profiles') return [200, listOf(account.profiles, query)];
    if (path === '/messaging_optouts') return [200, listOf(account.optOuts ?? [], query)];
    const id = /^\/phone_numbers\/([^/]+)\/messaging$/.exec(path)?.[1];
    const found = account.numbers.find((one) => one.id === id);
    if (found === undefined) return [404, { errors: [{ code: '10005', title: 'Resource not found' }] }];
    if (request.method === 'PATCH') {
      const body = JSON.parse(await text(request)) as Record<string, string>;
      for (const [field, value] of Object.entries(body)) found[field] = value === '' ? null : value;
    }
    return [200, { data: found }];
  };
  const server = await httpServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const method = request.method ?? 'GET';
    requests.push(`${method} ${url.pathname.replace(/^\/v2/, '')}${decodeURIComponent(url.search)}`);
    const refused = account.onRequest?.(url, method);
    const [status, body] =
      refused === undefined ? await answer(url, request) : [refused, { errors: [{ code: '10015', title: 'No' }] }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const flags = ['--base-url', server.url, '--rate', 'off', '--retry-base', '1ms', '--retry-max', '2ms'];
  return { url: server.url, requests, flags };
}
