// got without retries: the minimum for a program with this library.
import { Agent } from 'node:http';
import { got } from 'got';
import { check, inFlight, KEY, urlOf, work } from './rows.mjs';

const agent = { http: new Agent({ keepAlive: true, maxSockets: Number(inFlight) }) };
const client = got.extend({ agent, retry: { limit: 0 }, headers: { authorization: `Bearer ${KEY}` } });
await work(async (row) => check(await client.patch(urlOf(row.id), { json: row.body }).json(), row));
agent.http.destroy();
