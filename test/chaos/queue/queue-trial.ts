import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkAccount, checkCopies, checkLedger, checkResults, type Reference } from '../checks/final-state.ts';
import type { Fail } from '../checks/violations.ts';
import { KEY, type Received, sleep } from '../server/handler.ts';
import { createRandom } from '../server/random.ts';
import { manifestOf, runDirs } from '../trial/run-files.ts';
import { applyArgs, newTrial, removeTrial, runOf, type TestBed, type Trial } from '../trial/trial.ts';
import { checkPace, checkWrites, recordArrivals } from './checks/arrivals.ts';
import { checkFiles } from './checks/key-search.ts';
import { disturb } from './disturb.ts';
import { LEASE_MS, MAX_DOWN_MS, MAX_RUN_MS, TIMEOUT_MS } from './pace.ts';
import { startParty } from './parties.ts';
import type { QueueReport } from './report.ts';
import { closeWorld, openWorld, type World } from './world.ts';

/** The settings of one trial. `disturbances`: how often something happens at most. */
export type QueueSetup = { rows: number; rate: number; seed: number; disturbances: number };

/** This many are enough to see that a trial is broken. */
const MAX_VIOLATIONS = 5;
const CHECK_MS = 100;
const AMBIGUOUS_SHARE = 0.04;

/**
 * How a submitter may end before the run is finished: Redis was away or had forgotten the run, was not there at the
 * start, or a killed submitter still holds the account.
 */
const MAY_END_WITH = [6, 7, 9];
const CALL_AGAIN_MS = 300;

/** The call of a user who wants the run to end: go on with the one that has begun, or begin. */
function callArgs(trial: Trial): string[] {
  const dir = runDirs(trial.work)
    .filter((one) => (manifestOf(one)?.plan ?? null) !== null)
    .at(-1);
  const output = ['--results', 'out.csv', '--json'];
  if (dir === undefined) return [...applyArgs(trial), '--timeout', `${TIMEOUT_MS}ms`];
  const isUnsent = ['planned', 'refused'].includes(manifestOf(dir)?.state ?? '');
  return isUnsent ? ['apply', dir, '--yes', ...output] : ['resume', dir, ...output];
}

/** Calls the submitter until the run is finished, after kills too. */
async function submit(world: World, { exitCode }: Reference, report: QueueReport): Promise<void> {
  const { trial, random, submitter, fail } = world;
  while (!world.isClosing) {
    const args = callArgs(trial);
    const party = startParty(trial, 'submitter', `redis://127.0.0.1:${submitter.link.port}`, args);
    submitter.party = party;
    const { code, signal } = await party.ended;
    if (world.isClosing) return;
    if (signal !== null) {
      await sleep(random.between(0, MAX_DOWN_MS));
      continue;
    }
    if (code === exitCode && manifestOf(runOf(trial))?.state === 'finished') return;
    if (code === null || !MAY_END_WITH.includes(code)) {
      return fail('other', `${args.slice(0, 2).join(' ')} ended with ${code}: ${party.output().slice(-900)}`);
    }
    report.exits[code] = (report.exits[code] ?? 0) + 1;
    await sleep(CALL_AGAIN_MS);
  }
}

function longestSilence(arrivals: readonly Received[]): number {
  return arrivals.reduce((longest, { at }, n) => Math.max(longest, at - (arrivals[n - 1]?.at ?? at)), 0);
}

function check({ trial, fail }: World, reference: Reference, arrivals: Received[], report: QueueReport): void {
  report.runs += 1;
  report.rows += trial.rows.length;
  report.requests += arrivals.length;
  report.resent += checkWrites(arrivals, fail);
  const { maxPerSecond, maxRecorded } = checkPace(arrivals, trial.rate, fail);
  report.maxPerSecond = Math.max(report.maxPerSecond, maxPerSecond);
  report.maxRecorded = Math.max(report.maxRecorded, maxRecorded);
  report.silenceMs = Math.max(report.silenceMs, longestSilence(arrivals));
  for (const request of trial.server.unexpected()) fail('other', `unexpected request: ${request}`);
  checkAccount(trial, fail);
  checkLedger(trial, fail);
  // What the owner before has sent is read by the next one, so every row may be confirmed by a read.
  checkResults(trial, reference, () => true, fail);
  checkCopies(trial, reference, fail);
}

/** Carries out one run with disturbances, and checks it. The work directory of a run with violations is kept. */
export async function queueTrial(
  testBed: TestBed,
  { seed, rows, rate, disturbances }: QueueSetup,
  reference: Reference,
  report: QueueReport,
): Promise<void> {
  const random = createRandom(seed);
  const fsync = random.chance(0.5) ? 'always' : 'everysec';
  const trial = newTrial(testBed, { rows, rate, seed, online: true, ambiguousShare: AMBIGUOUS_SHARE });
  let violations = 0;
  const fail: Fail = (kind, text) => {
    violations += 1;
    report.violations.push({ kind, text: `${fsync} (${trial.work}): ${text}` });
  };
  const recording = recordArrivals(trial.server);
  const world = await openWorld(trial, random, fsync, fail);
  let isOver = false;
  const submitted = submit(world, reference, report).finally(() => {
    isOver = true;
  });
  const disturbed = disturb(world, disturbances, report, () => isOver);
  void submitted.catch((error: Error) => fail('other', error.stack ?? error.message));
  const until = performance.now() + MAX_RUN_MS;
  while (!isOver && performance.now() < until && violations < MAX_VIOLATIONS) {
    await sleep(CHECK_MS);
  }
  const isInTime = isOver;
  if (!isInTime) fail('loss', `the run did not end in ${MAX_RUN_MS / 1000} s`);
  isOver = true;
  await disturbed;
  // A worker that is woken last may send only now.
  if (isInTime) await sleep(LEASE_MS);
  recording.stop();
  try {
    if (isInTime) check(world, reference, recording.arrivals, report);
  } catch (error) {
    fail('other', (error as Error).stack ?? String(error));
  }
  await closeWorld(world);
  await trial.server.idle();
  report.files += await checkFiles(trial.work, KEY, fail);
  if (violations === 0) removeTrial(trial);
  else writeFileSync(join(trial.work, 'arrivals.json'), JSON.stringify(recording.arrivals));
}
