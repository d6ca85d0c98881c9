import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkEnd, type Reference, referenceOf, runOf } from '../checks/final-state.ts';
import { checkTraffic } from '../checks/requests.ts';
import type { Blame } from '../checks/violations.ts';
import { addTrial, emptyReport, killsOf, type Report } from '../report.ts';
import { createRandom } from '../server/random.ts';
import { editSome } from '../trial/edits.ts';
import { draftsIn } from '../trial/run-files.ts';
import {
  applyArgs,
  type Bench,
  call,
  clear,
  newTrial,
  runSession,
  type Session,
  type Trial,
} from '../trial/session.ts';
import { stageOf } from '../trial/stages.ts';
import { checkLeft, hasFinished, hasPlanned, lastWords, nextArgs } from './next-call.ts';

/**
 * Every `step`-th boundary of a run of so many rows, the seed says from which one on. `note` is told of every kill, with
 * the boundary's name.
 */
export type BoundaryOptions = {
  rows: number;
  seed: number;
  step: number;
  /** Whether the account is read before. */
  online: boolean;
  note: (boundary: string, report: Report) => void;
};

// Where the halves of writes stand among the boundaries of a ledger that is new, after those of its opening.
const BOUNDARIES_OF_OPENING = 3;
const FIRST_HALF_WRITE = BOUNDARIES_OF_OPENING + 2;
const BOUNDARIES_OF_A_WRITE = 6;
/** The ledger is opened for the reading, which writes that it begins and that it has ended. */
const BOUNDARIES_OF_READING = BOUNDARIES_OF_OPENING + 2 * BOUNDARIES_OF_A_WRITE;

/** Slow enough that few rows wait with their intent on disk, and most writes of the ledger are of one row. */
const OFFLINE_RATE = 50;
/** No pause of a second between the reading and the sending, which no write falls into; few rows at once do the same. */
const ONLINE_RATE = Number.POSITIVE_INFINITY;

/** What somebody else does to the rows that are left before a torn run is gone on with. */
const EDITS = [
  { to: 'drifted', open: false },
  { to: 'there', open: false },
  { to: 'drifted', open: true },
] as const;

const PRELOAD = join(import.meta.dirname, 'kill-at-write.mjs');
const NOTE = 'killed-at.txt';
const ENOUGH_FAULTS = 200;
/**
 * Whose boundaries are counted, and after how many runs that got through it is enough: how many writes of the ledger
 * there are differs a little from run to run.
 */
const FILES = [
  ['ledger', 3],
  ['files', 1],
] as const;

const noteOf = ({ work }: Trial) => (existsSync(join(work, NOTE)) ? readFileSync(join(work, NOTE), 'utf8') : '');

function freshTrial(bench: Bench, { rows, seed, online }: BoundaryOptions): Trial {
  return newTrial(bench, { rows, seed, online, rate: online ? ONLINE_RATE : OFFLINE_RATE, doubts: 0 });
}

/** One process that dies at its k-th boundary. */
function runTo(trial: Trial, args: string[], files: string, k: number): Promise<Session> {
  rmSync(join(trial.work, NOTE), { force: true });
  const env = { KILL_IN: files, KILL_AT: String(k), KILL_NOTE: NOTE };
  return runSession(trial, args, { node: ['--import', PRELOAD], env });
}

/** Brings a trial to its end after a kill, without any more of them, and checks everything. */
async function finish(trial: Trial, reference: Reference, options: BoundaryOptions, report: Report, blame: Blame) {
  const random = createRandom(options.seed + killsOf(report));
  await checkLeft(trial, random.chance(0.1), blame);
  let session = await runSession(trial, await nextArgs(trial, random, blame));
  while (hasPlanned(trial, session)) session = await runSession(trial, await nextArgs(trial, random, blame));
  if (!hasFinished(trial, session, blame)) return;
  checkEnd(trial, reference, blame);
  const traffic = checkTraffic(trial, blame);
  addTrial(report, trial, draftsIn(runOf(trial)).length, traffic);
}

/**
 * Kills a process at its 1st, 2nd, 3rd, ... boundary until it gets through. `begin` gives a trial and the call that is
 * to die.
 */
async function enumerate(
  begin: () => { trial: Trial; args: string[] },
  reference: Reference,
  options: BoundaryOptions,
  report: Report,
): Promise<void> {
  for (const [files, enough] of FILES) {
    const last = options.step === 1 ? enough : 1;
    let through = 0;
    for (let k = 1 + (options.seed % options.step); through < last; k += options.step) {
      const { trial, args } = begin();
      const { faults } = report;
      const before = faults.length;
      const session = await runTo(trial, args, files, k);
      const { ended } = session;
      const where = `boundary ${k} of ${args[0]}, ${noteOf(trial)}`;
      const blame: Blame = (kind, text) => faults.push({ kind, text: `${where} (${trial.work}): ${text}` });
      if (ended.stuck || (ended.signal === null && ended.code !== reference.exit)) {
        blame('other', `not killed, but ${lastWords(ended)}`);
      }
      if (ended.signal === null) through += 1;
      else {
        report.kills[stageOf(trial, session)] += 1;
        await finish(trial, reference, options, report, blame).catch((error: Error) =>
          blame('other', `${error.stack}`),
        );
        options.note(where, report);
      }
      if (faults.length === before) clear(trial);
      if (faults.length > ENOUGH_FAULTS) return;
    }
  }
}

/**
 * A run that was killed in the middle of a line of its ledger, and of which somebody has looked at the results since:
 * a torn line, rows in flight, and files of an earlier end are all there. Numbers of an online run have been edited.
 */
async function tornRun(bench: Bench, options: BoundaryOptions): Promise<Trial> {
  const first = FIRST_HALF_WRITE + (options.online ? BOUNDARIES_OF_READING : 0);
  for (let k = first; ; k += BOUNDARIES_OF_A_WRITE) {
    const trial = freshTrial(bench, options);
    const { ended, to, from } = await runTo(trial, applyArgs(trial), 'ledger', k);
    if (ended.signal === null) throw new Error('no boundary is in the middle of a write of the ledger');
    const sent = trial.server.seen().slice(from, to);
    const writes = sent.filter(({ what }) => what === 'write').length;
    if (writes >= trial.rows.length / 3 && noteOf(trial) === 'ledger: half of a write') {
      await call(trial, ['results', runOf(trial), '--json']);
      if (options.online) editSome(trial, ['resume'], EDITS, createRandom(options.seed));
      return trial;
    }
    clear(trial);
  }
}

/** Kills at every write boundary of an `apply`, and then of the `resume` of a torn run. */
export async function killAtBoundaries(bench: Bench, options: BoundaryOptions): Promise<Report> {
  const report = emptyReport();
  const fresh = () => freshTrial(bench, options);
  const unbroken = fresh();
  await runSession(unbroken, applyArgs(unbroken));
  const reference = referenceOf(unbroken);
  clear(unbroken);
  await enumerate(
    () => {
      const trial = fresh();
      return { trial, args: applyArgs(trial) };
    },
    reference,
    options,
    report,
  );
  const torn = await tornRun(bench, options);
  const kept = `${torn.work}-kept`;
  const memory = bench.server.snapshot();
  cpSync(torn.work, kept, { recursive: true });
  await enumerate(
    () => {
      // In its old place: run.json names it.
      rmSync(torn.work, { recursive: true, force: true });
      cpSync(kept, torn.work, { recursive: true });
      bench.server.restore(memory);
      const trial = { ...torn, sessions: [...torn.sessions] };
      return { trial, args: ['resume', runOf(trial), '--results', 'out.csv', '--json'] };
    },
    reference,
    options,
    report,
  );
  rmSync(kept, { recursive: true, force: true });
  return report;
}
