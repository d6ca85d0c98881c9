import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { uninterrupted } from '../kills/proof.ts';
import { type ChaosServer, startServer } from '../server/server.ts';
import { makeTestBed } from '../trial/trial.ts';
import { type QueueSetup, queueTrial } from './queue-trial.ts';
import { emptyQueueReport, type QueueReport, sumOf } from './report.ts';

/** How much to do: trials go on until there were that many kills and stops. `lanes`: trials at the same time. */
export type QueueOptions = Omit<QueueSetup, 'seed'> & {
  kills: number;
  stops: number;
  lanes: number;
  seed: number;
  onProgress: (report: QueueReport) => void;
};

const MAX_VIOLATIONS = 60;

/** Starts a server whose requests come through a process that says when each one came. */
async function startTimedServer(): Promise<ChaosServer> {
  const server = await startServer();
  const front = fork(join(import.meta.dirname, 'front.ts'), [new URL(server.url).port], {
    execArgv: ['--import', 'tsx'],
  });
  const [port] = await once(front, 'message');
  const url = server.url.replace(/:\d+/, `:${port}`);
  const close = async () => {
    front.disconnect();
    await server.close();
  };
  return { ...server, url, close };
}

/** Carries out trials in lanes side by side, each with a server, a Redis and workers of its own. */
export async function queueChaos(options: QueueOptions): Promise<QueueReport> {
  const { kills, stops, lanes, seed, onProgress, ...size } = options;
  const report = emptyQueueReport();
  const isEnough = () =>
    (sumOf(report.kills) >= kills && sumOf(report.stops) >= stops) || report.violations.length > MAX_VIOLATIONS;
  const bed = makeTestBed();
  let trials = 0;
  const lane = async () => {
    const testBed = { ...bed, server: await startTimedServer() };
    const setup = { rows: size.rows, rate: Number.POSITIVE_INFINITY, seed, online: true, ambiguousShare: 0 };
    const reference = await uninterrupted(testBed, setup);
    while (!isEnough()) {
      trials += 1;
      await queueTrial(testBed, { ...size, seed: seed * 1000 + trials }, reference, report);
      onProgress(report);
    }
    await testBed.server.close();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (report.violations.length === 0) rmSync(bed.dir, { recursive: true, force: true });
  return report;
}
