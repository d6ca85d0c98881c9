import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { checkOutputs, type RunSource } from '../run/create.ts';
import { type Run, update } from '../run/open.ts';
import { copyBytes, type Planned, type ReadDraft } from './make-plan.ts';

/** The positional that a command cannot do without. */
export function requireInput(input: string | undefined, command: string): string {
  if (input === undefined || input === '')
    throw new UsageError(`${command} needs an input: a CSV file, or - for standard input`);
  return input;
}

/** An input that is there, and how messages name it; or the exit code where --missing-input-ok lets it be missing. */
export function findInput(
  input: string,
  resolved: Resolved,
  context: Context,
): { origin: InputSource; where: string } | { exit: number } {
  const { settings } = resolved;
  const fromStdin = input === '-';
  if (!fromStdin && !inputExists(input, context)) {
    if (!settings.missing_input_ok) throw new UsageError(`there is no file ${input}`);
    const note = `there is no file ${input}`;
    if (settings.json) printJson(context, EXIT.ok, { warnings: [note] });
    else if (!settings.quiet) print(context.stderr, `${note}: nothing to do\n`);
    return { exit: EXIT.ok };
  }
  checkOutputs(fromStdin ? null : input, resolved, context);
  return { origin: inputSourceOf(input, context), where: fromStdin ? 'standard input' : input };
}

/** Where the rows of a new run come from: a file, standard input (null), or those that another run has left. */
export type InputSource = RunSource & {
  /** Puts input.csv into the run directory; gives its SHA-256. */
  copy: (dir: string, signal: AbortSignal) => Promise<string>;
  /** Makes the plan, where it is not that of the rows of input.csv. */
  plan?: (dir: string, signal: AbortSignal, read: ReadDraft) => Promise<Planned>;
};

/** The origin of an input as it was typed; `-` is standard input. */
export function inputSourceOf(input: string, context: Context): InputSource {
  const path = input === '-' ? null : resolve(context.cwd, input);
  return { path, copy: (dir, signal) => copyBytes(path ?? context.stdin, dir, signal) };
}

/** Copies the input into a new run. Throws what the file system throws, and the signal's reason. */
export async function copyInput(run: Run, origin: InputSource, signal: AbortSignal): Promise<Run> {
  const sha256 = await origin.copy(run.dir, signal);
  return update(run, { input: { ...run.manifest.input, sha256 } });
}

/** Whether an input is there. Throws UsageError where it is no file, or one that cannot be read. */
export function inputExists(path: string, context: Context): boolean {
  const absolute = resolve(context.cwd, path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (stat.isDirectory()) throw new UsageError(`${path} is a directory without run.json: no run directory`);
  try {
    accessSync(absolute, constants.R_OK);
  } catch (error) {
    throw new UsageError(`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
  return true;
}
