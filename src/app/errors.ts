import { EXIT } from '../core/run/exit-codes.ts';
import { fileErrorFix, fileErrorText } from '../core/text/file-error.ts';
import { count, printable } from '../core/text/text.ts';

/** Ends a command with a message and an exit code, before anything is sent. */
export class CommandError extends Error {
  readonly exit: number;
  readonly code: string;
  /** The next command, for `--json`; the message names it too. */
  readonly next: string | null;

  constructor(exit: number, code: string, message: string, next: string | null = null) {
    super(message);
    this.exit = exit;
    this.code = code;
    this.next = next;
  }
}

/** More errors than this say no more about what is wrong. */
const MAX_ERRORS = 20;

/** An error in flags, environment or job file: exit 2, and no run directory. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(EXIT.usage, 'usage', message);
  }

  /** All errors, one a line; of very many the first ones. */
  static of(errors: readonly string[]): UsageError {
    const more = errors.length - MAX_ERRORS;
    const rest = more > 0 ? [`and ${count(more, 'more error')}`] : [];
    return new UsageError([...errors.slice(0, MAX_ERRORS), ...rest].join('\n'));
  }
}

/** The longest path of a file system, with the words around it. A variable can be longer. */
const MAX_PATH_CHARACTERS = 4200;

/** Says what the file system refused: `what` completes "Could not". `fix` replaces the usual remedy. */
export function fileErrorMessage(what: string, error: unknown, fix = fileErrorFix(error)): string {
  return `Could not ${printable(what, MAX_PATH_CHARACTERS)}: ${fileErrorText(error)}.${fix === '' ? '' : ` Fix: ${fix}.`}`;
}

/** The same as an error in what was typed: exit 2. */
export function fileError(what: string, error: unknown, fix?: string): UsageError {
  return new UsageError(fileErrorMessage(what, error, fix));
}

/** Whether an error is of the file system. */
export function isFileError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}
