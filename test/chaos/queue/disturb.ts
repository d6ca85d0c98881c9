import { sleep } from '../server/handler.ts';
import { DISTURBANCE_MS, LEASE_MS, MAX_DOWN_MS, MAX_STOP_LEASES } from './pace.ts';
import type { Party } from './parties.ts';
import { killWithPowerFailure } from './power-failure.ts';
import type { QueueReport } from './report.ts';
import { type Host, startWorker, type World } from './world.ts';

/** One thing that happens to one party. It resolves when the party is as before. */
type Disturbance = (world: World, report: QueueReport) => Promise<void>;

const isAlive = ({ child }: Party) => child.exitCode === null && child.signalCode === null;

/** A host with a living process to which nothing else is being done. */
function idleHost(world: World, hosts: readonly Host[]): (Host & { party: Party }) | null {
  const idle = hosts.filter(({ party, isBusy }) => !isBusy && party !== null && isAlive(party));
  return idle.length === 0 ? null : (world.random.pick(idle) as Host & { party: Party });
}

/** Does something to a host if there is one to which nothing else is being done. */
async function toHost(
  world: World,
  kind: 'worker' | 'submitter',
  action: (host: Host & { party: Party }) => Promise<void>,
): Promise<void> {
  const host = idleHost(world, kind === 'worker' ? world.workers : [world.submitter]);
  if (host === null) return;
  host.isBusy = true;
  await action(host);
  host.isBusy = false;
}

const downMs = ({ random }: World) => random.between(0, MAX_DOWN_MS);
/** Longer than a lease. */
const stoppedMs = ({ random }: World) => LEASE_MS * random.between(1.05, MAX_STOP_LEASES);

const killWorker: Disturbance = (world, { kills }) =>
  toHost(world, 'worker', async (host) => {
    kills.worker += 1;
    host.party.child.kill('SIGKILL');
    await host.party.ended;
    await sleep(downMs(world));
    if (!world.isClosing) startWorker(world, host);
  });

/** The one who called it calls again. */
const killSubmitter: Disturbance = (world, { kills }) =>
  toHost(world, 'submitter', async ({ party }) => {
    kills.submitter += 1;
    party.child.kill('SIGKILL');
    await party.ended;
  });

const drainWorker: Disturbance = (world, report) =>
  toHost(world, 'worker', async (host) => {
    report.drains += 1;
    host.party.child.kill('SIGTERM');
    const { code, signal } = await host.party.ended;
    if (world.isClosing) return;
    // One that has only just started does not hear the signal yet.
    if (code !== 0 && signal !== 'SIGTERM') world.fail('other', `a drained worker ended with ${code ?? signal}`);
    startWorker(world, host);
  });

const stopHost =
  (kind: 'worker' | 'submitter'): Disturbance =>
  (world, { stops }) =>
    toHost(world, kind, async ({ party }) => {
      stops[kind] += 1;
      party.child.kill('SIGSTOP');
      await sleep(stoppedMs(world));
      party.child.kill('SIGCONT');
    });

const cutHost =
  (kind: 'worker' | 'submitter'): Disturbance =>
  (world, { cuts }) =>
    toHost(world, kind, async ({ link }) => {
      cuts[kind] += 1;
      link.hold();
      await sleep(stoppedMs(world) * world.random.next());
      if (world.random.chance(0.5)) link.cut();
      link.release();
    });

async function toRedis({ redis, ...world }: World, action: () => Promise<void>): Promise<void> {
  if (redis.isBusy || world.isClosing) return;
  redis.isBusy = true;
  await action();
  redis.isBusy = false;
}

const killRedis: Disturbance = (world, report) =>
  toRedis(world, async () => {
    const { redis, random } = world;
    report.kills.redis += 1;
    const losesData = redis.fsync === 'everysec' && random.chance(0.5);
    if (losesData) {
      report.powerFailures += 1;
      await killWithPowerFailure(redis);
    } else await redis.kill();
    await sleep(downMs(world));
    if (!world.isClosing) await redis.start();
  });

const stopRedis: Disturbance = (world, { stops }) =>
  toRedis(world, async () => {
    stops.redis += 1;
    world.redis.signal('SIGSTOP');
    await sleep(stoppedMs(world));
    world.redis.signal('SIGCONT');
  });

/** What happens, as often as it stands here. */
const DISTURBANCES: readonly Disturbance[] = [
  ...[
    killWorker,
    killWorker,
    killWorker,
    killWorker,
    killSubmitter,
    killSubmitter,
    killSubmitter,
    killRedis,
    killRedis,
  ],
  ...[stopHost('worker'), stopHost('worker'), stopHost('submitter'), stopRedis],
  ...[cutHost('worker'), cutHost('submitter'), drainWorker],
];

/** Resolves shortly after the next request, or after a second. */
async function nextRequest({ trial, random }: World): Promise<void> {
  await Promise.race([
    sleep(1000),
    new Promise<void>((resolve) => {
      const forget = trial.server.onRequest(() => {
        forget();
        resolve();
      });
    }),
  ]);
  await sleep(random.between(0, 30));
}

/** Disturbs parties at random moments, at most `count` times, until the run is over. Resolves when all is as before. */
export async function disturb(world: World, count: number, report: QueueReport, isOver: () => boolean): Promise<void> {
  const { random } = world;
  const atWork: Promise<void>[] = [];
  for (let done = 0; done < count && !isOver(); done++) {
    await sleep(random.between(...DISTURBANCE_MS));
    if (random.chance(0.5)) await nextRequest(world);
    if (!isOver()) atWork.push(random.pick(DISTURBANCES)(world, report));
  }
  await Promise.all(atWork);
}
