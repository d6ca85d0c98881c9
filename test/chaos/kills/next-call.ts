import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fail } from '../checks/violations.ts';
import type { Random } from '../server/random.ts';
import { runProgram } from '../trial/program.ts';
import { incompleteFiles, manifestOf, runDirs, startedDirs } from '../trial/run-files.ts';
import { applyArgs, type ProcessResult, runOf, type Session, type Trial } from '../trial/trial.ts';

const OUTPUT = ['--results', 'out.csv', '--json'];

/** How a process ended, with the end of its output. */
export function resultText({ code, signal, stdout, stderr }: ProcessResult): string {
  return `exit ${code ?? signal}: ${`${stderr}${stdout}`.trim().slice(-600)}`;
}

/** After a kill, no file may be incomplete. With `makeResults`, the `results` command must work too. */
export async function checkAfterKill(trial: Trial, makeResults: boolean, fail: Fail): Promise<void> {
  for (const dir of runDirs(trial.work)) {
    for (const problem of incompleteFiles(dir, trial.rows.length)) fail('other', `after a kill, ${problem} in ${dir}`);
  }
  const isSent = trial.server.received().some(({ kind }) => kind === 'write');
  if (isSent && startedDirs(trial.work).length === 0) fail('loss', 'rows were sent, but no run is marked as started');
  const dir = runDirs(trial.work).at(-1);
  if (!makeResults || dir === undefined || manifestOf(dir) === null) return;
  const result = await runProgram(trial, ['results', dir, '--json']);
  if (result.code !== 0) fail('other', `results of a killed run: ${resultText(result)}`);
  else if (!readFileSync(join(dir, 'results.csv'), 'utf8').endsWith('\n')) fail('other', 'results.csv is incomplete');
}

/** `runs` must show a run that was killed before it had a plan as interrupted. */
async function checkRunsCommand(trial: Trial, dir: string, fail: Fail): Promise<void> {
  const result = await runProgram(trial, ['runs', '--json']);
  const { runs = [] } = JSON.parse(result.stdout || '{}') as { runs?: { dir: string; state: string }[] };
  const state = runs.find((run) => dir.endsWith(run.dir))?.state;
  if (state !== 'interrupted') fail('other', `a run killed while planning is ${state}: ${resultText(result)}`);
}

/**
 * For a run that has sent nothing, `resume` must refuse and print the command to use instead. Returns the arguments of
 * that command.
 */
async function checkRefusal(trial: Trial, dir: string | undefined, fail: Fail): Promise<string[] | null> {
  const manifest = dir === undefined ? null : manifestOf(dir);
  if (dir !== undefined && manifest?.plan === null) await checkRunsCommand(trial, dir, fail);
  const requestsBefore = trial.server.received().length;
  const result = await runProgram(trial, ['resume', ...(dir === undefined ? [] : [dir]), '--json']);
  if (trial.server.received().length !== requestsBefore) {
    fail('other', 'resume of a run that has sent nothing sends requests');
  }
  // A directory without run.json is not a run, so naming it is a usage error.
  const expectedCode = manifest === null ? 2 : 8;
  if (result.code !== expectedCode) {
    fail('other', `resume of a run that has sent nothing: ${resultText(result)}, expected exit ${expectedCode}`);
  }
  if (result.code !== expectedCode || manifest === null) return null;
  const command = /cli\.js ((?:plan|apply) .*)$/m.exec(JSON.parse(result.stdout).error.message)?.[1];
  if (command === undefined) {
    fail('other', `resume of a run that has sent nothing names no command: ${result.stdout}`);
  }
  return command?.split(' ') ?? null;
}

/** The call after a kill before the run had started: applies the saved plan, or starts again. */
async function restartArgs(trial: Trial, random: Random, fail: Fail): Promise<string[]> {
  const dirs = runDirs(trial.work);
  const planned = dirs.filter((dir) => manifestOf(dir)?.state === 'planned').at(-1);
  // A new plan would treat another client's edits as the state before the run.
  const mustUsePlan = planned !== undefined && trial.edits.size > 0;
  const dir = mustUsePlan ? planned : dirs.at(-1);
  const printed = random.chance(0.5) ? await checkRefusal(trial, dir, fail) : null;
  if (printed !== null && random.chance(0.5)) return [...printed, ...(printed[0] === 'apply' ? OUTPUT : ['--json'])];
  return planned !== undefined && (mustUsePlan || random.chance(0.5))
    ? ['apply', planned, ...OUTPUT, '--yes']
    : applyArgs(trial);
}

/**
 * The arguments of a call that a user may make after a kill: `resume` with or without a directory, or the same `apply`
 * again. Before the run had started, `apply` or the command that `resume` prints.
 */
export async function nextArgs(trial: Trial, random: Random, fail: Fail): Promise<string[]> {
  if (startedDirs(trial.work).length === 0) return restartArgs(trial, random, fail);
  const dir = runOf(trial);
  const byDirectory = ['resume', dir, ...OUTPUT];
  // A finished run is no longer unfinished, so only a call that names it shows its result.
  if (manifestOf(dir)?.state === 'finished') return byDirectory;
  // `resume` alone means the newest run: one that was killed while it was planning does not give way to an older one.
  const isNewest = runDirs(trial.work).at(-1) === dir;
  return random.pick([
    byDirectory,
    byDirectory,
    isNewest ? ['resume', ...OUTPUT] : byDirectory,
    [...applyArgs(trial), '--if-unfinished', 'resume'],
  ]);
}

/** Whether a process that was not killed was a successful `plan`. */
export function hasPlanned({ online }: Trial, { args, result }: Session): boolean {
  // Online, rejected rows are not at their target.
  return args[0] === 'plan' && result.code === (online ? 4 : 0);
}

/** Whether a process that was not killed has finished the run. Anything else is a violation. */
export function hasFinished(trial: Trial, { result, args }: Session, fail: Fail): boolean {
  const [dir] = startedDirs(trial.work);
  if (dir !== undefined && manifestOf(dir)?.state === 'finished' && existsSync(join(dir, 'results.csv'))) return true;
  fail('other', `${args.slice(0, 2).join(' ')}: ${resultText(result)}`);
  return false;
}

/** For a finished run, `resume` must return the same exit code and send nothing, and `results` must not change. */
export async function checkFinishedRun(trial: Trial, exitCode: number, fail: Fail): Promise<void> {
  const dir = runOf(trial);
  const readResults = () => readFileSync(join(dir, 'results.csv'), 'utf8');
  const before = readResults();
  const requestsBefore = trial.server.received().length;
  const resumed = await runProgram(trial, ['resume', dir, '--json']);
  if (resumed.code !== exitCode) fail('other', `resume of a finished run: ${resultText(resumed)}`);
  const remade = await runProgram(trial, ['results', dir, '--json']);
  if (remade.code !== 0 || readResults() !== before) fail('wrong', `results of a finished run: ${resultText(remade)}`);
  if (trial.server.received().length !== requestsBefore) fail('duplicate', 'a finished run sends requests');
}
