import { formatDuration } from './duration.ts';
import { localTime, readFinishBy } from './finish-by.ts';
import type { Preview } from './preview.ts';
import type { Settings } from './settings.ts';
import { count } from './text.ts';

const SHOWN_TARGETS = 8;
const SHOWN_ROWS = 3;

/** How the dialect of the input is named: `UTF-8, comma`. */
export function dialectText(dialect: { encoding: string; delimiter: string }): string {
  const names: Record<string, string> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' };
  return `${dialect.encoding.toUpperCase()}, delimiter ${names[dialect.delimiter]}`;
}

/** The least time that so many requests take at a rate, in words; '' where nothing paces them. */
export function timeNeeded(requests: number, rate: Settings['rate']): string {
  return rate === 'off' || requests === 0 ? '' : `about ${formatDuration((requests / rate) * 1000)} at ${rate}/s`;
}

/** Whether so many requests fit into the time until --finish-by; '' without one. `now` is ms since 1970. */
export function fitText(requests: number, rate: Settings['rate'], finishBy: string | null, now: number): string {
  if (finishBy === null) return '';
  const end = readFinishBy(finishBy, now);
  if ('missed' in end) return `--finish-by ${finishBy} would be ${localTime(end.missed)}: apply refuses that now`;
  const ms = 'at' in end ? end.at - now : end.afterMs;
  const until = 'at' in end ? `Until ${localTime(end.at)}` : `Within ${formatDuration(end.afterMs)}`;
  const room = rate === 'off' ? requests : Math.floor((ms / 1000) * rate);
  if (room >= requests) return `${until}: it fits`;
  return `${until}: it does not fit, about ${room.toLocaleString('en-US')} of ${count(requests, 'row')} will be sent; resume sends the others`;
}

function wanted(value: string): string {
  return value === '' ? 'keep' : value;
}

/**
 * What a plan would do, for people: totals, a table by target, the first rows, the time it takes, and whether it fits
 * into the time that there is. `now` is ms since 1970.
 */
export function planText(
  preview: Preview,
  { rate, finish_by: finishBy }: Pick<Settings, 'rate' | 'finish_by'>,
  sentTo: string,
  now: number,
): string {
  const { change, rejected, duplicate } = preview.actions;
  const lines = [
    '',
    `${count(preview.rows, 'row')}: ${change.toLocaleString('en-US')} to send, ${rejected.toLocaleString('en-US')} rejected, ${count(duplicate, 'duplicate')}`,
  ];
  if (change === 0) return `${lines.join('\n')}\n`;
  const targets = preview.targets();
  const shown = targets.slice(0, SHOWN_TARGETS);
  const width = Math.max(4, ...shown.map((target) => target.count.toLocaleString('en-US').length));
  lines.push('', `  ${'rows'.padStart(width)}  ${'to profile'.padEnd(36)}  to product`);
  for (const target of shown) {
    const number = target.count.toLocaleString('en-US').padStart(width);
    lines.push(`  ${number}  ${wanted(target.profile).padEnd(36)}  ${wanted(target.product)}`);
  }
  if (targets.length > shown.length) lines.push(`  and ${count(targets.length - shown.length, 'more target')}`);
  const first = preview.changes().slice(0, SHOWN_ROWS);
  if (first.length > 0) lines.push('', 'First of them:');
  for (const entry of first) {
    lines.push(`  line ${entry.line}: ${entry.id} -> ${wanted(entry.profileTarget)}, ${wanted(entry.productTarget)}`);
  }
  const time = timeNeeded(change, rate);
  lines.push('', `${sentTo}${time === '' ? '' : `: ${time}`}`);
  const fit = fitText(change, rate, finishBy, now);
  if (fit !== '') lines.push(fit);
  return `${lines.join('\n')}\n`;
}

/** The rejections for people: the first of them with line and reason, and where all of them are. */
export function rejectionText(preview: Preview, resultsPath: string): string {
  const shown = preview.rejections();
  if (shown.length === 0) return '';
  const lineWidth = Math.max(...shown.map((entry) => String(entry.line).length));
  const codeWidth = Math.max(...shown.map((entry) => entry.reason.length));
  const lines = shown.map(
    (entry) => `  line ${String(entry.line).padStart(lineWidth)}  ${entry.reason.padEnd(codeWidth)}  ${entry.note}`,
  );
  const more = preview.actions.rejected - shown.length;
  const rest = more > 0 ? [`  and ${count(more, 'more', 'more')}: all of them are in ${resultsPath}`] : [];
  return ['', `${count(preview.actions.rejected, 'row')} rejected:`, ...lines, ...rest, ''].join('\n');
}
