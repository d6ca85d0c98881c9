import type { Reference } from '../checks/final-state.ts';
import type { Fail } from '../checks/violations.ts';
import { emptyReport, killsOf, type Report } from '../report.ts';
import { createRandom, type Random } from '../server/random.ts';
import { applyEdits } from '../trial/edits.ts';
import { type Kill, runSession } from '../trial/program.ts';
import { stageOf } from '../trial/stages.ts';
import { applyArgs, type Edit, newTrial, removeTrial, type Setup, type TestBed, type Trial } from '../trial/trial.ts';
import { arm } from './arm.ts';
import { checkAfterKill, checkFinishedRun, hasFinished, hasPlanned, nextArgs } from './next-call.ts';
import { checkTrial, MAX_VIOLATIONS, uninterrupted } from './proof.ts';

/** `onProgress` is called after every run. */
export type KillOptions = {
  kills: number;
  rows: number;
  rate: number;
  seed: number;
  onProgress: (report: Report) => void;
};

const AMBIGUOUS_SHARE = 0.01;

/** The edits by another client between two calls. Most are of rows that were not sent. */
const EDITS: readonly (readonly Pick<Edit, 'to' | 'inFlight'>[])[] = [
  [{ to: 'drifted', inFlight: false }],
  [{ to: 'target', inFlight: false }],
  [
    { to: 'drifted', inFlight: false },
    { to: 'drifted', inFlight: true },
    { to: 'target', inFlight: true },
  ],
];

type Proof = { reference: Reference; random: Random; report: Report; options: KillOptions };

/** Runs one input to its end, kills its processes on the way, and checks the outcome. */
async function killAndResume(trial: Trial, proof: Proof, fail: Fail): Promise<void> {
  const { reference, random, report, options } = proof;
  for (let args = applyArgs(trial); ; args = await nextArgs(trial, random, fail)) {
    if (trial.online && random.chance(0.4)) applyEdits(trial, args, random.pick(EDITS), random);
    const interrupt = (kill: Kill) => arm(kill, trial, args, random);
    const session = await runSession(trial, args, killsOf(report) < options.kills ? { interrupt } : {});
    const { result } = session;
    if (result.timedOut) return fail('other', `did not end within a minute: ${args.join(' ')}`);
    if (result.signal !== null) {
      report.kills[stageOf(trial, session)] += 1;
      await checkAfterKill(trial, random.chance(0.1), fail);
      continue;
    }
    // Exit 143: the process ended after the SIGTERM, before the kill.
    if (result.code === 143 || hasPlanned(trial, session)) continue;
    if (!hasFinished(trial, session, fail)) return;
    break;
  }
  checkTrial(trial, reference, report, fail);
  if (random.chance(0.2)) await checkFinishedRun(trial, reference.exitCode, fail);
}

/**
 * Kills processes at random moments until there were that many kills. Odd runs read the account, even runs are offline.
 * The work directories of runs with violations are kept.
 */
export async function randomKills(testBed: TestBed, options: KillOptions): Promise<Report> {
  const report = emptyReport();
  const { rows, rate, kills } = options;
  const setupOf = (seed: number): Setup => ({
    rows,
    rate,
    seed,
    online: seed % 2 === 1,
    ambiguousShare: AMBIGUOUS_SHARE,
  });
  const offline = await uninterrupted(testBed, setupOf(0));
  const online = await uninterrupted(testBed, setupOf(1));
  for (let run = 1; killsOf(report) < kills; run++) {
    const setup = setupOf(options.seed * 1000 + run);
    const random = createRandom(setup.seed);
    const trial = newTrial(testBed, setup);
    const violationsBefore = report.violations.length;
    const mode = setup.online ? 'online' : 'offline';
    const fail: Fail = (kind, text) =>
      report.violations.push({ kind, text: `run ${run}, ${mode} (${trial.work}): ${text}` });
    const proof = { reference: setup.online ? online : offline, random, report, options };
    await killAndResume(trial, proof, fail).catch((error: Error) => {
      fail('other', error.stack ?? error.message);
    });
    if (report.violations.length === violationsBefore) removeTrial(trial);
    options.onProgress(report);
    if (report.violations.length > MAX_VIOLATIONS) break;
  }
  return report;
}
