import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOf } from './checks.ts';
import type { Blame } from './faults.ts';
import type { Random } from './random.ts';
import { begunDirs, halfFiles, manifestOf, runDirs } from './run-files.ts';
import { applyArgs, call, type Ended, type Session, type Trial } from './session.ts';

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
  const dir = runDirs(trial.work).at(-1);
  if (!results || dir === undefined || manifestOf(dir) === null) return;
  const ended = await call(trial, ['results', dir, '--json']);
  if (ended.code !== 0) blame('other', `results of a killed run: ${lastWords(ended)}`);
  else if (!readFileSync(join(dir, 'results.csv'), 'utf8').endsWith('\n')) blame('other', 'results.csv is not whole');
}

/** Nothing was sent: `resume` must say so, with a command to go on with. */
async function checkRefusal(trial: Trial, dir: string | undefined, blame: Blame): Promise<void> {
  const there = dir !== undefined && manifestOf(dir) !== null;
  const ended = await call(trial, ['resume', ...(dir === undefined ? [] : [dir]), '--json']);
  // Without run.json it is no run yet, which is a fault of whoever names it.
  const due = there ? 8 : 2;
  if (ended.code !== due) blame('other', `resume of a run that has sent nothing: ${lastWords(ended)}, not ${due}`);
  else if (there && !/cli\.js (plan|apply) /.test(JSON.parse(ended.stdout).error.message)) {
    blame('other', `resume of a run that has sent nothing names no command: ${ended.stdout}`);
  }
}

/**
 * The call that goes on after a kill, as a user may make it: `resume` with or without a directory, or the same `apply`
 * again; from the start where nothing had begun.
 */
export async function nextArgs(trial: Trial, random: Random, blame: Blame): Promise<string[]> {
  if (begunDirs(trial.work).length === 0) {
    const dir = runDirs(trial.work).at(-1);
    if (random.chance(0.5)) await checkRefusal(trial, dir, blame);
    const planned = dir !== undefined && manifestOf(dir)?.state === 'planned';
    return planned && random.chance(0.5) ? ['apply', dir, ...OUTPUT, '--yes'] : applyArgs(trial);
  }
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
  if (trial.server.seen().length !== sent) blame('duplicate', 'a finished run was sent again');
}
