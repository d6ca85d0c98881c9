import { startProxy } from '../../test/support/queue/tcp-proxy.ts';
import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { atLeast, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, ratios, spread } from '../report/spread.ts';
import { checkRequests, perSecond, startBareServer } from '../servers/bare-server.ts';
import { openRedis, startWorker } from './parties.ts';

const IN_FLIGHT = 50;
/** From here to Redis and back. */
const ROUND_TRIPS_MS = [5, 40];

const IN_PROCESS = 'in the process';
const ALWAYS = 'queue, appendfsync always';
const EVERY_SECOND = 'queue, appendfsync everysec';
const far = (ms: number) => `the same, Redis ${ms} ms away`;

/** Rows a second without a rate limit: by the executor in the process, and handed over to a worker. */
export const queueThroughput: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const rows = quick ? 2000 : 20_000;
  const input = await inputOf(rows);
  const server = await startBareServer();
  const measure = async (queue: string | null) => {
    const worker = queue === null ? null : startWorker(queue);
    await server.start();
    const args = ['apply', input, '--offline', '--yes', '--rate', 'off', '--concurrency', `${IN_FLIGHT}`];
    const env = queue === null ? {} : { TELNYX_REASSIGN_QUEUE: queue };
    const { wallMs } = await runProgram([...args, '--base-url', server.url], { env });
    const received = await server.report();
    checkRequests(received, rows);
    const usage = worker?.usage();
    await worker?.end('SIGTERM');
    return { perSecond: perSecond(received), wallMs, workerMb: usage?.peakMb ?? Number.NaN };
  };
  const always = await openRedis('always');
  const everySecond = await openRedis('everysec');
  const proxies = await Promise.all(ROUND_TRIPS_MS.map((ms) => startProxy(everySecond.port, ms / 2)));
  const contenders = {
    [IN_PROCESS]: () => measure(null),
    [ALWAYS]: () => measure(always.url),
    [EVERY_SECOND]: () => measure(everySecond.url),
    ...Object.fromEntries(
      ROUND_TRIPS_MS.map((ms, at) => [far(ms), () => measure(`redis://127.0.0.1:${proxies[at]?.port}`)]),
    ),
  };
  const of = await runRounds(rounds, contenders, onProgress).finally(async () => {
    server.stop();
    for (const proxy of proxies) await proxy.close();
    for (const redis of [always, everySecond]) await redis.remove();
  });
  const speeds = (name: string) => of(name).map((one) => one.perSecond);
  const share = (name: string) => ratios(speeds(name), speeds(IN_PROCESS));
  return {
    title: `Queue: no rate limit, ${IN_FLIGHT} in flight, ${rows.toLocaleString('en-US')} rows`,
    columns: ['executor', 'rows/s', 'it / in the process', 'seconds of the whole command', 'peak MB of the worker'],
    rows: Object.keys(contenders).map((name) => [
      name,
      spread(speeds(name)),
      spread(share(name)),
      spread(of(name).map(({ wallMs }) => wallMs / 1000)),
      spread(of(name).map(({ workerMb }) => workerMb)),
    ]),
    goals: [
      atLeast('rows/s against the executor in the process', median(share(EVERY_SECOND)), {
        must: 0.4,
        aim: 0.7,
        unit: 'x',
      }),
      atLeast('rows/s with Redis 5 ms away', median(speeds(far(5))), { must: 400, aim: 1000 }),
      atLeast('rows/s with Redis 40 ms away', median(speeds(far(40))), { must: 200, aim: 400 }),
    ],
    notes: [
      'rows/s is measured by the server, from the first request to the last: a worker begins after the rows were handed over.',
    ],
  };
};
