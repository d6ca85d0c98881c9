// A process that sends requests as a worker does, under a lease that its parent grants. Its parent stops and wakes it.
// Arguments: base URL, URL of the lease, lease in ms, timeout in ms, requests at once, ms between two of each.
import { createCleaner } from '../../../src/core/text/redact.ts';
import { createTelnyxClient, type TelnyxClient } from '../../../src/io/http/client.ts';
import { createSharedConnections } from '../../../src/io/http/shared-connections.ts';
import { makeEntry } from '../make.ts';

const [baseUrl = '', leaseUrl = '', ...numbers] = process.argv.slice(2);
const [ttlMs, timeoutMs, atOnce, everyMs] = numbers.map(Number) as [number, number, number, number];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const connections = createSharedConnections(baseUrl, {});
connections.https.options.rejectUnauthorized = false;

/** The lease that is held, its end by the clock of this process, and the client that sends under it. */
let lease: { fence: number; until: number; client: TelnyxClient } | null = null;

function createClient(fence: number): TelnyxClient {
  const mayLeave = () => lease?.fence === fence && performance.now() + timeoutMs <= lease.until;
  const { inTurn } = connections;
  const [key, userAgent] = ['KEY0123456789', 'sender'];
  const clean = createCleaner(key);
  return createTelnyxClient({ baseUrl, key, timeoutMs, agents: connections, clean, userAgent, mayLeave, inTurn });
}

/** Takes the lease, or renews it; one that has ended is taken as a new one. */
async function keepLease(): Promise<void> {
  const asked = performance.now();
  const answer = await fetch(`${leaseUrl}?fence=${lease?.fence ?? 0}`).then((response) => response.text());
  const fence = Number(answer);
  if (lease?.fence === fence) lease.until = asked + ttlMs;
  else {
    lease?.client.abort();
    lease = { fence, until: asked + ttlMs, client: createClient(fence) };
  }
}

async function sendForever(): Promise<never> {
  for (;;) {
    await sleep(everyMs);
    if (lease === null || performance.now() + timeoutMs > lease.until) continue;
    // The server sees under which lease a request was made.
    await lease.client.send(makeEntry({ id: `f${lease.fence}` }), () => undefined);
  }
}

process.on('disconnect', () => process.exit(0));
for (let n = 0; n < atOnce; n++) void sendForever();
for (;;) {
  await keepLease().catch(() => undefined);
  await sleep(ttlMs / 5);
}
