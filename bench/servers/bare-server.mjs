// A minimal server in its own process. It answers every PATCH as the API does and records the arrival of each request.
// It lists as many numbers as its first argument says, and three profiles. Requests arrive late by up to the ms of its
// second argument, each by another time, as over a network with jitter. Messages from the parent process: `start` resets
// the counts, `report` returns them.
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { mostInSecond, numberAt } from './numbers.mjs';

let arrivals = new Float64Array(1024);
let requests = 0;
let writes = 0;
let connections = 0;
let open = 0;
let mostOpen = 0;
// How long the event loop was blocked. A request may have arrived earlier by this time than it was recorded.
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

function record(at) {
  if (requests === arrivals.length) {
    const longer = new Float64Array(arrivals.length * 2);
    longer.set(arrivals);
    arrivals = longer;
  }
  arrivals[requests] = at;
  requests += 1;
}

/** The longest time between two requests. */
function longestSilence() {
  let longest = 0;
  for (let at = 1; at < requests; at++) longest = Math.max(longest, arrivals[at] - arrivals[at - 1]);
  return longest;
}

const NUMBERS = Number(process.argv[2] ?? 0);
const JITTER_MS = Number(process.argv[3] ?? 0);
/** A run reads its first rows back, and those that were in flight when a worker ended: the last targets are kept. */
const MAX_KEPT = 1000;
const kept = new Map();
const PAGE_ROWS = 250;
const PROFILES = [1, 2, 3].map((n) => ({
  id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  name: `Profile ${n}`,
  enabled: true,
  webhook_url: 'https://example.com/hook',
}));

/** The nth number of the input generator. All of them are on the first profile. */
function numberOf(n) {
  return numberAt(`12933842610${String(n).padStart(7, '0')}1`, { messaging_profile_id: PROFILES[0].id });
}

/** A page of a list, or null if the path is not one of a list. */
function listPage({ pathname, searchParams }) {
  const page = Number(searchParams.get('page[number]') ?? 1);
  const pageOf = (total, data) => ({
    data,
    meta: { page_number: page, page_size: PAGE_ROWS, total_pages: Math.ceil(total / PAGE_ROWS), total_results: total },
  });
  if (pathname.endsWith('/messaging_profiles')) return pageOf(PROFILES.length, PROFILES);
  if (!pathname.endsWith('/phone_numbers/messaging')) return null;
  const profile = searchParams.get('filter[messaging_profile_id]');
  const total = profile === null || profile === PROFILES[0].id ? NUMBERS : 0;
  const first = (page - 1) * PAGE_ROWS;
  const rows = Math.max(0, Math.min(PAGE_ROWS, total - first));
  return pageOf(
    total,
    Array.from({ length: rows }, (_, at) => numberOf(first + at + 1)),
  );
}

function answer(response, value) {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

/** The settings that a write asks for, or that the last writes asked for. */
function targetOf(id, isRead, chunks) {
  if (isRead) return kept.get(id) ?? {};
  writes += 1;
  const target = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks));
  kept.set(id, target);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value);
  return target;
}

function onRequest(request, response) {
  record(performance.now());
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const isRead = request.method === 'GET';
    if (isRead) {
      const list = listPage(new URL(request.url, 'http://127.0.0.1'));
      if (list !== null) return answer(response, list);
    }
    const id = request.url.split('/').at(-2);
    const target = targetOf(id, isRead, chunks);
    answer(response, { data: numberAt(id, target) });
  });
}

const server = createServer((request, response) => {
  if (JITTER_MS === 0) onRequest(request, response);
  else setTimeout(onRequest, Math.random() * JITTER_MS, request, response);
});
server.keepAliveTimeout = 60_000;
server.on('connection', (socket) => {
  connections += 1;
  open += 1;
  mostOpen = Math.max(mostOpen, open);
  socket.on('close', () => {
    open -= 1;
  });
  socket.on('error', () => undefined);
});

process.on('message', (message) => {
  if (message === 'start') {
    requests = 0;
    writes = 0;
    kept.clear();
    connections = 0;
    mostOpen = open;
    delay.reset();
    process.send('started');
    return;
  }
  const spanMs = requests === 0 ? 0 : arrivals[requests - 1] - arrivals[0];
  process.send({
    requests,
    writes,
    spanMs,
    mostInSecond: mostInSecond(arrivals.subarray(0, requests)),
    silenceMs: longestSilence(),
    connections,
    mostOpen,
    lagMs: delay.max / 1e6,
  });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
