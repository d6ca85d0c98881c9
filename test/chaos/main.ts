import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { killAtBoundaries } from './kills/boundaries.ts';
import { randomKills } from './kills/random-kills.ts';
import { publish } from './publish.ts';
import { killsOf, type Report, reportText } from './report.ts';
import { startServer } from './server/server.ts';
import { endAll, makeBench } from './trial/session.ts';

// The proof that a run survives kill -9 at any moment: `npm run chaos`. With --boundaries or --random only that part.
// A whole proof without faults is published: see publish.ts.

const WHOLE = { kills: 300, rows: 2000, rate: 400 };

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: String(WHOLE.kills) },
    rows: { type: 'string', default: String(WHOLE.rows) },
    rate: { type: 'string', default: String(WHOLE.rate) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    boundaries: { type: 'boolean', default: false },
    random: { type: 'boolean', default: false },
  },
});
/** A whole number of a flag. */
function wholeNumber(name: 'kills' | 'rows' | 'rate' | 'seed'): number {
  if (/^\d+$/.test(values[name])) return Number(values[name]);
  throw new Error(`--${name} ${values[name]} is no whole number`);
}

const [kills, rows, rate, seed] = [wholeNumber('kills'), wholeNumber('rows'), wholeNumber('rate'), wholeNumber('seed')];
const BOUNDARY_ROWS = 12;
const SHOWN_FAULTS = 30;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Tells of faults as soon as they are found: a long proof may be broken off. */
function teller(): (what: string, report: Report) => void {
  let told = 0;
  return (what, { faults }) => {
    const news = faults.slice(told, SHOWN_FAULTS).map(({ kind, text }) => `\n  ${kind}: ${text}`);
    told = faults.length;
    say(`${what}: ${faults.length} faults${news.join('')}`);
  };
}

const both = values.boundaries === values.random;

process.on('exit', endAll);
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

const server = await startServer();
const bench = { ...makeBench(), server };
say(`seed ${seed}, work directories in ${bench.bench}`);
const reports: [string, Report][] = [];
if (both || values.random) {
  const tell = teller();
  const note = (report: Report) => tell(`run ${report.runs}, ${killsOf(report)} kills`, report);
  const title = `Random kills: ${rows} rows at ${rate}/s, half of the runs with the account read before, half offline`;
  reports.push([title, await randomKills(bench, { kills, rows, rate, seed, note })]);
}
if (both || values.boundaries) {
  for (const online of [true, false]) {
    const how = online ? 'with the account read before' : 'offline';
    const title = `Kills at write boundaries ${how}: ${BOUNDARY_ROWS} rows, every boundary of apply and of resume`;
    const options = { rows: BOUNDARY_ROWS, seed, step: 1, online, note: teller() };
    reports.push([title, await killAtBoundaries(bench, options)]);
  }
}
await server.close();

const faults = reports.flatMap(([, report]) => report.faults);
for (const [title, report] of reports) say(`\n${reportText(title, report)}`);
const [random, ...boundaries] = reports.map(([, report]) => report);
const isWhole = both && kills === WHOLE.kills && rows === WHOLE.rows && rate === WHOLE.rate;
if (isWhole && faults.length === 0 && random !== undefined) publish({ seed, rows, rate }, random, boundaries);
if (faults.length === 0) rmSync(bench.bench, { recursive: true, force: true });
else say(`${faults.length} faults; seed ${seed}, work directories kept in ${bench.bench}`);
process.exitCode = faults.length === 0 ? 0 : 1;
