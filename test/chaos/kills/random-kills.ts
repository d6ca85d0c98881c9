import { checkEnd, type Reference, referenceOf, runOf } from '../checks/final-state.ts';
import { checkTraffic } from '../checks/requests.ts';
import type { Blame } from '../checks/violations.ts';
import { addTrial, emptyReport, killsOf, type Report } from '../report.ts';
import { createRandom, type Random } from '../server/random.ts';
import { changesOf } from '../server/rows.ts';
import { editSome } from '../trial/edits.ts';
import { draftsIn, readLedger } from '../trial/run-files.ts';
import {
  applyArgs,
  type Bench,
  clear,
  type Edit,
  type Kill,
  newTrial,
  runAt,
  runSession,
  type Setup,
  type Trial,
} from '../trial/session.ts';
import { stageOf } from '../trial/stages.ts';
import { checkAfterEnd, checkLeft, hasFinished, hasPlanned, lastWords, nextArgs } from './next-call.ts';

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

/** Longer than it takes to read the account. */
const LONGEST_READING_MS = 150;

/** The longest time from the first request about a row to a kill, where the run lasts that long. */
const LONGEST_MS = 1500;

/** Writes that are answered in doubt. */
const DOUBTS = 0.01;

/** What somebody else does between two calls, when anything: mostly to rows that were not sent. */
const EDITS: readonly (readonly Pick<Edit, 'to' | 'open'>[])[] = [
  [{ to: 'drifted', open: false }],
  [{ to: 'there', open: false }],
  [
    { to: 'drifted', open: false },
    { to: 'drifted', open: true },
    { to: 'there', open: true },
  ],
];

const ENOUGH_FAULTS = 200;

/**
 * Decides when a process is killed, and arms it: some before the first request, some while they read the account, most
 * while they send, some when the last row has been sent and the results are written, some while a SIGTERM drains. Gives a
 * function that disarms.
 */
function arm(kill: Kill, trial: Trial, args: readonly string[], random: Random): () => void {
  const { server, rows, rate, edits } = trial;
  const { outcomes, open } = readLedger(runAt(trial, args));
  const timers: NodeJS.Timeout[] = [];
  const strike = (afterMs: number) => timers.push(setTimeout(() => kill('SIGKILL'), afterMs));
  const longestMs = Math.min(LONGEST_MS, (1000 * rows.length) / rate);
  const due = changesOf(rows).filter(({ row }) => !outcomes.has(row) && (!edits.has(row) || open.has(row))).length;
  const asked = new Set<number>();
  // About every second run that reads the account is killed there first, whatever else befalls it.
  const isFirst = trial.sessions.length === 0;
  const reads = trial.online && random.chance(isFirst ? 0.5 : 0.2);
  const kind = random.next();
  let forget = () => undefined as unknown;
  if (reads) {
    // At once, or when a few more pages have been read.
    const afterMs = random.chance(0.5) ? 0 : random.between(0, LONGEST_READING_MS);
    forget = server.onRequest(() => {
      forget();
      if (afterMs === 0) kill('SIGKILL');
      else strike(afterMs);
    });
  } else if (kind < 0.2) strike(random.between(0, LONGEST_START_MS));
  else {
    const atEnd = kind < 0.35;
    const drain = kind >= 0.9;
    const afterMs = atEnd ? random.between(0, 120) : random.between(0, random.chance(0.2) ? 60 : longestMs);
    forget = server.onRequest(({ what, row }) => {
      if (what !== 'write' && !open.has(row)) return;
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
  for (let args = applyArgs(trial); ; args = await nextArgs(trial, random, blame)) {
    if (trial.online && random.chance(0.4)) editSome(trial, args, random.pick(EDITS), random);
    const interrupt = (kill: Kill) => arm(kill, trial, args, random);
    const session = await runSession(trial, args, killsOf(report) < options.kills ? { interrupt } : {});
    const { ended } = session;
    if (ended.stuck) return blame('other', `did not end within a minute: ${args.join(' ')}`);
    if (ended.signal !== null) {
      report.kills[stageOf(trial, session)] += 1;
      await checkLeft(trial, random.chance(0.1), blame);
      continue;
    }
    // A SIGTERM that was obeyed before the kill came.
    if (ended.code === 143 || hasPlanned(trial, session)) continue;
    if (!hasFinished(trial, session, blame)) return;
    break;
  }
  checkEnd(trial, reference, blame);
  const traffic = checkTraffic(trial, blame);
  addTrial(report, trial, draftsIn(runOf(trial)).length, traffic);
  if (random.chance(0.2)) await checkAfterEnd(trial, reference.exit, blame);
}

/** What an unbroken run leaves. */
async function unbroken(bench: Bench, setup: Setup): Promise<Reference> {
  const trial = newTrial(bench, { ...setup, doubts: 0 });
  const { ended } = await runSession(trial, applyArgs(trial));
  if (ended.code !== 4) throw new Error(`the unbroken run ended with ${lastWords(ended)}`);
  const reference = referenceOf(trial);
  clear(trial);
  return reference;
}

/**
 * Kills so many processes at random moments: those of odd runs read the account, those of even ones are offline. The work
 * directories of runs with faults are kept.
 */
export async function randomKills(bench: Bench, options: KillOptions): Promise<Report> {
  const report = emptyReport();
  const { rows, rate, kills } = options;
  const setupOf = (seed: number): Setup => ({ rows, rate, seed, online: seed % 2 === 1, doubts: DOUBTS });
  const references = [await unbroken(bench, setupOf(0)), await unbroken(bench, setupOf(1))] as const;
  for (let run = 1; killsOf(report) < kills; run++) {
    const setup = setupOf(options.seed * 1000 + run);
    const random = createRandom(setup.seed);
    const trial = newTrial(bench, setup);
    const faults = report.faults.length;
    const how = setup.online ? 'online' : 'offline';
    const blame: Blame = (kind, text) =>
      report.faults.push({ kind, text: `run ${run}, ${how} (${trial.work}): ${text}` });
    const reference = references[setup.online ? 1 : 0];
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
