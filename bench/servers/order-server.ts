// The sandbox in a process of its own, with all of its numbers on one profile: `order-server.ts NUMBERS LIMIT`, where
// LIMIT is in requests a second, 0 for none. Asked `tell` over the channel to its parent, it says what it has received
// and how many numbers are on each profile.
import { startSandbox } from '../../src/sandbox/server.ts';
import { idOf, profileOf, START } from '../bulk/account.ts';

const [numbers = 0, limit = 0] = process.argv.slice(2).map(Number);
const sandbox = await startSandbox({
  numbers: Array.from({ length: numbers }, (_, at) => ({ id: idOf(at), messaging_profile_id: profileOf(START) })),
  profiles: START,
  rateLimit: limit === 0 ? undefined : limit,
});

function report() {
  const received = sandbox.requests();
  const on: Record<string, number> = {};
  for (const { messaging_profile_id: profile } of sandbox.snapshot().numbers)
    on[String(profile)] = (on[String(profile)] ?? 0) + 1;
  return {
    requests: received.length,
    refused: received.filter(({ status }) => status === 429).length,
    orders: received.filter(({ method, path }) => method === 'POST' && path.includes('bulk_updates')).length,
    on,
  };
}

process.on('message', () => process.send?.(report()));
process.on('disconnect', () => process.exit());
process.send?.(sandbox.port);
