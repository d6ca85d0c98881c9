// Proves that a run survives kill -9 at any moment: `npm run chaos`. With --boundaries or --random, only that part. A
// full proof without violations is published in bench/chaos.json.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { killAtBoundaries } from './kills/boundaries.ts';
import { randomKills } from './kills/random-kills.ts';
import { publish } from './publish.ts';
import { killsOf, type Report, reportText } from './report.ts';
import { startServer } from './server/server.ts';
import { killAll } from './trial/program.ts';
import { makeTestBed } from './trial/trial.ts';

/** The options of a full proof. */
const FULL = { kills: 300, rows: 2000, rate: 400 };
const BOUNDARY_ROWS = 12;
const MAX_PRINTED_VIOLATIONS = 30;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: String(FULL.kills) },
    rows: { type: 'string', default: String(FULL.rows) },
    rate: { type: 'string', default: String(FULL.rate) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    boundaries: { type: 'boolean', default: false },
    random: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: 'kills' | 'rows' | 'rate' | 'seed'): number {
  if (/^\d+$/.test(values[name])) return Number(values[name]);
  throw new Error(`Expected a whole number for --${name}, got ${values[name]}`);
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Prints violations as soon as they are found, because a long proof may be interrupted. */
function createProgress(): (title: string, report: Report) => void {
  let printed = 0;
  return (title, { violations }) => {
    const lines = violations.slice(printed, MAX_PRINTED_VIOLATIONS).map(({ kind, text }) => `\n  ${kind}: ${text}`);
    printed = violations.length;
    print(`${title}: ${violations.length} violations${lines.join('')}`);
  };
}

const [kills, rows, rate, seed] = [wholeNumber('kills'), wholeNumber('rows'), wholeNumber('rate'), wholeNumber('seed')];
const both = values.boundaries === values.random;

process.on('exit', killAll);
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

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
