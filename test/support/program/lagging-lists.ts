import { text } from 'node:stream/consumers';
import { httpServer } from '../io/servers.ts';

type Row = { id: string };

/** An API before another one, whose lists show every number for ever as the first of them did. Returns its address. */
export async function laggingLists(url: string): Promise<string> {
  const { origin } = new URL(url);
  const first = new Map<string, Row>();
  const server = await httpServer(async (request, response) => {
    const { method = 'GET', url: path = '', headers } = request;
    const body = await text(request);
    const { authorization = '' } = headers;
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === '' ? {} : { body }),
    });
    const json = (await answer.json()) as { data: Row[] };
    if (path.includes('/phone_numbers/messaging?')) {
      json.data = json.data.map((row) => {
        first.set(row.id, first.get(row.id) ?? row);
        return first.get(row.id) as Row;
      });
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  return server.url;
}
