// Proves that a run survives kill -9 at any moment: `npm run chaos`. With --boundaries or --random, only that part. A
// full proof without violations is published in bench/chaos.json. With --queue, the same for runs on many hosts: kills,
// stops and cuts of two workers, a submitter and Redis, published in bench/chaos-queue.json.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { killAtBoundaries } from './kills/boundaries.ts';
import { randomKills } from './kills/random-kills.ts';
import { publish } from './publish.ts';
import { killParties } from './queue/parties.ts';
import { publishQueue } from './queue/publish.ts';
import { queueChaos } from './queue/queue-chaos.ts';
import { type QueueReport, queueReportText, sumOf } from './queue/report.ts';
import { killsOf, type Report, reportText } from './report.ts';
import { startServer } from './server/server.ts';
import { killAll } from './trial/program.ts';
import { makeTestBed } from './trial/trial.ts';

/** The options of a full proof. */
const FULL = { kills: 300, rows: 2000, rate: 400 };
const FULL_QUEUE = { kills: 500, stops: 200, rows: 250, rate: 50, lanes: 3 };
/** After this many kills, stops and cuts, a run is left alone, so that it ends. */
const DISTURBANCES_OF_RUN = 16;
const BOUNDARY_ROWS = 12;
const MAX_PRINTED_VIOLATIONS = 30;

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    stops: { type: 'string' },
    rows: { type: 'string' },
    rate: { type: 'string' },
    lanes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    queue: { type: 'boolean', default: false },
    boundaries: { type: 'boolean', default: false },
    random: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: 'kills' | 'stops' | 'rows' | 'rate' | 'lanes' | 'seed', otherwise = 0): number {
  const text = values[name] ?? String(otherwise);
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`Expected a whole number for --${name}, got ${text}`);
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Prints violations as soon as they are found, because a long proof may be interrupted. */
function createProgress(): (title: string, report: Pick<Report, 'violations'>) => void {
  let printed = 0;
  return (title, { violations }) => {
    const lines = violations.slice(printed, MAX_PRINTED_VIOLATIONS).map(({ kind, text }) => `\n  ${kind}: ${text}`);
    printed = violations.length;
    print(`${title}: ${violations.length} violations${lines.join('')}`);
  };
}

/** The proof for runs on many hosts. Returns the exit code. */
async function proveQueue(): Promise<number> {
  const [rows, rate] = [wholeNumber('rows', FULL_QUEUE.rows), wholeNumber('rate', FULL_QUEUE.rate)];
  const [kills, stops] = [wholeNumber('kills', FULL_QUEUE.kills), wholeNumber('stops', FULL_QUEUE.stops)];
  const lanes = wholeNumber('lanes', FULL_QUEUE.lanes);
  const progress = createProgress();
  const onProgress = (report: QueueReport) =>
    progress(`run ${report.runs}, ${sumOf(report.kills)} kills, ${sumOf(report.stops)} stops`, report);
  print(`seed ${seed}`);
  const report = await queueChaos({
    rows,
    rate,
    kills,
    stops,
    lanes,
    seed,
    disturbances: DISTURBANCES_OF_RUN,
    onProgress,
  });
  print(`\n${queueReportText(`Two workers, a submitter and Redis: runs of ${rows} rows at ${rate}/s`, report)}`);
  const isFull = kills >= FULL_QUEUE.kills && stops >= FULL_QUEUE.stops;
  if (isFull && report.violations.length === 0) publishQueue({ seed, rows, rate }, report);
  return report.violations.length === 0 ? 0 : 1;
}

const seed = wholeNumber('seed');
process.on('exit', killAll);
process.on('exit', killParties);
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

if (values.queue) process.exit(await proveQueue());

const [kills, rows, rate] = [
  wholeNumber('kills', FULL.kills),
  wholeNumber('rows', FULL.rows),
  wholeNumber('rate', FULL.rate),
];
const both = values.boundaries === values.random;
const server = await startServer();
const testBed = { ...makeTestBed(), server };
print(`seed ${seed}, work directories in ${testBed.dir}`);
const reports: [title: string, report: Report][] = [];
if (both || values.random) {
  const progress = createProgress();
  const onProgress = (report: Report) => progress(`run ${report.runs}, ${killsOf(report)} kills`, report);
  const title = `Kills at random moments: ${rows} rows at ${rate}/s, every second run offline`;
  reports.push([title, await randomKills(testBed, { kills, rows, rate, seed, onProgress })]);
}
if (both || values.boundaries) {
  for (const online of [true, false]) {
    const mode = online ? 'online' : 'offline';
    const title = `Kills at write boundaries, ${mode}: ${BOUNDARY_ROWS} rows, every boundary of apply and of resume`;
    const options = { rows: BOUNDARY_ROWS, seed, step: 1, online, onProgress: createProgress() };
    reports.push([title, await killAtBoundaries(testBed, options)]);
  }
}
await server.close();

const violationCount = reports.reduce((sum, [, { violations }]) => sum + violations.length, 0);
for (const [title, report] of reports) print(`\n${reportText(title, report)}`);
const [random, ...boundaries] = reports.map(([, report]) => report);
const isFull = both && kills === FULL.kills && rows === FULL.rows && rate === FULL.rate;
if (isFull && violationCount === 0 && random !== undefined) publish({ seed, rows, rate }, random, boundaries);
if (violationCount === 0) rmSync(testBed.dir, { recursive: true, force: true });
else print(`${violationCount} violations; seed ${seed}, work directories kept in ${testBed.dir}`);
process.exitCode = violationCount === 0 ? 0 : 1;
