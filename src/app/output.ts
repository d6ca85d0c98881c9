import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { exitName } from '../core/run/exit-codes.ts';
import { wrapped } from '../core/text/text.ts';
import type { Context } from './context.ts';

/** Lines that were broken go on so many columns further right than they began. */
const HANGING = 4;

const SIXTEEN_COLORS = 4;

/** Colours for a stream that is a terminal, unless NO_COLOR is set; with FORCE_COLOR for any stream. */
export function createStyle(
  stream: NodeJS.WriteStream,
  env: Context['env'],
): (style: 'good' | 'bad' | 'strong', text: string) => string {
  const styles = { good: 'green', bad: 'red', strong: 'bold' } as const;
  const hasColors =
    (stream.isTTY === true || env.FORCE_COLOR !== undefined) &&
    WriteStream.prototype.getColorDepth(env) >= SIXTEEN_COLORS;
  return (style, text) => (hasColors ? styleText(styles[style], text, { validateStream: false }) : text);
}

/** A text whose lines are broken between words for a terminal; elsewhere as it is, to be searched line by line. */
export function wrapForTerminal(stream: NodeJS.WriteStream, text: string): string {
  if (stream.isTTY !== true) return text;
  const lines = text.split('\n');
  return lines.map((line) => wrapped(line, line.length - line.trimStart().length + HANGING)).join('\n');
}

/** Writes to a stream whose reader may be gone. */
export function print(stream: NodeJS.WriteStream, text: string): void {
  if (text !== '') stream.write(text);
}

/** The one object of `--json` where there is no summary: exit code, its name, and what else there is to say. */
export function printJson(context: Pick<Context, 'stdout'>, exit: number, fields: Record<string, unknown>): void {
  print(context.stdout, `${JSON.stringify({ exit_code: exit, exit_name: exitName(exit), ...fields })}\n`);
}
