import type { Goal } from '../../bench/report/figure.ts';
import { verdictOf } from '../../bench/report/figure-text.ts';
import type { Figures } from '../../bench/report/results.ts';
import { shown } from '../../bench/report/spread.ts';
import type { Published } from '../../test/chaos/publish.ts';
import type { PublishedQueue } from '../../test/chaos/queue/publish.ts';
import { table } from './markdown.ts';

const whole = (value: number) => value.toLocaleString('en-US');

function boundText(bound: number | null, { least }: Goal): string {
  return bound === null ? '' : `${least ? 'at least' : 'at most'} ${whole(bound)}`;
}

/** One table of goals for each figure of the benchmark. */
export function goalTables({ machine, figures }: Figures): string {
  const [cpu, , , node] = machine;
  const sections = Object.values(figures).map(({ title, goals, date }) => {
    const rows = goals.map((goal) => [
      goal.what,
      `${shown(goal.got)}${goal.unit === '' ? '' : ` ${goal.unit}`}`,
      boundText(goal.must, goal),
      boundText(goal.aim, goal),
      verdictOf(goal),
    ]);
    const header = ['what', 'measured', 'must be', 'aim', 'result'];
    return `### ${title}\n\n${table(header, rows)}\n\nMeasured on ${date}.`;
  });
  return [`Measured with ${cpu}; ${node}.`, ...sections].join('\n\n');
}

function brokenRows({ lost, wrong, duplicates }: Published): number {
  return lost + wrong + duplicates;
}

/** The table of what `npm run chaos` found. */
export function chaosTable(published: Published): string {
  const { date, seed, rows, rate, random, boundaries } = published;
  const figures = table(
    ['what', 'count'],
    [
      [`kills at random moments, in ${random.runs} runs of ${whole(rows)} rows at ${rate}/s`, whole(random.kills)],
      ['kills before, in and after writes to the run directory', whole(boundaries.kills)],
      ['rows lost, rows wrong, and rows sent again without a read', whole(brokenRows(published))],
      [`requests in the runs of ${whole(random.rows)} rows that were killed at random moments`, whole(random.requests)],
      ['of these, reads of rows that were in flight at a kill', whole(random.readBack)],
      ['rows sent again because this read did not show the target', whole(random.resent)],
    ],
  );
  return `${figures}\n\nMeasured on ${date} with seed ${seed}.`;
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);

function byTarget({ worker, submitter, redis }: PublishedQueue['kills']): string {
  return `${whole(worker)} of workers, ${whole(submitter)} of submitters, ${whole(redis)} of Redis`;
}

/** The table of what `npm run chaos -- --queue` found. */
export function queueChaosTable(published: PublishedQueue): string {
  const { date, seed, rate, kills, stops, cuts, silenceMs } = published;
  const figures = table(
    ['what', 'count'],
    [
      [`\`kill -9\`: ${byTarget(kills)}`, whole(sum(kills))],
      ['of these, Redis without what it had not yet written to the disk', whole(published.powerFailures)],
      [`stopped for longer than a lease, and woken: ${byTarget(stops)}`, whole(sum(stops))],
      [
        `cut off from Redis: ${whole(cuts.worker)} of workers, ${whole(cuts.submitter)} of submitters`,
        whole(sum(cuts)),
      ],
      ['workers that were asked to end, and replaced', whole(published.drains)],
      [`runs of ${whole(published.rowsOfRun)} rows`, whole(published.runs)],
      ['rows lost, rows wrong, and rows sent again without a read', whole(published.violations)],
      ['requests', whole(published.requests)],
      ['rows sent again because a read did not show the target', whole(published.resent)],
      [`most requests in any sliding second at ${rate}/s, from all hosts together`, whole(published.maxPerSecond)],
      ['the same with those that a busy server recorded late', whole(published.maxRecorded)],
      ['files that were searched for the key: run directories, output, files of Redis', whole(published.files)],
      ['files with the key', whole(published.violations)],
    ],
  );
  const silence = `The longest time without a request, after several of these at once, was ${(silenceMs / 1000).toFixed(1)} s, with leases of 2 s.`;
  return `${figures}\n\n${silence} Measured on ${date} with seed ${seed}.`;
}

function goalOf({ figures }: Figures, figure: string, what: string): number {
  const goal = figures[figure]?.goals.find((one) => one.what === what);
  if (goal === undefined) throw new Error(`Expected the goal "${what}" in the figure ${figure} of bench/figures.json`);
  return goal.got;
}

/** The few figures that the README shows. */
export function highlights(figures: Figures, published: Published, queue: PublishedQueue): string {
  const { random, boundaries } = published;
  const rates = [10, 50, 200];
  const most = rates.map((rate) => whole(goalOf(figures, 'rate', `most in a second at ${rate}/s`)));
  const use = Math.min(...rates.map((rate) => goalOf(figures, 'rate', `mean / limit at ${rate}/s`)));
  const memory = goalOf(figures, 'memory', 'peak memory of 1,000,000 rows');
  const fewer = goalOf(figures, 'bulk', 'requests of PATCH against orders, one profile');
  const faster = goalOf(figures, 'bulk', 'time of PATCH against orders at 20/s');
  return [
    `- \`kill -9\` ${whole(random.kills)} times at random moments and ${whole(boundaries.kills)} times around writes: ${whole(brokenRows(published))} rows lost, wrong, or sent again without a read.`,
    `- With workers on many hosts, \`kill -9\` ${whole(sum(queue.kills))} times and stops of ${whole(sum(queue.stops))} processes, Redis too: ${whole(queue.violations)} rows lost, wrong, or sent again without a read.`,
    `- The most requests that the server saw in any second with \`--rate\` ${rates.join(', ')}: ${most.join(', ')}; the mean is at least ${(100 * use).toFixed(1)} % of the limit.`,
    `- With \`--bulk auto\`, 100,000 numbers to one profile take ${shown(fewer)} times fewer requests, with those that read every number before and after. At 20/s, to three profiles, it is ${shown(faster)} times as fast.`,
    `- Peak memory with 1,000,000 rows: ${shown(memory)} MB.`,
  ].join('\n');
}
