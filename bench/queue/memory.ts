import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis, type RedisServer } from '../../test/support/queue/redis-server.ts';
import { inputOf } from '../process/inputs.ts';
import { runProgram } from '../process/run.ts';
import { atMost, type MeasureFigure } from '../report/figure.ts';
import { shown } from '../report/spread.ts';
import { startBareServer } from '../servers/bare-server.ts';
import { openRedis, startWorker } from './parties.ts';

const MB = 1024 * 1024;
/** An account is waited for at most this long after a run. */
const SAMPLE_MS = 250;

async function usedMb({ port }: RedisServer): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await askRedis(port, 'INFO memory'))?.[1]) / MB;
}

/** What Redis holds of a run: the rows that were handed over, and the ledger until the submitter takes the run back. */
export const queueMemory: MeasureFigure = async ({ quick }, onProgress) => {
  const rows = quick ? 10_000 : 1_000_000;
  const ledgerRows = quick ? 2000 : 100_000;
  const server = await startBareServer();
  const redis = await openRedis('everysec');
  const env = { TELNYX_REASSIGN_QUEUE: redis.url };
  const flags = ['--offline', '--yes', '--rate', 'off', '--base-url', server.url];
  const emptyMb = await usedMb(redis);
  onProgress(`${rows} rows, handed over`);
  const { peakMb } = await runProgram(['apply', await inputOf(rows), ...flags, '--detach'], { env });
  const heldMb = (await usedMb(redis)) - emptyMb;
  await askRedis(redis.port, 'FLUSHALL');
  onProgress(`${ledgerRows} rows, carried out`);
  const worker = startWorker(redis.url);
  const baseMb = await usedMb(redis);
  let mostMb = 0;
  let isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      mostMb = Math.max(mostMb, (await usedMb(redis)) - baseMb);
      await sleep(SAMPLE_MS);
    }
  })();
  await runProgram(['apply', await inputOf(ledgerRows), ...flags], { env }).finally(() => {
    isOver = true;
  });
  await sampling;
  const leftMb = (await usedMb(redis)) - baseMb;
  const workerMb = worker.usage().peakMb;
  await worker.end('SIGTERM');
  server.stop();
  await redis.remove();
  const text = (count: number) => count.toLocaleString('en-US');
  const bytesOf = (mb: number, count: number) => shown((mb * MB) / count);
  return {
    title: 'Queue: memory of Redis',
    columns: ['what Redis holds', 'rows', 'MB', 'bytes a row'],
    rows: [
      ['a run that was handed over', text(rows), shown(heldMb), bytesOf(heldMb, rows)],
      ['the most while a run is carried out', text(ledgerRows), shown(mostMb), bytesOf(mostMb, ledgerRows)],
      ['after it was taken back', text(ledgerRows), shown(leftMb), bytesOf(leftMb, ledgerRows)],
    ],
    goals: [
      atMost(`${text(rows)} rows handed over`, heldMb, { must: 250, aim: 100, unit: 'MB' }),
      atMost('a row while its run is carried out', (mostMb * MB) / ledgerRows, {
        must: 1500,
        aim: 1000,
        unit: 'bytes',
      }),
      atMost(`peak memory of the worker, ${text(ledgerRows)} rows`, workerMb, { must: 300, aim: 250, unit: 'MB' }),
      atMost(`peak memory of the submitter, ${text(rows)} rows`, peakMb, { must: 400, aim: 250, unit: 'MB' }),
    ],
    notes: [
      `A run of ${text(rows)} rows needs ten times the memory of one of ${text(rows / 10)} while it is carried out: its ledger stays`,
      'in Redis until the submitter has all of it, because a worker that takes over reads it.',
    ],
  };
};
