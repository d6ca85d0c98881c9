import { accessSync, constants, fstatSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { FileError } from '../../core/input/rejection.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { nameOfNumbers } from '../../core/run/manifest.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { visible } from '../../core/text/visible.ts';
import { realClock } from '../../io/clock.ts';
import { type OpenedInput, openInput, ReadError } from '../../io/csv/open-input.ts';
import { createCsvWriter } from '../../io/csv/writer.ts';
import { linkStatusOf, statusOf } from '../../io/file-status.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { errorOf, type FailedEnding, failedEnding } from '../ending/run-ending.ts';
import { fileError, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { printNothingToDo, printProgress } from '../output.ts';
import type { RunSource } from '../run/create.ts';
import { type Run, updateRun } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { copyBytes, type Plan, type ReadDraft } from './make-plan.ts';
import { MAX_SILENCE_MS, watchSilence } from './silence.ts';

/** Where the rows of a new run come from: a file, standard input, or another run. */
export type InputSource = RunSource & {
  /** The name of the input in messages. */
  where: string;
  /** Reads the first block of the input. Throws CommandError (exit 3) if it shows that the input is not a CSV. */
  open?: (signal: AbortSignal) => Promise<void>;
  close?: () => void;
  /** Writes input.csv into the run directory and returns its SHA-256. */
  copy: (dir: string, signal: AbortSignal) => Promise<string>;
  /** Makes the plan, if it is not simply made from the rows of input.csv. */
  plan?: (dir: string, signal: AbortSignal, read: ReadDraft) => Promise<Plan>;
};

/** What messages call an input of numbers from the command line. */
const NUMBERS = '--number';

/** The input of a command. Throws UsageError if it has none, or two. */
export function requireInput(input: string | undefined, command: string, { number }: Settings): string {
  const isNamed = input !== undefined && input !== '';
  if (number !== null && isNamed)
    throw new UsageError(`${NUMBERS} takes the place of an input, and ${visible(input)} is one: leave out one of them`);
  if (number !== null) return NUMBERS;
  if (isNamed) return input;
  throw new UsageError(`${command} needs an input: a CSV file, - for standard input, or ${NUMBERS}`);
}

type WaitingOptions = { notice?: (text: string) => void; clock?: Pick<typeof realClock, 'now' | 'sleep'> };

/**
 * The source of an input as it was typed; `-` is standard input. `notice` says what the command waits for. An input that
 * sends nothing for too long is a UsageError.
 */
export function inputSourceOf(
  input: string,
  context: Context,
  { notice = () => undefined, clock = realClock }: WaitingOptions = {},
): InputSource {
  const path = input === '-' ? null : resolve(context.cwd, input);
  const where = path === null ? 'standard input' : visible(input);
  const silent = new AbortController();
  let watch: ReturnType<typeof watchSilence> | null = null;
  let opened: OpenedInput | null = null;
  const checkSilent = () => {
    if (!silent.signal.aborted) return;
    const text = `${where} has sent nothing for ${formatDuration(MAX_SILENCE_MS)} and was not closed: nothing was planned`;
    throw new UsageError(text);
  };
  return {
    path,
    where,
    async open(signal) {
      const isTyped = path === null && context.stdin.isTTY === true;
      if (isTyped) notice('Reading the CSV from the terminal. End it with Ctrl-D.\n');
      watch = watchSilence(clock, {
        onNotice: () => notice(`Waiting for ${where}, which has sent nothing yet or for a while.\n`),
        onGiveUp: () => silent.abort(),
      });
      const source = path ?? context.stdin;
      opened = await openInput(source, AbortSignal.any([signal, silent.signal]), watch.received);
      checkSilent();
      if (opened.error !== null) throw errorOf(refusedFile(opened.error, where));
    },
    close() {
      watch?.end();
      opened?.close();
    },
    async copy(dir, signal) {
      try {
        return await copyBytes(opened?.bytes() ?? path ?? context.stdin, dir, signal);
      } catch (error) {
        checkSilent();
        throw error instanceof ReadError ? fileError(`read ${path === null ? where : input}`, error.cause) : error;
      } finally {
        watch?.end();
      }
    },
  };
}

/** The source of numbers from the command line: input.csv has them in its only column. */
function numberSource(numbers: readonly string[]): InputSource {
  return {
    path: null,
    where: NUMBERS,
    name: nameOfNumbers(numbers),
    async copy(dir) {
      const writer = createCsvWriter(runFiles(dir).input, ['phone_number']);
      for (const number of numbers) writer.write([number]);
      return writer.close();
    },
  };
}

/** The ending of a run whose input as a whole is refused. */
export function refusedFile({ code, line, text }: FileError, where: string): FailedEnding {
  const at = line === null ? '' : `, line ${line}`;
  return failedEnding(EXIT.input, 'refused', code, `${where}${at}: ${code}: ${text}`);
}

/** Whether an input exists. Throws UsageError if it is not a file, or cannot be read. */
export function inputExists(path: string, context: Context): boolean {
  const absolute = resolve(context.cwd, path);
  try {
    const status = statusOf(absolute);
    if (status === null) return false;
    if (status.isDirectory()) {
      throw new UsageError(`${visible(path)} is a directory without run.json, so it is not a run directory`);
    }
    if (status.isSocket()) throw new UsageError(`${visible(path)} is a socket, and an input must be a file`);
    accessSync(absolute, constants.R_OK);
  } catch (error) {
    throw error instanceof UsageError ? error : fileError(`read ${path}`, error);
  }
  return true;
}

/** A directory as standard input reads like an empty file. Throws UsageError. */
function checkStdin({ stdin }: Context): void {
  const { fd } = stdin as { fd?: number };
  let isDirectory = false;
  try {
    isDirectory = fd !== undefined && fstatSync(fd).isDirectory();
  } catch {
    // It is closed, and the command says that it is empty.
  }
  if (isDirectory) throw new UsageError('standard input is a directory, and an input must be a file');
}

/** What is missing of an input that is not there, besides a file: its directory, or what a link leads to. */
function missingBesidesFile(input: string, context: Context): string | null {
  const path = resolve(context.cwd, input);
  const dir = dirname(path);
  try {
    if (statusOf(dir) === null) return `there is no directory ${visible(dir)} for the input ${visible(input)}`;
    if (linkStatusOf(path) !== null)
      return `${visible(input)} is a link to ${visible(readlinkSync(path))}, which is not there`;
  } catch (error) {
    throw fileError(`read ${input}`, error);
  }
  return input.endsWith('/') ? `there is no directory ${visible(input)}` : null;
}

/** The source of numbers from the command line, or of an input that exists, or the exit code if --missing-input-ok allows it to be missing. */
export function findInput(input: string, reporting: Reporting): InputSource | { exit: number } {
  const { settings, context } = reporting;
  if (settings.number !== null) {
    checkOutputs({ input: null }, reporting);
    return numberSource(settings.number);
  }
  if (input === '-') checkStdin(context);
  if (input !== '-' && !inputExists(input, context)) {
    const why = `there is no file ${visible(input)}`;
    const more = missingBesidesFile(input, context);
    if (more !== null || !settings.missing_input_ok) throw new UsageError(more ?? why);
    return { exit: printNothingToDo(reporting, why) };
  }
  checkOutputs({ input }, reporting);
  return inputSourceOf(input, context, { notice: (text) => printProgress(reporting, text) });
}

/** Copies the input into a new run. Throws what the file system throws, and the signal's reason. */
export async function copyInput(run: Run, source: InputSource, signal: AbortSignal): Promise<Run> {
  const sha256 = await source.copy(run.dir, signal);
  return updateRun(run, { input: { ...run.manifest.input, sha256 } });
}
