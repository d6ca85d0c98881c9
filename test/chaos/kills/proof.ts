import { checkFinalState, type Reference, referenceOf } from '../checks/final-state.ts';
import { checkRequests } from '../checks/requests.ts';
import type { Fail } from '../checks/violations.ts';
import { addTrial, type Report } from '../report.ts';
import { runSession } from '../trial/program.ts';
import { draftsIn } from '../trial/run-files.ts';
import { applyArgs, newTrial, removeTrial, runOf, type Setup, type TestBed, type Trial } from '../trial/trial.ts';
import { resultText } from './next-call.ts';

/** A broken program violates something in every run. This many violations are enough to find the cause. */
export const MAX_VIOLATIONS = 200;

/** The exit code of a run with failed or rejected rows, which every input here has. */
const EXIT_NOT_ALL_DONE = 4;

/** Runs a trial without kills. Returns its outcome. */
export async function uninterrupted(testBed: TestBed, setup: Setup): Promise<Reference> {
  const trial = newTrial(testBed, { ...setup, ambiguousShare: 0 });
  const { result } = await runSession(trial, applyArgs(trial));
  if (result.code !== EXIT_NOT_ALL_DONE) throw new Error(`the run without kills ended with ${resultText(result)}`);
  const reference = referenceOf(trial);
  removeTrial(trial);
  return reference;
}

/** Checks a finished trial and adds it to the report. */
export function checkTrial(trial: Trial, reference: Reference, report: Report, fail: Fail): void {
  checkFinalState(trial, reference, fail);
  const counts = checkRequests(trial, fail);
  addTrial(report, trial, draftsIn(runOf(trial)).length, counts);
}
