// The official SDK with p-limit and its own retries, which wait as the server asks. As users of a server with a limit
// write it.
import pLimit from 'p-limit';
import Telnyx from 'telnyx';
import { baseUrl, check, inFlight, KEY, rows } from './rows.mjs';

const client = new Telnyx({ apiKey: KEY, baseURL: baseUrl, maxRetries: 10 });
const limit = pLimit(Number(inFlight));
await Promise.all(
  rows.map((row) => limit(async () => check(await client.phoneNumbers.messaging.update(row.id, row.body), row))),
);
