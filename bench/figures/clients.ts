import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { inputOf } from '../process/inputs.ts';
import { ROOT, run, runNode, runProgram, type Usage } from '../process/run.ts';
import { atLeast, atMost, type MeasureFigure, runRounds } from '../report/figure.ts';
import { median, ratios, shown, spread } from '../report/spread.ts';
import {
  type BareServer,
  checkRequests,
  perSecond,
  type ServerReport,
  startBareServer,
} from '../servers/bare-server.ts';

const IN_FLIGHT = 50;

type Result = { perSecond: number; cpuUs: number; peakMb: number; report: ServerReport };

async function measure(server: BareServer, rows: number, send: () => Promise<Usage>): Promise<Result> {
  await server.start();
  const { cpuMs, peakMb } = await send();
  const report = await server.report();
  checkRequests(report, rows);
  return { perSecond: perSecond(report), cpuUs: (cpuMs / rows) * 1000, peakMb, report };
}

const loopPath = (name: string) => join(ROOT, 'bench', 'loops', name);

/** The CPU time of the children of a shell, from the last line of `times`: 0m1.234s 0m0.567s. */
function childrenMs(output: string): number {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const times = [...last.matchAll(/([0-9]+)m([0-9.,]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}

async function runCurl(input: string, url: string): Promise<Usage> {
  const output = await run('sh', [loopPath('curl.sh'), input, url, `${IN_FLIGHT}`]);
  return { peakMb: Number.NaN, cpuMs: childrenMs(output), wallMs: Number.NaN };
}

/** Throughput, CPU and connections without a rate limit, compared with other clients that send the same rows. */
export const clients: MeasureFigure = async ({ quick, rounds }, onProgress) => {
  const rows = quick ? 5000 : 30_000;
  const curlRows = quick ? 500 : 2000;
  const input = await inputOf(rows);
  const curlInput = await inputOf(curlRows);
  const server = await startBareServer();
  const flags = ['--offline', '--yes', '--rate', 'off', '--concurrency', `${IN_FLIGHT}`, '--base-url', server.url];
  const loopOf = (name: string) => () =>
    measure(server, rows, () => runNode([loopPath(name), input, server.url, `${IN_FLIGHT}`]));
  const hasCurl =
    spawnSync('curl', ['--version']).status === 0 && spawnSync('xargs', ['--version']).error === undefined;
  const contenders = {
    'this program': () => measure(server, rows, () => runProgram(['apply', input, ...flags])),
    'bare got loop': loopOf('got.mjs'),
    undici: loopOf('undici.mjs'),
    'telnyx SDK in p-limit': loopOf('sdk.mjs'),
    ...(hasCurl && { 'xargs -P curl': () => measure(server, curlRows, () => runCurl(curlInput, server.url)) }),
  };
  const resultsOf = await runRounds(rounds, contenders, onProgress).finally(server.stop);
  const of = (name: string, what: 'perSecond' | 'cpuUs' | 'peakMb') => resultsOf(name).map((one) => one[what]);
  const own = (what: 'perSecond' | 'cpuUs' | 'peakMb') => of('this program', what);
  const toGot = ratios(own('perSecond'), of('bare got loop', 'perSecond'));
  const toSdk = ratios(own('perSecond'), of('telnyx SDK in p-limit', 'perSecond'));
  const aboveGot = own('cpuUs').map((us, round) => us - (of('bare got loop', 'cpuUs')[round] as number));
  const connections = Math.max(...resultsOf('this program').map(({ report }) => report.connections));
  return {
    title: `Clients: no rate limit, ${IN_FLIGHT} in flight, ${rows.toLocaleString('en-US')} rows`,
    columns: ['', 'rows/s', 'this program / it', 'CPU us a row', 'peak MB', 'connections'],
    rows: Object.keys(contenders).map((name) => [
      name,
      spread(of(name, 'perSecond')),
      spread(ratios(own('perSecond'), of(name, 'perSecond'))),
      spread(of(name, 'cpuUs')),
      spread(of(name, 'peakMb')),
      shown(median(resultsOf(name).map(({ report }) => report.connections))),
    ]),
    goals: [
      atLeast('rows/s against a bare got loop', median(toGot), { must: 0.75, aim: 0.95, unit: 'x' }),
      atLeast('rows/s against the official SDK in a p-limit loop', median(toSdk), { must: 1.35, aim: 1.8, unit: 'x' }),
      atMost('CPU a row above the bare got loop', median(aboveGot), { must: 100, aim: 40, unit: 'us' }),
      atMost(`connections for ${IN_FLIGHT} in flight`, connections, { must: IN_FLIGHT }),
    ],
    notes: [
      'rows/s is measured by the server, from the first request to the last. CPU is that of the whole process, including start-up, plan, ledger and results.',
      ...(hasCurl ? [`curl: ${curlRows.toLocaleString('en-US')} rows, one process for each.`] : []),
    ],
  };
};
