// undici with its pool.
import { Pool } from 'undici';
import { check, inFlight, KEY, urlOf, work } from './rows.mjs';

const { origin } = new URL(urlOf(''));
const pool = new Pool(origin, { connections: Number(inFlight) });
const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
await work(async (row) => {
  const { pathname: path } = new URL(urlOf(row.id));
  const { body } = await pool.request({ method: 'PATCH', path, headers, body: JSON.stringify(row.body) });
  check(await body.json(), row);
});
await pool.close();
