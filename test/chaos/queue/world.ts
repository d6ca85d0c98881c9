import { join } from 'node:path';
import { type Fsync, type RedisServer, startRedis } from '../../support/queue/redis-server.ts';
import { startProxy, type TcpProxy } from '../../support/queue/tcp-proxy.ts';
import type { Fail } from '../checks/violations.ts';
import { sleep } from '../server/handler.ts';
import type { Random } from '../server/random.ts';
import type { Trial } from '../trial/trial.ts';
import { LEASE_MS, MAX_DOWN_MS } from './pace.ts';
import { type Party, startParty } from './parties.ts';

/** A host of a worker or of the submitter, with its own way to Redis. */
export type Host = {
  name: string;
  link: TcpProxy;
  /** The process on it; null before the first one. */
  party: Party | null;
  /** Whether something is being done to it. Nothing else is done meanwhile. */
  isBusy: boolean;
};

/** Two workers, a submitter and Redis, which carry out the run of a trial. */
export type World = {
  trial: Trial;
  random: Random;
  redis: RedisServer & { isBusy: boolean; fsync: Fsync };
  workers: Host[];
  submitter: Host;
  isClosing: boolean;
  fail: Fail;
};

const WORKERS = 2;
const EXIT_PREFLIGHT = 7;

/** Starts a worker on a host. One that ends although nothing was done to it is a violation, and is replaced. */
export function startWorker(world: World, host: Host): void {
  const args = ['worker', '--lease', `${LEASE_MS}ms`];
  const party = startParty(world.trial, host.name, `redis://127.0.0.1:${host.link.port}`, args);
  host.party = party;
  void party.ended.then(({ code, signal }) => {
    if (host.isBusy || world.isClosing || host.party !== party) return;
    // It starts only if Redis answers.
    if (code !== EXIT_PREFLIGHT)
      world.fail('other', `a worker ended with ${code ?? signal}: ${party.output().slice(-600)}`);
    // Not at once: a worker that cannot start would fill the report.
    void sleep(MAX_DOWN_MS).then(() => (world.isClosing ? undefined : startWorker(world, host)));
  });
}

/** Starts Redis, the ways to it and the workers. */
export async function openWorld(trial: Trial, random: Random, fsync: Fsync, fail: Fail): Promise<World> {
  const redis = await startRedis(join(trial.work, 'redis'), fsync);
  const makeHost = async (name: string): Promise<Host> => {
    return { name, link: await startProxy(redis.port), party: null, isBusy: false };
  };
  const workers = await Promise.all(Array.from({ length: WORKERS }, (_, at) => makeHost(`worker-${at + 1}`)));
  const submitter = await makeHost('submitter');
  const watched = Object.assign(redis, { isBusy: false, fsync });
  const world = { trial, random, redis: watched, workers, submitter, isClosing: false, fail };
  for (const host of workers) startWorker(world, host);
  return world;
}

/** Ends every process and connection of the world. */
export async function closeWorld(world: World): Promise<void> {
  world.isClosing = true;
  for (const { party, link } of [...world.workers, world.submitter]) {
    party?.child.kill('SIGKILL');
    await party?.ended;
    await link.close();
  }
  await world.redis.kill();
}
