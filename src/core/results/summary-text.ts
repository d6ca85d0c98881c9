import { campaignsText } from '../campaigns/campaign-counts.ts';
import { secondsOf } from '../ledger/sessions.ts';
import { changeText } from '../ledger/steered.ts';
import { EXIT, exitName } from '../run/exit-codes.ts';
import { formatDuration } from '../text/duration.ts';
import { COLUMNS, count, printable, thousands } from '../text/text.ts';
import { visible } from '../text/visible.ts';
import { firstAdvice } from './advice.ts';
import type { Summary } from './summary.ts';
import type { Cause } from './tally.ts';

/** Causes shown on a terminal. All of them are in summary.json. */
const SHOWN_CAUSES = 10;
/** Most names of files are shorter. */
const MIN_FILE_WIDTH = 8;

/** A cause in words: HTTP status, code, and title or reason. They may be any text. */
export function causeText({ http_status: http, error_code: code, error_title: title, reason }: Cause): string {
  return [http === null ? '' : String(http), code, title || reason].filter((part) => part !== '').join(' ');
}

function causeLine(cause: Cause, width: number): string {
  const said = causeText(cause);
  const head = `  ${thousands(cause.count).padStart(width)}  ${cause.status.padEnd(11)} `;
  const example = ` (e.g. row ${cause.example_row})`;
  return `${head}${printable(said, COLUMNS - head.length - example.length - 3)}${example}`;
}

/** A cause, and what to do about it. */
function causeLines(cause: Cause, width: number): string[] {
  return [causeLine(cause, width), `${' '.repeat(width + 4)}${firstAdvice(cause)}`];
}

/** The counts as a column without zeros, and their sum. Every run prints this at its end. */
export function countLines(summary: Pick<Summary, 'counts' | 'sum_ok'> & { input: { rows: number } }): string[] {
  const present = Object.entries(summary.counts).filter(([, n]) => n > 0);
  const width = Math.max(...[...present.map(([, n]) => n), summary.input.rows].map((n) => thousands(n).length));
  const line = (n: number, what: string) => `  ${thousands(n).padStart(width)}  ${what}`;
  const sum = present.reduce((total, [, n]) => total + n, 0);
  const sumText = summary.sum_ok
    ? `rows read = ${present.map(([status]) => status).join(' + ') || 'none'}`
    : `rows read, BUT THE STATUSES ADD UP TO ${sum}: rows were lost`;
  const wrapped = sumText.replace(
    new RegExp(`(.{1,${COLUMNS - 4 - width}})( (?![+])|$)`, 'g'),
    `$1\n${' '.repeat(width + 4)}`,
  );
  return [...present.map(([status, n]) => line(n, status)), line(summary.input.rows, wrapped.trimEnd())];
}

function serverLine({ requests, window_ms: ms }: NonNullable<Summary['rate']['server_limit']>): string {
  return ms === null
    ? `  the server names a limit of ${thousands(requests)}`
    : `  the server allows ${thousands(requests)} in about ${formatDuration(ms)}`;
}

function requestLines({ requests, rate }: Summary): string[] {
  if (requests.total === 0) return [];
  const parts = [
    `${count(requests.total, 'request')} in ${formatDuration(secondsOf({ requests, rate }) * 1000)}`,
    ...(requests.orders ? [count(requests.orders, 'bulk order')] : []),
    `${count(requests.retries, 'retry', 'retries')}`,
    `${thousands(requests.rate_limited)} rate limited`,
  ];
  const limit = { off: 'no limit', auto: 'rate auto' }[rate.setting] ?? `limit ${rate.setting}/s`;
  const used = rate.used_share === null ? '' : `, ${Math.round(rate.used_share * 1000) / 10} % of what was allowed`;
  const lost =
    rate.paused_ms > 0
      ? `${formatDuration(rate.paused_ms)} lost to pauses, ${rate.throttled_ms > 0 ? formatDuration(rate.throttled_ms) : 'none'} of it to 429`
      : 'no time lost to pauses or 429';
  const { server_limit: server } = rate;
  return [
    `  ${parts.join(', ')}`,
    `  ${rate.mean_per_s}/s on average (${limit})${used}`,
    `  at most ${thousands(rate.max_in_1s)} in any second, ${thousands(rate.max_in_60s)} in any minute`,
    `  ${lost}`,
    ...(server === null ? [] : [serverLine(server)]),
  ];
}

/** How often the run was steered, and what the last command was. */
function steeredLines({ steered }: Summary): string[] {
  const last = steered.at(-1);
  if (last === undefined) return [];
  const { command, by, at } = last;
  const text = `${count(steered.length, 'command')}, the last by ${by} at ${at.slice(11, 16)}Z: ${command} ${changeText(last)}`;
  return [`  Steered: ${printable(text, COLUMNS - 11)}`];
}

/** What to fix before the next command, which would end with the same error; null if there is nothing to fix. */
function firstFix({ exit_code: exit, input, error }: Pick<Summary, 'exit_code' | 'input' | 'error'>) {
  if (exit !== EXIT.input) return null;
  const file = input.path === null ? 'the input' : visible(input.path);
  if (error?.code === 'rejected_target') return 'First fix --to-profile, the target of every row.';
  if (error?.code === 'rejected_rows') return `First fix the rejected rows of ${file}: results.csv lists them.`;
  const isOfColumns = error?.code === 'missing_column' || error?.code === 'no_header';
  const columns = isOfColumns ? ', or say with --map which columns are meant' : '';
  return `First fix ${file}${columns}.`;
}

/** How the undo of a run ended, after the summaries of both. */
export function undoneText({ run_id: id, exit_code: exit, undo, next_command: next }: Summary): string {
  if (undo === undefined) return '';
  const by = undo.run_id === null ? '' : ` by run ${undo.run_id}`;
  const why = undo.message === undefined ? '' : `: ${undo.message}`;
  const isDone = undo.exit_code === EXIT.ok;
  const how = isDone ? `was undone${by}` : `was not undone completely${by}, exit ${named(undo.exit_code)}${why}`;
  const lines = ['', `Run ${id} stopped, and ${how}.`, `Exit ${named(exit)}`];
  if (next !== null) lines.push(`Next: ${next}`);
  return `${lines.join('\n')}\n`;
}

const named = (exit: number) => `${exit} (${exitName(exit)})`;

/** The files of a command, by what they are. */
export function fileLines(files: Record<string, string>): string[] {
  const named = Object.entries(files);
  const width = Math.max(MIN_FILE_WIDTH, ...named.map(([what]) => what.length));
  return ['', 'Files', ...named.map(([what, path]) => `  ${what.padEnd(width)} ${visible(path)}`)];
}

/** The summary for people: what happened, why, where the files are, and what to do next. Ends with a line break. */
export function summaryText(
  summary: Summary,
  paint: (style: 'good' | 'bad' | 'strong', text: string) => string,
): string {
  const good = summary.exit_code === 0;
  const title = `${summary.command} ${summary.state}`;
  const lines = ['', paint(good ? 'good' : 'bad', title), ...countLines(summary)];
  const shown = summary.causes.slice(0, SHOWN_CAUSES);
  if (shown.length > 0) {
    const width = Math.max(...shown.map((cause) => thousands(cause.count).length));
    lines.push('', 'Why rows are not at their target', ...shown.flatMap((cause) => causeLines(cause, width)));
    const more = summary.causes.length - shown.length;
    if (more > 0) lines.push(`  and ${count(more, 'more cause')} in summary.json`);
  }
  if (summary.campaigns !== undefined) lines.push('', campaignsText(summary.campaigns));
  const requests = [...requestLines(summary), ...steeredLines(summary)];
  if (requests.length > 0) lines.push('', 'Requests', ...requests);
  lines.push(...fileLines(summary.files), '');
  if (summary.error !== undefined) lines.push(`${summary.error.message}`);
  lines.push(`Exit ${summary.exit_code} (${summary.exit_name})`);
  const fix = firstFix(summary);
  if (fix !== null) lines.push(fix);
  if (summary.next_command !== null) lines.push(`Next: ${paint('strong', summary.next_command)}`);
  return `${lines.join('\n')}\n`;
}
