import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Reference } from '../checks/final-state.ts';
import type { Fail } from '../checks/violations.ts';
import { emptyReport, killsOf, type Report } from '../report.ts';
import { createRandom } from '../server/random.ts';
import { applyEdits } from '../trial/edits.ts';
import { runProgram, runSession } from '../trial/program.ts';
import { stageOf } from '../trial/stages.ts';
import { applyArgs, newTrial, removeTrial, runOf, type Session, type TestBed, type Trial } from '../trial/trial.ts';
import { checkAfterKill, hasFinished, hasPlanned, nextArgs, resultText } from './next-call.ts';
import { checkTrial, MAX_VIOLATIONS, uninterrupted } from './proof.ts';

/**
 * Kills at every `step`-th boundary; the seed determines the first. `online`: the account is read before the plan.
 * `onProgress` is called after every kill with the name of the boundary.
 */
export type BoundaryOptions = {
  rows: number;
  seed: number;
  step: number;
  online: boolean;
  onProgress: (boundary: string, report: Report) => void;
};

// The positions of half writes among the boundaries of a new ledger, after those of opening it.
const BOUNDARIES_OF_OPENING = 3;
const FIRST_HALF_WRITE = BOUNDARIES_OF_OPENING + 2;
const BOUNDARIES_OF_WRITE = 6;
/** Reading the account opens the ledger too, and writes the start and the end of a session. */
const BOUNDARIES_OF_READING = BOUNDARIES_OF_OPENING + 2 * BOUNDARIES_OF_WRITE;

/** Slow enough that most writes of the ledger are of one row. */
const OFFLINE_RATE = 50;
/** No limit, because a rate would add a second without writes between reading and sending. Concurrency limits it. */
const ONLINE_RATE = Number.POSITIVE_INFINITY;

/** The edits by another client before a torn run is resumed. */
const EDITS = [
  { to: 'drifted', inFlight: false },
  { to: 'target', inFlight: false },
  { to: 'drifted', inFlight: true },
] as const;

const PRELOAD = join(import.meta.dirname, 'kill-at-write.mjs');
const BOUNDARY_FILE = 'killed-at.txt';
/**
 * The files whose boundaries are counted, and after how many unkilled runs to stop. The count of writes to the ledger
 * varies a little from run to run, so one unkilled run is not enough there.
 */
const FILES = [
  ['ledger', 3],
  ['files', 1],
] as const;

type Proof = { reference: Reference; options: BoundaryOptions; report: Report };

/** The name of the boundary at which a process was killed. */
function killedAt({ work }: Trial): string {
  const path = join(work, BOUNDARY_FILE);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function setupOf({ rows, seed, online }: BoundaryOptions) {
  return { rows, seed, online, rate: online ? ONLINE_RATE : OFFLINE_RATE, ambiguousShare: 0 };
}

/** Runs one process and kills it at its k-th boundary. */
function runToBoundary(trial: Trial, args: string[], files: string, k: number): Promise<Session> {
  rmSync(join(trial.work, BOUNDARY_FILE), { force: true });
  const env = { KILL_IN: files, KILL_AT: String(k), KILL_NOTE: BOUNDARY_FILE };
  return runSession(trial, args, { node: ['--import', PRELOAD], env });
}

/** Finishes a trial after a kill, without further kills, and checks it. */
async function finish(trial: Trial, { reference, options, report }: Proof, fail: Fail): Promise<void> {
  const random = createRandom(options.seed + killsOf(report));
  await checkAfterKill(trial, random.chance(0.1), fail);
  let session = await runSession(trial, await nextArgs(trial, random, fail));
  while (hasPlanned(trial, session)) session = await runSession(trial, await nextArgs(trial, random, fail));
  if (hasFinished(trial, session, fail)) checkTrial(trial, reference, report, fail);
}

/** Kills one process at its k-th boundary and finishes the trial. Returns whether the process was killed. */
async function killAt(k: number, files: string, { trial, args }: Start, proof: Proof): Promise<boolean> {
  const { reference, options, report } = proof;
  const { violations } = report;
  const violationsBefore = violations.length;
  const session = await runToBoundary(trial, args, files, k);
  const { result } = session;
  const boundary = `boundary ${k} of ${args[0]}, ${killedAt(trial)}`;
  const fail: Fail = (kind, text) => violations.push({ kind, text: `${boundary} (${trial.work}): ${text}` });
  const isKilled = result.signal !== null;
  if (result.timedOut || (!isKilled && result.code !== reference.exitCode)) {
    fail('other', `not killed, but ${resultText(result)}`);
  }
  if (isKilled) {
    report.kills[stageOf(trial, session)] += 1;
    await finish(trial, proof, fail).catch((error: Error) => fail('other', `${error.stack}`));
    options.onProgress(boundary, report);
  }
  if (violations.length === violationsBefore) removeTrial(trial);
  return isKilled;
}

/** A trial, and the call to kill. */
type Start = { trial: Trial; args: string[] };

/** Kills a process at its 1st, 2nd, 3rd, ... boundary until it is no longer killed. `start` prepares each process. */
async function killAtEach(start: () => Start, proof: Proof): Promise<void> {
  const { seed, step } = proof.options;
  for (const [files, unkilledRuns] of FILES) {
    const enough = step === 1 ? unkilledRuns : 1;
    let unkilled = 0;
    for (let k = 1 + (seed % step); unkilled < enough; k += step) {
      if (!(await killAt(k, files, start(), proof))) unkilled += 1;
      if (proof.report.violations.length > MAX_VIOLATIONS) return;
    }
  }
}

/**
 * A run that was killed in the middle of a ledger line, with results written since. So it has a torn line, rows in
 * flight, and result files. If it is online, another client has edited some numbers.
 */
async function makeTornRun(testBed: TestBed, options: BoundaryOptions): Promise<Trial> {
  const first = FIRST_HALF_WRITE + (options.online ? BOUNDARIES_OF_READING : 0);
  for (let k = first; ; k += BOUNDARIES_OF_WRITE) {
    const trial = newTrial(testBed, setupOf(options));
    const { result, to, from } = await runToBoundary(trial, applyArgs(trial), 'ledger', k);
    if (result.signal === null) throw new Error('no boundary is in the middle of a write to the ledger');
    const requests = trial.server.received().slice(from, to);
    const writes = requests.filter(({ kind }) => kind === 'write').length;
    if (writes >= trial.rows.length / 3 && killedAt(trial) === 'ledger: half of a write') {
      await runProgram(trial, ['results', runOf(trial), '--json']);
      if (options.online) applyEdits(trial, ['resume'], EDITS, createRandom(options.seed));
      return trial;
    }
    removeTrial(trial);
  }
}

/** Kills at every write boundary of an `apply`, then of the `resume` of a torn run. */
export async function killAtBoundaries(testBed: TestBed, options: BoundaryOptions): Promise<Report> {
  const setup = setupOf(options);
  const reference = await uninterrupted(testBed, setup);
  const proof = { reference, options, report: emptyReport() };
  await killAtEach(() => {
    const trial = newTrial(testBed, setup);
    return { trial, args: applyArgs(trial) };
  }, proof);

  const torn = await makeTornRun(testBed, options);
  const copy = `${torn.work}-copy`;
  const snapshot = testBed.server.snapshot();
  // A socket cannot be copied, and leads nowhere after a kill.
  cpSync(torn.work, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  await killAtEach(() => {
    // Restore to the original path, because run.json contains it.
    rmSync(torn.work, { recursive: true, force: true });
    cpSync(copy, torn.work, { recursive: true });
    testBed.server.restore(snapshot);
    const trial = { ...torn, sessions: [...torn.sessions] };
    return { trial, args: ['resume', runOf(trial), '--results', 'out.csv', '--json'] };
  }, proof);
  rmSync(copy, { recursive: true, force: true });
  return proof.report;
}
