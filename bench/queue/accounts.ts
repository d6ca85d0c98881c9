import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis } from '../../test/support/queue/redis-server.ts';
import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { workDirectory } from '../process/work-directory.ts';
import { atMost, type MeasureFigure } from '../report/figure.ts';
import { median, shown } from '../report/spread.ts';
import { forkServer } from '../servers/fork-server.ts';
import { openRedis, startWorker } from './parties.ts';

type Report = {
  accounts: { requests: number; mostInSecond: number; firstAt: number; lastAt: number }[];
  mostOpen: number;
};

const WORKERS = 2;
const RATE = 2;
const ROWS = 60;
const CHECK_MS = 500;

/** Writes a file with a key for each account. Returns the directory and the keys. */
function makeKeys(count: number): { dir: string; keys: string[] } {
  const dir = join(workDirectory(), 'keys');
  mkdirSync(dir, { recursive: true });
  const keys = Array.from({ length: count }, (_, at) => `KEY0123456789_account_${at}`);
  for (const [at, key] of keys.entries()) writeFileSync(join(dir, `account-${at}`), key, { mode: 0o600 });
  return { dir, keys };
}

/** Many accounts on two workers, each at its own rate: connections, memory, CPU, and whether all get their turn. */
export const queueAccounts: MeasureFigure = async ({ quick }, onProgress) => {
  const count = quick ? 20 : 300;
  const { dir, keys } = makeKeys(count);
  const input = await inputOf(ROWS);
  const redis = await openRedis('everysec');
  const server = await forkServer('servers/accounts-server.mjs');
  const flags = ['--offline', '--yes', '--rate', `${RATE}`, '--base-url', server.url, '--detach'];
  onProgress(`${count} runs are handed over`);
  for (const key of keys) {
    await runProgram(['apply', input, ...flags], { env: { TELNYX_REASSIGN_QUEUE: redis.url, TELNYX_API_KEY: key } });
  }
  await server.ask('start');
  onProgress('two workers carry them out');
  const args = ['--keys-dir', dir, '--accounts', `${Math.ceil(count / WORKERS)}`];
  const workers = Array.from({ length: WORKERS }, () => startWorker(redis.url, args));
  let report: Report;
  let redisConnections = 0;
  let rssMb: number[] = [];
  do {
    await sleep(CHECK_MS);
    report = (await server.ask('report')) as Report;
    const info = await askRedis(redis.port, 'INFO clients');
    redisConnections = Math.max(redisConnections, Number(/^connected_clients:(\d+)/m.exec(info)?.[1]) - 1);
    rssMb = [...rssMb, ...workers.map((worker) => worker.usage().rssMb)];
  } while (report.accounts.length < count || report.accounts.some(({ requests }) => requests < ROWS));
  const usages = workers.map((worker) => worker.usage());
  for (const worker of workers) await worker.end('SIGTERM');
  server.stop();
  await redis.remove();
  const { accounts, mostOpen } = report;
  const requests = accounts.reduce((sum, one) => sum + one.requests, 0);
  const start = Math.min(...accounts.map(({ firstAt }) => firstAt));
  const waits = accounts.map(({ firstAt }) => (firstAt - start) / 1000);
  const means = accounts.map((one) => ((one.requests - 1) / (one.lastAt - one.firstAt)) * 1000);
  const cpuUs = (usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / requests) * 1000;
  const peakMb = Math.max(...usages.map((usage) => usage.peakMb), ...rssMb);
  const mostInSecond = Math.max(...accounts.map((one) => one.mostInSecond));
  return {
    title: `Queue: ${count} accounts on two workers, each ${ROWS} rows at ${RATE}/s`,
    columns: ['what', 'value'],
    rows: [
      ['slowest account, mean / limit', shown(Math.min(...means) / RATE)],
      ['median account, mean / limit', shown(median(means) / RATE)],
      ['last account that began, s after the first', shown(Math.max(...waits))],
      ['most in any sliding second of an account', String(mostInSecond)],
      ['connections to the API', String(mostOpen)],
      ['connections to Redis', String(redisConnections)],
      ['peak MB of a worker', shown(peakMb)],
      ['CPU us a request', shown(cpuUs)],
    ],
    goals: [
      atMost('most in a second of an account', mostInSecond, { must: RATE, aim: RATE }),
      atMost('connections to the API', mostOpen, { must: WORKERS * 256 }),
      atMost('connections to Redis for an account', redisConnections / count, { must: 3, aim: 1.5 }),
      atMost('peak memory of a worker', peakMb, { must: 500, aim: 300, unit: 'MB' }),
      atMost('fastest account against the slowest', Math.max(...means) / Math.min(...means), {
        must: 1.5,
        aim: 1.1,
        unit: 'x',
      }),
    ],
    notes: [],
  };
};
