import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { PROTOCOL } from '../../core/queue/protocol.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { count } from '../../core/text/text.ts';
import { realClock } from '../../io/clock.ts';
import { findAllKeys } from '../../io/http/all-keys.ts';
import type { SharedConnections } from '../../io/http/shared-connections.ts';
import { registerWorker, unregisterWorker } from '../../io/queue/registry.ts';
import { CommandError, fileError, UsageError } from '../errors.ts';
import type { Invocation, Reporting } from '../invocation.ts';
import { connectToQueue } from '../queue/connect.ts';
import { onEndSignals } from '../signals.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { createKeyring } from './keyring.ts';
import { createWorkerLog, logRedisAway, type WorkerLog } from './log.ts';
import { createDrain, type Drain, type Serving } from './serving.ts';

const LOOK_INTERVAL_MS = 500;
const HEARTBEAT_MS = 5000;
const REDIS_CHECK_MS = 1000;
const MAX_ID_CHARACTERS = 40;
/** While Redis is away, a worker that is to end waits for it no longer than this. */
const MAX_WAIT_FOR_REDIS_MS = 10_000;

/** Names this process among all workers: host, process, and a few digits, because containers share both. */
function newWorker(): Serving['worker'] {
  const host = hostname();
  const { pid } = process;
  return { id: `${host.slice(0, MAX_ID_CHARACTERS)}-${pid}-${randomBytes(2).toString('hex')}`, host, pid };
}

/** Reads the keys for the first time. Throws UsageError if there is none, and none can come. */
function openKeyring({ settings, context }: Reporting, log: WorkerLog) {
  const dir = settings.keys_dir;
  try {
    findAllKeys({}, dir);
  } catch (error) {
    throw fileError(`read the keys in ${dir}`, error, 'name another directory with --keys-dir');
  }
  const problems: string[] = [];
  const keyring = createKeyring({
    read: () => findAllKeys(context.env, dir),
    now: realClock.now,
    warn(problem) {
      problems.push(problem);
      log.log('warn', 'worker.key', problem);
    },
  });
  keyring.readAgain();
  if (keyring.count() > 0 || dir !== null) return keyring;
  const why = problems.length === 0 ? '' : ` (${problems.join('; ')})`;
  throw new UsageError(
    `no API key${why}: set TELNYX_API_KEY, or name a directory with one file for each key: --keys-dir`,
  );
}

/** Opens each base URL once. */
function createConnections(create: (baseUrl: string) => SharedConnections) {
  const opened = new Map<string, SharedConnections>();
  return {
    to(baseUrl: string): SharedConnections {
      const connections = opened.get(baseUrl) ?? create(baseUrl);
      opened.set(baseUrl, connections);
      return connections;
    },
    close(): void {
      for (const connections of opened.values()) connections.destroy();
    },
  };
}

/** The first signal drains the worker, the second breaks requests off, the third exits. */
function drainOnSignals(drain: Drain, { log, context, active }: Serving): void {
  const removeHandlers = onEndSignals(context, (signal, times) => {
    if (times > 2) context.signals?.exit(EXIT.internal);
    if (times > 1) {
      log.log('info', 'worker.draining', `${signal}: breaking off the requests in flight (repeat it to exit at once)`);
      return drain.abort();
    }
    const runs = [...active.values()].filter(({ run }) => run !== '').length;
    const left = `finishing the requests of ${count(runs, 'run')} in flight, and leaving the rest to other workers`;
    log.log('info', 'worker.draining', `${signal}: ${runs === 0 ? 'no run is at work' : left}`);
    drain.ask(signal);
  });
  context.atEnd(removeHandlers);
}

/** Repeats something until the worker drains. An error is said once, until it succeeds again. */
async function repeat(what: string, everyMs: number, action: () => Promise<void>, { clock, drain, log }: Serving) {
  let isFailing = false;
  while (drain.asked() === null) {
    try {
      await action();
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.log('error', 'worker.failed', `could not ${what}: ${(error as Error).message}`);
      isFailing = true;
    }
    if (drain.asked() !== null) return;
    const sleep = clock.sleep(everyMs);
    const remove = drain.onAsked(sleep.cancel);
    await sleep.done;
    remove();
  }
}

/** Waits for the turns to end. Returns whether they could: Redis may be away. */
async function endTurns({ turns }: Discovery, { queue, clock, drain }: Serving): Promise<boolean> {
  const since = clock.now();
  while (turns.size > 0) {
    await Promise.race([Promise.all(turns.values()), clock.sleep(LOOK_INTERVAL_MS).done]);
    const lostSince = queue.lostSince();
    if (lostSince !== null && clock.now() - Math.max(lostSince, since) > MAX_WAIT_FOR_REDIS_MS) {
      drain.abort();
      return false;
    }
  }
  return true;
}

/** Serves until a signal. Returns the exit code. */
async function serveQueue(serving: Serving): Promise<number> {
  const { queue, worker, active, settings, context, log, drain } = serving;
  const discovery = createDiscovery(serving);
  const startedAt = new Date().toISOString();
  const heartbeat = async () => {
    await registerWorker(queue, {
      ...worker,
      version: context.version,
      protocol: PROTOCOL,
      accounts: await discovery.known(),
      active: [...active].filter(([, { run }]) => run !== '').map(([account, run]) => ({ account, ...run })),
      limit: settings.accounts,
      started_at: startedAt,
    });
  };
  drainOnSignals(drain, serving);
  const drained = new Promise<void>((resolve) => drain.onAsked(resolve));
  void repeat('say in Redis that this worker lives', HEARTBEAT_MS, heartbeat, serving);
  void repeat('watch Redis', REDIS_CHECK_MS, logRedisAway(serving), serving);
  void repeat('look for runs', LOOK_INTERVAL_MS, discovery.look, serving);
  await drained;
  const hasEnded = await endTurns(discovery, serving);
  if (hasEnded && queue.isConnected()) await unregisterWorker(queue, worker.id).catch(() => undefined);
  const text = hasEnded
    ? 'the worker has ended'
    : 'ended without Redis: the next worker reads the rows that were in flight';
  log.log(hasEnded ? 'info' : 'warn', 'worker.ended', text);
  return hasEnded ? EXIT.ok : EXIT.internal;
}

/** `worker`: carries out the runs of every account whose key it has, until a signal. Returns the exit code. */
export async function serveAccounts(invocation: Invocation): Promise<number> {
  const { settings, context } = invocation;
  const { queue: url } = settings;
  if (url === null) {
    throw new UsageError('worker needs a queue: --queue redis://HOST:6379, or TELNYX_REASSIGN_QUEUE');
  }
  const worker = newWorker();
  const log = createWorkerLog(invocation, worker.id);
  const keyring = openKeyring(invocation, log);
  const queue = await connectToQueue(url, context);
  if (queue instanceof CommandError) throw queue;
  const { createSharedConnections } = await import('../../io/http/shared-connections.ts');
  const connections = createConnections((baseUrl) => createSharedConnections(baseUrl, context.env));
  const drain = createDrain();
  const active: Serving['active'] = new Map();
  const shared = { queue, keyring, clock: realClock, log, drain, worker, connectionsTo: connections.to, active };
  for (const warning of queue.warnings) log.log('warn', 'worker.queue', warning);
  const limits = `up to ${count(settings.accounts, 'account')} at once, lease ${formatDuration(settings.lease)}`;
  const started = `worker ${worker.id} serves ${queue.name} with ${count(keyring.count(), 'key')}: ${limits}`;
  log.log('info', 'worker.started', started, { version: context.version, protocol: PROTOCOL, pid: worker.pid });
  queue.onRestart(() => log.log('warn', 'worker.redis_restarted', 'Redis has started again: leases are taken again'));
  try {
    return await serveQueue({ settings, context, ...shared });
  } finally {
    connections.close();
  }
}
