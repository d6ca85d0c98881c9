import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { inputOf } from '../process/inputs.ts';
import { ROOT, run, runNode, runProgram, type Usage } from '../process/run.ts';
import { type Figure, goal, inRounds, type Size } from '../report/figure.ts';
import { median, ratios, shown, spread } from '../report/spread.ts';
import { type BareServer, type Seen, startBareServer } from '../servers/bare-server.ts';

const IN_FLIGHT = 50;

type Contest = { perSecond: number; cpuUs: number; peakMb: number; seen: Seen };

async function contest(server: BareServer, rows: number, contend: () => Promise<Usage>): Promise<Contest> {
  await server.start();
  const { cpuMs, peakMb } = await contend();
  const seen = await server.seen();
  if (seen.requests !== rows) throw new Error(`the server saw ${seen.requests} requests of ${rows}`);
  return { perSecond: ((rows - 1) / seen.spanMs) * 1000, cpuUs: (cpuMs / rows) * 1000, peakMb, seen };
}

const loop = (name: string) => join(ROOT, 'bench', 'loops', name);

/** What `times` of a shell prints last: the CPU time of its children, as 0m1.234s 0m0.567s. */
function childrenMs(printed: string): number {
  const last = printed.trimEnd().split('\n').at(-1) ?? '';
  const times = [...last.matchAll(/([0-9]+)m([0-9.,]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}

async function runCurl(input: string, url: string): Promise<Usage> {
  const printed = await run('sh', [loop('curl.sh'), input, url, `${IN_FLIGHT}`]);
  return { peakMb: Number.NaN, cpuMs: childrenMs(printed), wallMs: Number.NaN };
}

/** Throughput, CPU and connections without a rate limit, beside other ways to send the same rows. */
export async function clients({ quick, rounds }: Size, say: (text: string) => void): Promise<Figure> {
  const rows = quick ? 5000 : 30_000;
  const few = quick ? 500 : 2000;
  const input = await inputOf(rows);
  const fewInput = await inputOf(few);
  const server = await startBareServer();
  const flags = ['--yes', '--rate', 'off', '--concurrency', `${IN_FLIGHT}`, '--base-url', server.url];
  const loopOf = (name: string) => () =>
    contest(server, rows, () => runNode([loop(name), input, server.url, `${IN_FLIGHT}`]));
  const hasCurl =
    spawnSync('curl', ['--version']).status === 0 && spawnSync('xargs', ['--version']).error === undefined;
  const contenders = {
    'this program': () => contest(server, rows, () => runProgram('apply', input, flags)),
    'bare got loop': loopOf('got.mjs'),
    undici: loopOf('undici.mjs'),
    'telnyx SDK in p-limit': loopOf('sdk.mjs'),
    ...(hasCurl && { 'xargs -P curl': () => contest(server, few, () => runCurl(fewInput, server.url)) }),
  };
  const results = await inRounds(rounds, contenders, say).finally(server.stop);
  const of = (name: string, what: 'perSecond' | 'cpuUs' | 'peakMb') => (results[name] ?? []).map((one) => one[what]);
  const own = (what: 'perSecond' | 'cpuUs' | 'peakMb') => of('this program', what);
  const toGot = ratios(own('perSecond'), of('bare got loop', 'perSecond'));
  const toSdk = ratios(own('perSecond'), of('telnyx SDK in p-limit', 'perSecond'));
  const aboveGot = own('cpuUs').map((us, round) => us - (of('bare got loop', 'cpuUs')[round] as number));
  const most = Math.max(...(results['this program'] ?? []).map(({ seen }) => seen.connections));
  return {
    title: `Clients: no rate limit, ${IN_FLIGHT} in flight, ${rows.toLocaleString('en-US')} rows`,
    columns: ['', 'rows/s', 'this program / it', 'CPU us a row', 'peak MB', 'connections'],
    rows: Object.keys(contenders).map((name) => [
      name,
      spread(of(name, 'perSecond')),
      spread(ratios(own('perSecond'), of(name, 'perSecond'))),
      spread(of(name, 'cpuUs')),
      spread(of(name, 'peakMb')),
      shown(median((results[name] ?? []).map(({ seen }) => seen.connections))),
    ]),
    goals: [
      goal('rows/s against a bare got loop', median(toGot), 0.75, 0.95, 'x', true),
      goal('rows/s against the official SDK in a p-limit loop', median(toSdk), 1.35, 1.8, 'x', true),
      goal('CPU a row above the bare got loop', median(aboveGot), 100, 40, 'us'),
      goal(`connections for ${IN_FLIGHT} in flight`, most, IN_FLIGHT, null),
    ],
    notes: [
      'rows/s from the first request to the last, as the server saw them; CPU of the whole process, with start-up, plan, ledger and results.',
      ...(hasCurl ? [`curl: ${few.toLocaleString('en-US')} rows, a process each.`] : []),
    ],
  };
}
