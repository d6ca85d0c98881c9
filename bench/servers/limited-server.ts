// A server in a process of its own that allows LIMIT requests in a window, and says so: `limited-server.ts KIND LIMIT
// WINDOW_MS RIVAL_FROM_MS RIVAL_TO_MS`. In the time of the rival another client takes half of the limit. Answers every
// PATCH as the API does. Asked over the channel to its parent: `start` resets the counts, `tell` reports them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLimiter, type ServerOptions } from '../../test/core/rate/limiters.ts';

const [kind = 'sliding', limitText = '100', windowText = '5000', fromText = '0', toText = '0'] = process.argv.slice(2);
const [limit, windowMs, rivalFrom, rivalTo] = [limitText, windowText, fromText, toText].map(Number) as [
  number,
  number,
  number,
  number,
];
const reset = kind === 'sliding' ? 'next' : kind === 'bucket' ? 'full' : 'end';
const options = { kind: kind as ServerOptions['kind'], limit, windowMs, reset, phaseMs: 0 } as const;

/** A run reads its first rows back, so the first written targets are kept. */
const MAX_KEPT = 100;
const kept = new Map<string, Record<string, string>>();

let limiter = createLimiter(options);
let began = Number.NaN;
let sent: { at: number; refused: boolean }[] = [];
let rival: { at: number; refused: boolean }[] = [];
let rivalTimer: NodeJS.Timeout | undefined;

function startRival(): void {
  rivalTimer = setInterval(
    () => {
      const at = performance.now() - began;
      if (at < rivalFrom || at >= rivalTo) return;
      rival.push({ at, refused: !limiter.take(performance.now()).allowed });
    },
    (2 * windowMs) / limit,
  );
}

function answer(request: IncomingMessage, response: ServerResponse, text: string): void {
  const now = performance.now();
  if (Number.isNaN(began)) {
    began = now;
    if (rivalTo > rivalFrom) startRival();
  }
  const { allowed, remaining, resetMs } = limiter.take(now);
  sent.push({ at: now - began, refused: !allowed });
  const id = (request.url ?? '').split('/').at(-2) ?? '';
  const target = text === '' ? (kept.get(id) ?? {}) : (JSON.parse(text) as Record<string, string>);
  if (text !== '' && allowed && kept.size < MAX_KEPT) kept.set(id, target);
  const data = {
    id,
    messaging_profile_id: target.messaging_profile_id ?? null,
    messaging_product: target.messaging_product ?? 'A2P',
  };
  const errors = [{ code: '10011', title: 'Too many requests', detail: '' }];
  response.writeHead(allowed ? 200 : 429, {
    'content-type': 'application/json',
    'x-ratelimit-limit': limit,
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': Math.ceil(resetMs / 1000),
  });
  response.end(JSON.stringify(allowed ? { data } : { errors }));
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()));
});
server.keepAliveTimeout = 60_000;

process.on('message', (question) => {
  if (question === 'tell') {
    process.send?.({ sent, rival });
    return;
  }
  clearInterval(rivalTimer);
  limiter = createLimiter(options);
  began = Number.NaN;
  sent = [];
  rival = [];
  process.send?.('started');
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
