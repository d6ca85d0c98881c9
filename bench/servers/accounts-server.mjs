// A server of many accounts in its own process, one for each key. It answers every PATCH as the API does and records
// when each account's requests arrive. Messages from the parent process: `start` resets the counts, `report` returns
// them.
import { createServer } from 'node:http';
import { mostInSecond, numberAt } from './numbers.mjs';

const MAX_KEPT = 100;

/** By key: the times of its requests, and the targets of its first numbers, because a run reads those back. */
let accounts = new Map();
let open = 0;
let mostOpen = 0;

function accountOf(key) {
  const account = accounts.get(key) ?? { times: [], kept: new Map() };
  accounts.set(key, account);
  return account;
}

const server = createServer((request, response) => {
  const { times, kept } = accountOf(request.headers.authorization);
  times.push(performance.now());
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const id = request.url.split('/').at(-2);
    const target = chunks.length === 0 ? (kept.get(id) ?? {}) : JSON.parse(Buffer.concat(chunks));
    if (kept.size < MAX_KEPT) kept.set(id, target);
    const data = numberAt(id, target);
    const body = Buffer.from(JSON.stringify({ data }));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.on('connection', (socket) => {
  open += 1;
  mostOpen = Math.max(mostOpen, open);
  socket.on('close', () => {
    open -= 1;
  });
  socket.on('error', () => undefined);
});

process.on('message', (message) => {
  if (message === 'start') {
    accounts = new Map();
    mostOpen = open;
    process.send('started');
    return;
  }
  const reports = [...accounts.values()].map(({ times }) => ({
    requests: times.length,
    mostInSecond: mostInSecond(times),
    firstAt: times[0],
    lastAt: times.at(-1),
  }));
  process.send({ accounts: reports, mostOpen });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
