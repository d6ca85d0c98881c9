import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOf } from '../checks/final-state.ts';
import type { Blame } from '../checks/violations.ts';
import type { Random } from '../server/random.ts';
import { begunDirs, halfFiles, manifestOf, runDirs } from '../trial/run-files.ts';
import { applyArgs, call, type Ended, type Session, type Trial } from '../trial/session.ts';

const OUTPUT = ['--results', 'out.csv', '--json'];

/** The end of what a process said, for a fault. */
export function lastWords({ code, signal, stdout, stderr }: Ended): string {
  return `exit ${code ?? signal}: ${`${stderr}${stdout}`.trim().slice(-600)}`;
}

/** Looks at what a kill has left: no half of a file, and `results` can be made of it (looked at when `results` says so). */
export async function checkLeft(trial: Trial, results: boolean, blame: Blame): Promise<void> {
  for (const dir of runDirs(trial.work)) {
    for (const fault of halfFiles(dir, trial.rows.length)) blame('other', `after a kill, ${fault} in ${dir}`);
  }
  const isSent = trial.server.seen().some(({ what }) => what === 'write');
  if (isSent && begunDirs(trial.work).length === 0) blame('loss', 'rows were sent, and no run says that it has begun');
  const dir = runDirs(trial.work).at(-1);
  if (!results || dir === undefined || manifestOf(dir) === null) return;
  const ended = await call(trial, ['results', dir, '--json']);
  if (ended.code !== 0) blame('other', `results of a killed run: ${lastWords(ended)}`);
  else if (!readFileSync(join(dir, 'results.csv'), 'utf8').endsWith('\n')) blame('other', 'results.csv is not whole');
}

/** A run that died before it had a plan is shown as interrupted. */
async function checkShown(trial: Trial, dir: string, blame: Blame): Promise<void> {
  const ended = await call(trial, ['runs', '--json']);
  const { runs = [] } = JSON.parse(ended.stdout || '{}') as { runs?: { dir: string; state: string }[] };
  const state = runs.find((run) => dir.endsWith(run.dir))?.state;
  if (state !== 'interrupted') blame('other', `a run that died while it was planning is ${state}: ${lastWords(ended)}`);
}

/** Nothing was sent: `resume` must say so, with a command to go on with. Gives that command's arguments. */
async function checkRefusal(trial: Trial, dir: string | undefined, blame: Blame): Promise<string[] | null> {
  const manifest = dir === undefined ? null : manifestOf(dir);
  if (dir !== undefined && manifest?.plan === null) await checkShown(trial, dir, blame);
  const asked = trial.server.seen().length;
  const ended = await call(trial, ['resume', ...(dir === undefined ? [] : [dir]), '--json']);
  if (trial.server.seen().length !== asked) blame('other', 'resume of a run that has sent nothing sends requests');
  // Without run.json it is no run yet, which is a fault of whoever names it.
  const due = manifest === null ? 2 : 8;
  if (ended.code !== due) blame('other', `resume of a run that has sent nothing: ${lastWords(ended)}, not ${due}`);
  if (ended.code !== due || manifest === null) return null;
  const command = /cli\.js ((?:plan|apply) .*)$/m.exec(JSON.parse(ended.stdout).error.message)?.[1];
  if (command === undefined) {
    blame('other', `resume of a run that has sent nothing names no command: ${ended.stdout}`);
  }
  return command?.split(' ') ?? null;
}

/** The call that carries out what has a plan and was not begun, or starts again. */
async function startAgain(trial: Trial, random: Random, blame: Blame): Promise<string[]> {
  const dirs = runDirs(trial.work);
  const planned = dirs.filter((dir) => manifestOf(dir)?.state === 'planned').at(-1);
  // A new plan would take for granted what somebody else has set.
  const isBound = planned !== undefined && trial.edits.size > 0;
  const named = isBound ? planned : dirs.at(-1);
  const printed = random.chance(0.5) ? await checkRefusal(trial, named, blame) : null;
  if (printed !== null && random.chance(0.5)) return [...printed, ...(printed[0] === 'apply' ? OUTPUT : ['--json'])];
  return planned !== undefined && (isBound || random.chance(0.5))
    ? ['apply', planned, ...OUTPUT, '--yes']
    : applyArgs(trial);
}

/**
 * The call that goes on after a kill, as a user may make it: `resume` with or without a directory, or the same `apply`
 * again; from the start, or by the command that `resume` prints, where nothing had begun.
 */
export async function nextArgs(trial: Trial, random: Random, blame: Blame): Promise<string[]> {
  if (begunDirs(trial.work).length === 0) return startAgain(trial, random, blame);
  const dir = runOf(trial);
  const byDirectory = ['resume', dir, ...OUTPUT];
  // What has finished is not unfinished any more: only by its name it tells how it ended.
  if (manifestOf(dir)?.state === 'finished') return byDirectory;
  return random.pick([
    byDirectory,
    byDirectory,
    ['resume', ...OUTPUT],
    [...applyArgs(trial), '--if-unfinished', 'resume'],
  ]);
}

/** Whether a process that was not killed has done nothing but plan, as it was told to, and well. */
export function hasPlanned({ online }: Trial, { args, ended }: Session): boolean {
  // Rejected rows are at no target.
  return args[0] === 'plan' && ended.code === (online ? 4 : 0);
}

/** Whether a process that was not killed has brought the run to its end; anything else than that is a fault. */
export function hasFinished(trial: Trial, { ended, args }: Session, blame: Blame): boolean {
  const [dir] = begunDirs(trial.work);
  if (dir !== undefined && manifestOf(dir)?.state === 'finished' && existsSync(join(dir, 'results.csv'))) return true;
  blame('other', `${args.slice(0, 2).join(' ')}: ${lastWords(ended)}`);
  return false;
}

/** After the end: `resume` gives the same exit code and sends nothing, and `results` makes the same results again. */
export async function checkAfterEnd(trial: Trial, exit: number, blame: Blame): Promise<void> {
  const dir = runOf(trial);
  const results = () => readFileSync(join(dir, 'results.csv'), 'utf8');
  const before = results();
  const sent = trial.server.seen().length;
  const resumed = await call(trial, ['resume', dir, '--json']);
  if (resumed.code !== exit) blame('other', `resume of a finished run: ${lastWords(resumed)}`);
  const again = await call(trial, ['results', dir, '--json']);
  if (again.code !== 0 || results() !== before) blame('wrong', `results of a finished run: ${lastWords(again)}`);
  if (trial.server.seen().length !== sent) blame('duplicate', 'a finished run asks the server again');
}
