import { basename, relative, resolve } from 'node:path';
import { baseUrlFlags } from '../../core/followup/next-command.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest, State } from '../../core/run/manifest.ts';
import { rawSettings } from '../../core/settings/raw.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import { settingDefinition } from '../../core/settings/schema.ts';
import { queueName } from '../../core/text/queue-url.ts';
import { commandLine, shellWord, writtenWords } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import type { Contact } from '../../engine/contact.ts';
import type { PaceMemory } from '../../engine/pacing/pace-memory.ts';
import { linkStatusOf } from '../../io/file-status.ts';
import {
  checkRunFiles,
  isRunDirectory,
  type LoadedRuns,
  loadManifest,
  loadRuns,
  runFiles,
  writeManifest,
} from '../../io/run/directory.ts';
import { isLedgerClosed } from '../../io/run/ledger-file.ts';
import { type Context, canAskLater } from '../context.ts';
import { CommandError, fileError, fileErrorMessage, isFileError, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';

/** A run directory. `dir` is absolute, `shown` is what to type for it here, `manifest` is what was last written. */
export type Run = {
  dir: string;
  shown: string;
  manifest: Manifest;
  /** The digest that its plan must have, for this command and the `apply` or `resume` that it prints. */
  expected?: string | null;
  /** If this command works on it: since when (monotonic ms). */
  since?: number;
  /** If this command has sent requests before: when the last one ended (monotonic ms), and what it knows of the API. */
  reading?: { endedAt: number; control: RateControl; memory: PaceMemory; contact: Contact } | undefined;
};

/** The settings that run.json keeps: not those of one call, and no consent to write. */
export function keptSettings({ settings }: Pick<Resolved, 'settings'>): Manifest['settings'] {
  return rawSettings(settings, (name) => settingDefinition(name).belongsTo !== 'call');
}

/**
 * A path as it is typed here: relative if it is below this directory; absolute otherwise, and always for a job. One that
 * begins with - would be taken for a flag.
 */
export function typedPath(context: Context, path: string): string {
  const absolute = resolve(context.cwd, path);
  const from = relative(context.cwd, absolute);
  if (context.unattended || from === '' || from.startsWith('..')) return absolute;
  return from.startsWith('-') ? `./${from}` : from;
}

/** The flag that names the queue of this call again, without its login. Not if the variable names it. */
export function queueFlags({ settings: { queue }, context }: Reporting): string[] {
  return queue === null || queue === context.env.TELNYX_REASSIGN_QUEUE ? [] : ['--queue', queueName(queue)];
}

/** The same of the queue that has a run. The variable may be what leads to it from here. */
function flagsOfQueue({ manifest: { queue } }: Run, { env }: Context): string[] {
  return queue === null || env.TELNYX_REASSIGN_QUEUE !== undefined ? [] : ['--queue', queue.name];
}

/** The flag that demands the same plan again, if this command has demanded it. */
export function approvalFlags({ expected = null }: Run): string[] {
  return expected === null ? [] : ['--expect-plan', expected];
}

/** A command on a run that works as printed: with its base URL if that is needed, and --yes if it cannot ask. */
export function commandOn(run: Run, verb: 'apply' | 'resume' | 'retry', context: Context, ...flags: string[]): string {
  const yes = verb === 'resume' || canAskLater(context) ? [] : ['--yes'];
  const again = [...baseUrlFlags(run.manifest.settings), ...(verb === 'resume' ? flagsOfQueue(run, context) : [])];
  // A retry has a plan of its own.
  const approval = verb === 'retry' ? [] : approvalFlags(run);
  return commandLine(context.program, verb, run.shown, ...approval, ...flags, ...again, ...yes);
}

/** The refusal of a command on a run that workers have (exit 9, or another). Null for any other run. */
export function handedOver(run: Run, context: Context, exit: number = EXIT.locked): CommandError | null {
  const { run_id: id, queue } = run.manifest;
  if (queue === null) return null;
  const next = commandOn(run, 'resume', context);
  const message = `Run ${id} is handed over to the workers of ${visible(queue.name)}. Follow it to its end: ${next}`;
  return new CommandError(exit, 'handed_over', message, next);
}

const NEXT_VERBS: Partial<Record<State, 'apply' | 'resume' | 'retry'>> = {
  planned: 'apply',
  interrupted: 'resume',
  paused: 'resume',
  finished: 'retry',
};

/** A path as `shellWord` writes it that leads to the same place from every directory. */
const ABSOLUTE = /^(?:'|"\$\(printf '|\$')?\//;

/**
 * The next command that the summary of a run names, with the path that the run has here: it may have been moved, or
 * recorded in another directory. A summary from elsewhere may name anything: what is no command of this program on the
 * run, or on an absolute path, is replaced by the usual command of the state.
 */
export function recordedNext(run: Run, summary: { next_command?: unknown } | null, context: Context): string | null {
  const next = summary?.next_command;
  if (typeof next !== 'string') return null;
  const [recorded, subject = '', ...flags] = writtenWords(next, context.program) ?? [];
  if (recorded !== undefined && [run.manifest.run_id, basename(run.dir)].some((name) => endsWith(subject, name)))
    return [context.program, recorded, shellWord(run.shown), ...flags].join(' ');
  if (ABSOLUTE.test(subject)) return next;
  const verb = NEXT_VERBS[run.manifest.state];
  return verb === undefined ? null : commandOn(run, verb, context);
}

/** Whether a written path ends with a name. */
function endsWith(path: string, name: string): boolean {
  return path === shellWord(name) || path.replace(/['")]+$/, '').endsWith(`/${name}`);
}

/** Opens an existing run directory. Throws UsageError if it is not one, or not one of this version. */
export function openRun(given: string, context: Context): Run {
  const dir = resolve(context.cwd, given);
  if (!isRun(given, context)) throw new UsageError(`${visible(given)} is not a run directory: it has no run.json`);
  try {
    checkRunFiles(dir);
    return { dir, shown: typedPath(context, dir), manifest: loadManifest(dir) };
  } catch (error) {
    throw isFileError(error) ? fileError(`read run.json of ${given}`, error) : new UsageError((error as Error).message);
  }
}

/** Whether a path is a run directory. Throws UsageError if that cannot be found out. */
function isRun(given: string, context: Context): boolean {
  try {
    return isRunDirectory(resolve(context.cwd, given));
  } catch (error) {
    throw fileError(`read ${given}`, error);
  }
}

/** Opens the run directory that a command needs. Throws UsageError if none is named. */
export function requireRun(given: string | undefined, command: string, context: Context): Run {
  if (given === undefined || given === '') {
    throw new UsageError(`${command} needs a run directory; \`runs\` lists them`);
  }
  return openRun(given, context);
}

/** Opens the run directory that an input names; null if the input is a file or standard input. */
export function findRun(input: string | undefined, context: Context): Run | null {
  if (input === undefined || input === '' || input === '-') return null;
  return isRun(input, context) ? openRun(input, context) : null;
}

/** What the file system refuses of runs, one text for each. */
function refusedTexts({ unreadable }: LoadedRuns, context: Context): string[] {
  return unreadable.map(({ dir, error }) => fileErrorMessage(`read the run ${typedPath(context, dir)}`, error));
}

/** Whether a run whose run.json cannot be used has sent rows of an account, and its ledger does not say that it ended. */
function mayBeUnfinished(dir: string): boolean {
  const { ledger, sandbox } = runFiles(dir);
  return linkStatusOf(sandbox) === null && !isLedgerClosed(ledger);
}

/** Texts about the runs of which nothing is known but that they may be unfinished. */
export function unknownRuns(loaded: LoadedRuns, context: Context): string[] {
  const begun = loaded.damaged.filter(({ dir }) => mayBeUnfinished(dir));
  const damaged = begun.map(({ dir, error: { message } }) => {
    const elsewhere = visible(typedPath(context, dir));
    const fix = ` Fix: put back a copy of run.json, or check the account and move ${elsewhere} elsewhere.`;
    const why = 'Rows of that run were sent, and its ledger does not say that it ended.';
    return `${message.replace(/\.$/, '')}. ${why}${message.includes(' Fix: ') ? '' : fix}`;
  });
  return [...refusedTexts(loaded, context), ...damaged];
}

/**
 * Returns the runs of a runs directory, oldest first. `damaged` says of which others run.json cannot be used;
 * `unreadable`, which the file system refuses; `unknown`, which of both may be unfinished. Throws UsageError if the
 * directory cannot be listed.
 */
export function openRuns(runsDir: string, context: Context) {
  try {
    const loaded = loadRuns(resolve(context.cwd, runsDir));
    return {
      runs: loaded.runs.map((run): Run => ({ ...run, shown: typedPath(context, run.dir) })),
      damaged: loaded.damaged.map(({ error }) => error.message),
      unreadable: refusedTexts(loaded, context),
      unknown: unknownRuns(loaded, context),
    };
  } catch (error) {
    throw fileError(`list ${runsDir}`, error, 'choose another with --runs-dir');
  }
}

/** Writes the manifest with changes, and returns the run with them. */
export function updateRun(run: Run, changes: Partial<Manifest>): Run {
  const manifest = { ...run.manifest, ...changes };
  writeManifest(run.dir, manifest);
  return { ...run, manifest };
}
