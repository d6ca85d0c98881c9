import { setTimeout as sleep } from 'node:timers/promises';
import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, spread } from '../report/spread.ts';
import { type BareServer, startBareServer } from '../servers/bare-server.ts';
import { type BenchWorker, openRedis, startWorker } from './parties.ts';

type Way = 'SIGKILL' | 'SIGTERM';

/** How workers end one after the other while a run is carried out, each with another one beside it. */
type Takeover = { rate: number; lease: string; timeout: string; ways: readonly Way[] };

const SHORT = { lease: '4s', timeout: '1s' };
const DEFAULT = { lease: '25s', timeout: '10s' };
const KILLS: readonly Way[] = ['SIGKILL', 'SIGTERM', 'SIGKILL'];

const RATES = [10, 50, 200];
const atRate = (rate: number) => `${rate}/s, two kills and a drain, lease ${SHORT.lease}`;
const DEFAULT_KILL = `50/s, one kill, lease ${DEFAULT.lease}`;
const DRAIN = `50/s, one drain, lease ${DEFAULT.lease}`;

/** Seconds of sending between two ends, and the time in which a worker becomes ready. */
const BETWEEN_S = 3;
const READY_MS = 1500;
const CHECK_MS = 50;

/** Resolves when the server has received that number of further requests. */
async function received(server: BareServer, more: number): Promise<void> {
  const wanted = (await server.report()).requests + more;
  while ((await server.report()).requests < wanted) await sleep(CHECK_MS);
}

async function measure(server: BareServer, queue: string, { rate, lease, timeout, ways }: Takeover) {
  const rows = rate * (BETWEEN_S * (ways.length + 1) + ways.length * 2);
  const input = await inputOf(rows);
  await server.start();
  const worker = () => startWorker(queue, ['--lease', lease]);
  let active: BenchWorker = worker();
  const args = ['apply', input, '--offline', '--yes', '--rate', `${rate}`, '--timeout', timeout];
  const applied = runProgram([...args, '--base-url', server.url], { env: { TELNYX_REASSIGN_QUEUE: queue } });
  for (const way of ways) {
    await received(server, rate * BETWEEN_S);
    const next = worker();
    await sleep(READY_MS);
    await active.end(way);
    active = next;
  }
  await applied;
  await active.end('SIGTERM');
  const { mostInSecond, silenceMs, lagMs, writes } = await server.report();
  if (writes < rows) throw new Error(`the server received ${writes} writes for ${rows} rows`);
  return { mostInSecond, silenceMs, lagMs };
}

/** The rate as the server sees it while one worker takes over from another, and how long nothing is sent then. */
export const queueTakeover: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const server = await startBareServer();
  const redis = await openRedis('everysec');
  const take = (takeover: Takeover) => () => measure(server, redis.url, takeover);
  const contenders = {
    ...Object.fromEntries(RATES.map((rate) => [atRate(rate), take({ rate, ...SHORT, ways: KILLS })])),
    [DRAIN]: take({ rate: 50, ...DEFAULT, ways: ['SIGTERM'] }),
    ...(!quick && { [DEFAULT_KILL]: take({ rate: 50, ...DEFAULT, ways: ['SIGKILL'] }) }),
  };
  const of = await runRounds(rounds, contenders, onProgress).finally(async () => {
    server.stop();
    await redis.remove();
  });
  const most = (name: string) => of(name).map(({ mostInSecond }) => mostInSecond);
  const silence = (name: string) => of(name).map(({ silenceMs }) => silenceMs / 1000);
  return {
    title: 'Queue: one worker takes over from another',
    columns: ['run', 'most in any sliding second', 'longest silence, s', 'ms that the server was blocked'],
    rows: Object.keys(contenders).map((name) => [
      name,
      spread(most(name), String),
      spread(silence(name)),
      spread(of(name).map(({ lagMs }) => lagMs)),
    ]),
    goals: [
      ...RATES.map((rate) =>
        atMost(`most in a second at ${rate}/s over takeovers`, Math.max(...most(atRate(rate))), {
          must: rate,
          aim: rate,
        }),
      ),
      atMost(`silence after a kill, lease ${SHORT.lease}`, median(silence(atRate(50))), { must: 8, aim: 6, unit: 's' }),
      ...(quick
        ? []
        : [
            atMost(`silence after a kill, lease ${DEFAULT.lease}`, median(silence(DEFAULT_KILL)), {
              must: 32,
              aim: 28,
              unit: 's',
            }),
          ]),
      atMost('silence after a drain', median(silence(DRAIN)), { must: 5, aim: 3, unit: 's' }),
    ],
    notes: [
      'A worker that is killed holds the account until its lease ends; one that is drained gives it back. The next one then',
      'waits until a second has passed in which nothing can have arrived.',
    ],
  };
};
