import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { EXIT, exitName } from '../core/run/exit-codes.ts';
import type { Settings } from '../core/settings/schema.ts';
import { wrapped } from '../core/text/text.ts';
import type { Context } from './context.ts';

/** Continuation lines are indented by this many columns. */
const HANGING_INDENT = 4;

const SIXTEEN_COLORS = 4;

/** Colours for a stream that is a terminal, unless NO_COLOR is set; with FORCE_COLOR for any stream. */
export function createStyle(stream: NodeJS.WriteStream, env: Context['env']) {
  const styles = { good: 'green', bad: 'red', strong: 'bold' } as const;
  const hasColors =
    (stream.isTTY === true || env.FORCE_COLOR !== undefined) &&
    WriteStream.prototype.getColorDepth(env) >= SIXTEEN_COLORS;
  return (style: keyof typeof styles, text: string) =>
    hasColors ? styleText(styles[style], text, { validateStream: false }) : text;
}

/** Breaks lines between words for a terminal. Elsewhere the text stays as it is, so that it can be searched by line. */
export function wrapForTerminal(stream: NodeJS.WriteStream, text: string): string {
  if (stream.isTTY !== true) return text;
  const lines = text.split('\n');
  return lines.map((line) => wrapped(line, line.length - line.trimStart().length + HANGING_INDENT)).join('\n');
}

export function print(stream: NodeJS.WriteStream, text: string): void {
  if (text !== '') stream.write(text);
}

/** Prints the one object of `--json` for a command that makes no summary. */
export function printJson(context: Pick<Context, 'stdout'>, exit: number, fields: Record<string, unknown>): void {
  print(context.stdout, `${JSON.stringify({ exit_code: exit, exit_name: exitName(exit), ...fields })}\n`);
}

type Report = { settings: Pick<Settings, 'quiet' | 'json'>; context: Context };

/** Prints on standard error what a person wants to know meanwhile; nothing with --quiet or --json. */
export function printProgress({ settings, context }: Report, text: string): void {
  if (!settings.quiet && !settings.json) print(context.stderr, text);
}

/** Warns of what is wrong around this call. The summary and the log say it too. */
export function warn(report: Report, text: string): void {
  if (report.context.warnings.includes(text)) return;
  report.context.warnings.push(text);
  printProgress(report, wrapForTerminal(report.context.stderr, `warning: ${text}\n`));
}

/** Reports that there is nothing to do, and returns exit code 0. */
export function printNothingToDo(report: Report, why: string): number {
  const text = `${why}: nothing to do.`;
  if (report.settings.json) printJson(report.context, EXIT.ok, { warnings: [text] });
  printProgress(report, `${text}\n`);
  return EXIT.ok;
}
