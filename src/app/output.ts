import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { EXIT, exitName } from '../core/run/exit-codes.ts';
import type { Settings } from '../core/settings/schema.ts';
import { wrapped } from '../core/text/text.ts';
import { visibleJson, visibleLines } from '../core/text/visible.ts';
import type { ProgressKind } from '../io/terminal/progress.ts';
import type { Context } from './context.ts';

/** Continuation lines are indented by this many columns. */
const HANGING_INDENT = 4;

const SIXTEEN_COLORS = 4;

const STYLES = { good: 'green', bad: 'red', strong: 'bold' } as const;
/** The sequences of these styles, and the streams that take them. */
const STYLE_SEQUENCE = /(\p{Cc}\[(?:1|22|31|32|39)m)/u;
const colored = new WeakSet<NodeJS.WriteStream>();

/** Colours for a stream that is a terminal, unless NO_COLOR is set; with FORCE_COLOR for any stream. */
export function createStyle(stream: NodeJS.WriteStream, env: Context['env']) {
  const hasColors =
    (stream.isTTY === true || env.FORCE_COLOR !== undefined) &&
    WriteStream.prototype.getColorDepth(env) >= SIXTEEN_COLORS;
  if (hasColors) colored.add(stream);
  return (style: keyof typeof STYLES, text: string) =>
    hasColors ? styleText(STYLES[style], text, { validateStream: false }) : text;
}

/** Breaks lines between words for a terminal. Elsewhere the text stays as it is, so that it can be searched by line. */
export function wrapForTerminal(stream: NodeJS.WriteStream, text: string): string {
  if (stream.isTTY !== true) return text;
  const lines = text.split('\n');
  return lines.map((line) => wrapped(line, line.length - line.trimStart().length + HANGING_INDENT)).join('\n');
}

/**
 * Prints a text. Every message passes here, so control and invisible characters of file names, arguments and files are
 * escaped here, whatever the message did with them.
 */
export function print(stream: NodeJS.WriteStream, text: string): void {
  if (text === '') return;
  const isStyle = (part: string, at: number) => at % 2 === 1 && part.startsWith('\u001b');
  const parts = colored.has(stream) ? text.split(STYLE_SEQUENCE) : [text];
  stream.write(parts.map((part, at) => (isStyle(part, at) ? part : visibleLines(part))).join(''));
}

/** Prints one line of JSON, which parses to the same value. */
export function printJsonLine({ stdout }: Pick<Context, 'stdout'>, value: unknown): void {
  print(stdout, `${visibleJson(value)}\n`);
}

/** Prints the one object of `--json` for a command that makes no summary. */
export function printJson(
  context: Pick<Context, 'stdout' | 'warnings'>,
  exit: number,
  fields: Record<string, unknown>,
): void {
  const warnings = context.warnings.length > 0 ? { warnings: context.warnings } : {};
  printJsonLine(context, { exit_code: exit, exit_name: exitName(exit), ...warnings, ...fields });
}

type Report = { settings: Pick<Settings, 'quiet' | 'json'>; context: Context };

/** Whether --results names standard output. */
export function isStdout(results: string | null): boolean {
  return results !== null && /^(-|\/dev\/(stdout|fd\/1)|\/proc\/self\/fd\/1)$/.test(results);
}

/** Where the result of a command is printed: on standard error if the results have standard output for themselves. */
export function resultStream({ settings, context }: { settings: Pick<Settings, 'results'>; context: Context }) {
  return isStdout(settings.results) ? context.stderr : context.stdout;
}

/** Prints on standard error what a person wants to know meanwhile; nothing with --quiet or --json. */
export function printProgress({ settings, context }: Report, text: string): void {
  if (!settings.quiet && !settings.json) print(context.stderr, text);
}

/** How progress is shown on standard error. */
export function progressKind({ settings, context }: Report): ProgressKind {
  if (settings.quiet || settings.json) return 'silent';
  return context.stderr.isTTY === true ? 'bar' : 'plain';
}

/** Warns of what is wrong around this call. The summary and the log say it too. */
export function warn(report: Report, text: string): void {
  if (report.context.warnings.includes(text)) return;
  report.context.warnings.push(text);
  printProgress(report, wrapForTerminal(report.context.stderr, `warning: ${text}\n`));
}

/** Warns of what this call has left undone, with --quiet too. */
export function warnAlways({ settings, context }: Report, text: string): void {
  context.warnings.push(text);
  if (!settings.json) print(context.stderr, wrapForTerminal(context.stderr, `warning: ${text}\n`));
}

/** Reports that there is nothing to do, and returns exit code 0. */
export function printNothingToDo(report: Report, why: string): number {
  const text = `${why}: nothing to do.`;
  if (report.settings.json) printJson(report.context, EXIT.ok, { warnings: [...report.context.warnings, text] });
  printProgress(report, `${text}\n`);
  return EXIT.ok;
}
