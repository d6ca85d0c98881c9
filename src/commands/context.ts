import { styleText } from 'node:util';
import { EXIT, exitName } from '../core/exit-codes.ts';
import { wrapped } from '../core/text.ts';

/** Lines that were broken go on so many columns further right than they began. */
const HANGING = 4;

/** What a command gets from the process that runs it; tests give their own. */
export type Context = {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Record<string, string | undefined>;
  cwd: string;
  /** How this program is called here, ready to paste into a shell. */
  program: string;
  version: string;
  /** Whether the output goes to whoever reads the mail of cron, who is not in this directory. */
  unattended: boolean;
};

/** What ends a command with a message and an exit code of its own, before anything is sent. */
export class CommandError extends Error {
  readonly exit: number;
  readonly code: string;
  /** The command that goes on, for `--json`; the message names it too. */
  readonly next: string | null;

  constructor(exit: number, code: string, message: string, next: string | null = null) {
    super(message);
    this.exit = exit;
    this.code = code;
    this.next = next;
  }
}

/** A fault of flags, environment or job file: exit 2, nothing was made. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(EXIT.usage, 'usage', message);
  }
}

/** Colours for a stream, where it is a terminal and NO_COLOR is not set. */
export function painter(stream: NodeJS.WriteStream): (style: 'good' | 'bad' | 'strong', text: string) => string {
  const styles = { good: 'green', bad: 'red', strong: 'bold' } as const;
  return (style, text) => styleText(styles[style], text, { stream, validateStream: true });
}

/** Whether a question could be asked: somebody reads standard error and types on standard input. */
export function isInteractive(context: Context): boolean {
  return context.stdin.isTTY === true && context.stderr.isTTY === true;
}

/**
 * Whether a command that is printed can ask when it is pasted: whoever reads it sits at a terminal, whatever this one
 * has as its standard input.
 */
export function canAskLater(context: Context): boolean {
  return context.stderr.isTTY === true && !context.unattended;
}

/** A text whose lines are broken between words for a terminal; elsewhere as it is, to be searched line by line. */
export function fitted(stream: NodeJS.WriteStream, text: string): string {
  if (stream.isTTY !== true) return text;
  const lines = text.split('\n');
  return lines.map((line) => wrapped(line, line.length - line.trimStart().length + HANGING)).join('\n');
}

/** Writes to a stream whose reader may be gone. */
export function say(stream: NodeJS.WriteStream, text: string): void {
  if (text !== '') stream.write(text);
}

/** The one object of `--json` where there is no summary: exit code, its name, and what else there is to say. */
export function sayJson(context: Pick<Context, 'stdout'>, exit: number, fields: Record<string, unknown>): void {
  say(context.stdout, `${JSON.stringify({ exit_code: exit, exit_name: exitName(exit), ...fields })}\n`);
}
