import { checkEnd, type Reference, referenceOf, runOf } from './checks.ts';
import type { Blame } from './faults.ts';
import { checkAfterEnd, checkLeft, hasFinished, lastWords, nextArgs } from './go-on.ts';
import { makeRows, type Row } from './input.ts';
import { createRandom, type Random } from './random.ts';
import { addTrial, emptyReport, killsOf, type Report } from './report.ts';
import { begunDirs, draftsIn, readLedger, stageOf } from './run-files.ts';
import { applyArgs, type Bench, clear, type Kill, newTrial, runSession, type Trial } from './session.ts';
import { checkTraffic } from './traffic.ts';

/** How many kills, on what, and how. `note` is told of every run that has ended. */
export type KillOptions = {
  kills: number;
  rows: number;
  rate: number;
  seed: number;
  note: (report: Report) => void;
};

/** Longer than it takes to the first request, so that kills before it fall on every moment of the start. */
const LONGEST_START_MS = 400;

/** The longest time from the first request to a kill, where the run lasts that long. */
const LONGEST_MS = 1500;

const ENOUGH_FAULTS = 200;

const changeOf = (rows: readonly Row[]) => rows.filter(({ action }) => action === 'change').length;

/**
 * Decides when a process is killed, and arms it: some before the first request, most while it sends, some when the last
 * row has been sent and the results are written, some while a SIGTERM drains. Gives a function that disarms.
 */
function arm(kill: Kill, trial: Trial, random: Random): () => void {
  const { server, rows, rate, work } = trial;
  const timers: NodeJS.Timeout[] = [];
  const strike = (afterMs: number) => timers.push(setTimeout(() => kill('SIGKILL'), afterMs));
  const longestMs = Math.min(LONGEST_MS, (1000 * rows.length) / rate);
  const due = changeOf(rows) - readLedger(begunDirs(work)[0]).outcomes.size;
  const asked = new Set<number>();
  const kind = random.next();
  let forget = () => undefined as unknown;
  if (kind < 0.2) strike(random.between(0, LONGEST_START_MS));
  else {
    const atEnd = kind < 0.35;
    const drain = kind >= 0.9;
    const afterMs = atEnd ? random.between(0, 120) : random.between(0, random.chance(0.2) ? 60 : longestMs);
    forget = server.onRequest(({ row }) => {
      asked.add(row);
      if (atEnd && asked.size < due) return;
      forget();
      if (drain) timers.push(setTimeout(() => kill('SIGTERM'), afterMs));
      strike(afterMs + (drain ? random.between(0, 60) : 0));
    });
  }
  return () => {
    forget();
    for (const timer of timers) clearTimeout(timer);
  };
}

/** Runs one input to its end, killing its processes on the way, and checks what came of it. */
async function killAndResume(
  trial: Trial,
  reference: Reference,
  random: Random,
  report: Report,
  options: KillOptions,
  blame: Blame,
): Promise<void> {
  const change = changeOf(trial.rows);
  for (let args = applyArgs(trial); ; args = await nextArgs(trial, random, blame)) {
    const interrupt = (kill: Kill) => arm(kill, trial, random);
    const session = await runSession(trial, args, killsOf(report) < options.kills ? { interrupt } : {});
    const { ended, from, to } = session;
    if (ended.stuck) return blame('other', `did not end within a minute: ${args.join(' ')}`);
    if (ended.signal !== null) {
      report.kills[stageOf(begunDirs(trial.work)[0], to > from, change)] += 1;
      await checkLeft(trial, random.chance(0.1), blame);
      continue;
    }
    // A SIGTERM that was obeyed before the kill came.
    if (ended.code === 143) continue;
    if (!hasFinished(trial, session, blame)) return;
    break;
  }
  checkEnd(trial, reference, blame);
  const traffic = checkTraffic(trial, blame);
  addTrial(report, trial.rows.length, draftsIn(runOf(trial)).length, traffic);
  if (random.chance(0.2)) await checkAfterEnd(trial, reference.exit, blame);
}

/** Kills so many processes at random moments; the work directories of runs with faults are kept. */
export async function randomKills(bench: Bench, options: KillOptions): Promise<Report> {
  const report = emptyReport();
  const rows = makeRows(options.rows);
  const unbroken = newTrial(bench, rows, options.rate, options.seed);
  const first = await runSession(unbroken, applyArgs(unbroken));
  if (first.ended.code !== 4) throw new Error(`the unbroken run ended with ${lastWords(first.ended)}`);
  const reference = referenceOf(unbroken);
  clear(unbroken);
  for (let run = 1; killsOf(report) < options.kills; run++) {
    const random = createRandom(options.seed * 1000 + run);
    const trial = newTrial(bench, rows, options.rate, options.seed * 1000 + run);
    const faults = report.faults.length;
    const blame: Blame = (kind, text) => report.faults.push({ kind, text: `run ${run} (${trial.work}): ${text}` });
    await killAndResume(trial, reference, random, report, options, blame).catch((error: Error) => {
      blame('other', error.stack ?? error.message);
    });
    if (report.faults.length === faults) clear(trial);
    options.note(report);
    // Each run with faults brings more of them; a few are enough to look for the cause.
    if (report.faults.length > ENOUGH_FAULTS) break;
  }
  return report;
}
