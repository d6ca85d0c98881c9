import type { Redis, RedisOptions } from 'ioredis';
import { queueName } from '../../core/text/queue-url.ts';
import { printable } from '../../core/text/text.ts';
import { type Durability, readServer } from './server.ts';
import { watchServer } from './watch.ts';

/** `unreachable`: Redis does not answer, or refuses us. `evicts`: it may remove keys when its memory is full. */
export class QueueError extends Error {
  readonly kind: 'unreachable' | 'evicts';

  constructor(kind: QueueError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A connection to Redis. Commands wait while it is down, and are sent again when it is back. */
export type Queue = {
  redis: Redis;
  /** The URL without user and password. */
  name: string;
  /** What the user should know about this server. */
  warnings: string[];
  /** Of the server that answers now. */
  durability: () => Durability;
  /** Changes if the server starts again: it may have forgotten its last moments. */
  runId: () => string;
  /** Calls back when another server, or the same one after a start, answers. Returns a function that removes it. */
  onRestart: (callback: () => void) => () => void;
  isConnected: () => boolean;
  /** Since when Redis has not answered, in ms of `performance.now()`; null while it answers. */
  lostSince: () => number | null;
  close: () => void;
};

const OPEN_TIMEOUT_MS = 5000;
/** Short: an owner must soon notice that a server began again, and has forgotten it (lease.ts). */
const MAX_RETRY_MS = 500;

const OPTIONS = {
  // Commands wait for Redis as long as it takes; those that waited are sent again. BullMQ asks for it too.
  maxRetriesPerRequest: null,
  retryStrategy: (times: number) => Math.min(times * 50, MAX_RETRY_MS),
  connectTimeout: OPEN_TIMEOUT_MS,
  // A process that has closed its connections ends at once, also if the server does not answer.
  disconnectTimeout: 100,
  protocol: 2,
  lazyConnect: true,
  // A replica that was a master refuses writes: connect again, to find the new one.
  reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 2 : false),
} satisfies RedisOptions;

/** Every connection has a handler: an error without one ends the process. */
function withHandler(redis: Redis, onError: (error: Error) => void): Redis {
  return redis.on('error', onError);
}

const FIXES: [pattern: RegExp, fix: string][] = [
  [/^NOPERM/, 'give its user the rights of jobs/redis-users.conf'],
  [/^(NOAUTH|WRONGPASS)/, 'correct user and password: redis://USER:PASSWORD@HOST:PORT in TELNYX_REASSIGN_QUEUE'],
  [/RESP/, 'name the port of Redis: something else answers there'],
  [/certificate/, 'set NODE_EXTRA_CA_CERTS to the file of its authority, if that is your own'],
];
const OTHER_FIX = 'start it, or correct its URL (rediss:// for TLS)';
const REFUSED_FIXES: typeof FIXES = [
  [/^(NOAUTH|NOPERM|WRONGPASS)/, 'give its user the rights of jobs/redis-users.conf'],
  [/^WRONGTYPE/, 'use a Redis that no other program writes to'],
  [/^OOM/, 'raise its maxmemory'],
];

/** Whether Redis has refused a command. It may take it later: a full memory, a failover. */
export const isRefusal = (error: unknown): error is Error => (error as Error | null)?.name === 'ReplyError';

/** Says that Redis has refused a command, which may contain rows and is not quoted. */
export function refusalText(name: string, { message }: Error): string {
  const text = printable(message).replace(/\.$/, '');
  const fix = REFUSED_FIXES.find(([pattern]) => pattern.test(text))?.[1];
  return `${name} has refused a command: ${text}.${fix === undefined ? '' : ` Fix: ${fix}.`}`;
}

/** Never contains a password: ioredis keeps the arguments of a command beside the message only. */
function errorText(error: unknown): string {
  const { message = '', code = '' } = error as { message?: string; code?: string };
  // An error of several addresses has a code only.
  const text = printable(message === '' ? String(code) : message).replace(/\.( Please report this\.)?$/, '');
  return `${text}. Fix: ${FIXES.find(([pattern]) => pattern.test(text))?.[1] ?? OTHER_FIX}.`;
}

/** Connects within five seconds. Throws QueueError. */
export async function openQueue(url: string): Promise<Queue> {
  const name = queueName(url);
  const { Redis } = await import('./ioredis.ts');
  let lastError: unknown = null;
  const redis = withHandler(new Redis(url, OPTIONS), (error) => {
    lastError = error;
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(lastError ?? new Error('no answer within 5 s')), OPEN_TIMEOUT_MS);
  });
  try {
    // Without retries here: a server that refuses the connection now is not waited for.
    const server = await Promise.race([redis.connect().then(() => readServer(redis)), timeout]);
    if (server.isCopy) {
      throw new QueueError('unreachable', `${name} is a replica, which takes no writes. Fix: name its master.`);
    }
    if (server.policy !== 'noeviction') {
      const message = `${name} may remove keys when its memory is full (maxmemory-policy ${printable(server.policy)}). Fix: set it to noeviction.`;
      throw new QueueError('evicts', message);
    }
    const watch = watchServer(redis, server);
    return {
      redis,
      name,
      warnings: server.warnings,
      ...watch,
      close() {
        watch.stop();
        redis.disconnect();
      },
    };
  } catch (error) {
    redis.disconnect();
    if (error instanceof QueueError) throw error;
    throw new QueueError('unreachable', `${name} cannot be reached: ${errorText(lastError ?? error)}`);
  } finally {
    clearTimeout(timer);
  }
}
