import { constantsOf } from '../input/assignment.ts';
import { delimiterName } from '../input/dialect.ts';
import { UNASSIGN } from '../input/target.ts';
import { localTime, readFinishBy } from '../settings/finish-by.ts';
import { type Settings, START_PER_S } from '../settings/schema.ts';
import { formatDuration } from '../text/duration.ts';
import { count, quoted, thousands } from '../text/text.ts';
import { cutToColumns } from '../text/width.ts';
import type { PlanEntry } from './entry.ts';
import type { Move, Preview } from './preview.ts';

const SHOWN_MOVES = 8;
const SHOWN_ROWS = 3;
/** Characters of a name beside an id, so that both fit into 80 columns. */
const SHOWN_NAME = 20;

/** The dialect of the input for people: `UTF-8, delimiter comma`. */
export function dialectText(dialect: { encoding: string; delimiter: string }): string {
  return `${dialect.encoding.toUpperCase()}, delimiter ${delimiterName(dialect.delimiter)}`;
}

/** Requests a second to expect. The adaptive rate may turn out higher or lower. */
export function expectedRate(rate: Settings['rate']): number {
  return rate === 'off' ? Number.POSITIVE_INFINITY : rate === 'auto' ? START_PER_S : rate;
}

/** The minimum time that requests take at a rate, in words; '' if nothing limits them. */
export function timeNeeded(requests: number, rate: Settings['rate']): string {
  if (rate === 'off' || requests === 0) return '';
  const perSecond = expectedRate(rate);
  const time = `about ${formatDuration((requests / perSecond) * 1000)} at ${perSecond}/s`;
  return rate === 'auto' ? `${time}, the initial rate of auto` : time;
}

/** How fast requests are sent, how long the run waits between waves, and what a request stands for. */
type Pace = { rate: Settings['rate']; waitsMs?: number; what?: 'row' | 'request' };

/** Whether the requests fit into the time until --finish-by; '' without one. `now` is ms since 1970. */
export function fitText(requests: number, pace: Pace, finishBy: string | null, now: number): string {
  const { rate, waitsMs = 0, what = 'row' } = pace;
  if (finishBy === null) return '';
  const end = readFinishBy(finishBy, now);
  if ('missed' in end) return `--finish-by ${finishBy} would be ${localTime(end.missed)}: apply refuses that now`;
  const ms = ('at' in end ? end.at - now : end.afterMs) - waitsMs;
  const until = 'at' in end ? `Until ${localTime(end.at)}` : `Within ${formatDuration(end.afterMs)}`;
  const perSecond = expectedRate(rate);
  const room = rate === 'off' && ms >= 0 ? requests : Math.floor((ms / 1000) * perSecond);
  if (room >= requests) return `${until}: it fits`;
  if (waitsMs > 0)
    return `${until}: it does not fit, because the waves wait ${formatDuration(waitsMs)} in all; resume sends the rows that are left`;
  const at = rate === 'auto' ? ` at ${perSecond}/s, the initial rate of auto` : '';
  return `${until}: it does not fit${at}, about ${thousands(room)} of ${count(requests, what)} will be sent; resume sends the others`;
}

function wanted(value: string): string {
  return value === '' ? 'keep' : value;
}

/** What a plan says about the account. */
export type AccountText = {
  /** How it was read; '' if that was shown before. */
  how: string;
  nameOf: (profile: string) => string;
  notes: readonly string[];
};

/** `00000000-... (Name)`. */
function profileText(profile: string, nameOf: AccountText['nameOf']): string {
  if (profile === '') return 'unknown';
  const name = nameOf(profile);
  return name === '' ? profile : `${profile} (${cutToColumns(name, SHOWN_NAME + 3)})`;
}

/** One kind of change in one to three lines: the profiles with their names, then the products. */
function moveLines(move: Move, nameOf: AccountText['nameOf']): string[] {
  const { profileBefore, profileTarget, productBefore, productTarget } = move;
  const lines: string[] = [];
  if (profileTarget !== '' && profileTarget !== profileBefore) {
    lines.push(`profile ${profileText(profileBefore, nameOf)}`, `     -> ${profileText(profileTarget, nameOf)}`);
  }
  if (productTarget !== '' && productTarget !== productBefore) {
    lines.push(`product ${productBefore === '' ? 'unknown' : productBefore} -> ${productTarget}`);
  }
  return lines;
}

function moveTable(moves: readonly Move[], width: number, account: AccountText | null): string[] {
  const line = (rows: string, text: string) => `  ${rows.padStart(width)}  ${text}`;
  const targets = (profile: string, product: string) => `${profile.padEnd(36)}  ${product}`;
  const rows = moves.flatMap((move) => {
    const offline = [targets(wanted(move.profileTarget), wanted(move.productTarget))];
    const [first = '', ...others] = account === null ? offline : moveLines(move, account.nameOf);
    return [line(thousands(move.count), first), ...others.map((text) => line('', text))];
  });
  return [line('rows', account === null ? targets('to profile', 'to product') : 'change'), ...rows];
}

function totals(preview: Preview, account: AccountText | null): string {
  const { change, unchanged, rejected, duplicate, held } = preview.actions;
  const parts = [`${thousands(change)} to ${account === null ? 'send' : 'change'}`];
  if (account !== null) parts.push(`${thousands(unchanged)} unchanged`);
  if (held > 0) parts.push(`${thousands(held)} held`);
  parts.push(`${thousands(rejected)} rejected`, count(duplicate, 'duplicate'));
  return `${count(preview.rows, 'row')}: ${parts.join(', ')}`;
}

type ConstantSettings = Partial<Pick<Settings, 'to_profile' | 'to_product'>>;

/** The targets that flags give to every row, in one line; none if they give none. */
function constantLines(settings: ConstantSettings): string[] {
  const { messaging_profile_id: id, messaging_profile_name: name, messaging_product: product } = constantsOf(settings);
  const parts: string[] = [];
  if (id !== undefined) parts.push(id === UNASSIGN ? `no profile (${UNASSIGN})` : `profile ${id}`);
  if (name !== undefined) parts.push(`profile ${quoted(name)}`);
  if (product !== undefined) parts.push(`product ${product}`);
  return parts.length === 0 ? [] : [`Targets: every row to ${parts.join(', ')}`];
}

export type PlanTextOptions = {
  settings: Pick<Settings, 'rate' | 'finish_by'> & ConstantSettings;
  /** Where the requests go, for people. */
  sentTo: string;
  /** How the rows are sent in waves, and how long these wait in all. */
  waves?: { lines: readonly string[]; waitsMs: number };
  /** What goes by bulk orders, and how many requests the plan takes with them; null if it has none. */
  orders?: { lines: readonly string[]; requests: number | null };
  /** What stays on profiles that numbers leave, and what differs for those that move. */
  around?: readonly string[];
  /** Until when the saved plan may be sent; in ms since 1970, as `now`. */
  validUntil: number;
  now: number;
  /** Null if the plan was made without reading the account. */
  account: AccountText | null;
  /** The SHA-256 of plan.csv; null if it is not shown. */
  digest: string | null;
};

/** How a second person approves exactly this plan. */
function digestLines(digest: string | null, change: number): string[] {
  if (digest === null) return [];
  const use = change === 0 ? [] : ['To send this plan and no other, add --expect-plan with this digest to apply'];
  return [`Digest  ${digest}`, ...use];
}

/** A plan for people: totals, a table of the changes, the first rows, and how long it takes. */
export function planText(preview: Preview, options: PlanTextOptions): string {
  const { settings, sentTo, now, validUntil, account, waves, orders, around = [], digest } = options;
  const { rate, finish_by: finishBy } = settings;
  const { change } = preview.actions;
  const how = account === null || account.how === '' ? [] : [account.how];
  const lines = ['', ...how, ...constantLines(settings), totals(preview, account)];
  if (change === 0) return `${[...lines, ...digestLines(digest, change)].join('\n')}\n`;
  const moves = preview.moves();
  const shown = moves.slice(0, SHOWN_MOVES);
  const width = Math.max(4, ...shown.map((move) => thousands(move.count).length));
  lines.push('', ...moveTable(shown, width, account));
  if (moves.length > shown.length)
    lines.push(`  and ${count(moves.length - shown.length, 'more kind of change', 'more kinds of change')}`);
  const first = preview.changes().slice(0, SHOWN_ROWS);
  if (first.length > 0) lines.push('', 'First of them:');
  for (const entry of first) {
    lines.push(`  line ${entry.line}: ${entry.id} -> ${wanted(entry.profileTarget)}, ${wanted(entry.productTarget)}`);
  }
  const notes = account?.notes ?? [];
  if (notes.length > 0) lines.push('', ...notes.map((note) => `note: ${note}`));
  if (around.length > 0) lines.push('', ...around);
  const requests = orders?.requests ?? change;
  const what = (orders?.requests ?? null) === null ? 'row' : 'request';
  const time = timeNeeded(requests, rate);
  lines.push('', ...(orders?.lines ?? []), `${sentTo}${time === '' ? '' : `: ${time}`}`);
  lines.push(...(waves?.lines ?? []));
  const fit = fitText(requests, { rate, waitsMs: waves?.waitsMs ?? 0, what }, finishBy, now);
  if (fit !== '') lines.push(fit);
  lines.push(`The plan is valid until ${localTime(validUntil)} (--max-plan-age)`, ...digestLines(digest, change));
  return `${lines.join('\n')}\n`;
}

/** The first rows with line, reason and note, and where to find all of them. */
function rowsText(shown: readonly PlanEntry[], total: number, what: string, path: string): string {
  if (shown.length === 0) return '';
  const lineWidth = Math.max(...shown.map((entry) => String(entry.line).length));
  const codeWidth = Math.max(...shown.map((entry) => entry.reason.length));
  const lines = ['', `${count(total, 'row')} ${what}:`];
  for (const { line, reason, note } of shown) {
    lines.push(`  line ${String(line).padStart(lineWidth)}  ${reason.padEnd(codeWidth)}  ${note}`);
  }
  const more = total - shown.length;
  if (more > 0) lines.push(`  and ${count(more, 'more', 'more')}: all of them are in ${path}`);
  return `${lines.join('\n')}\n`;
}

export function rejectionText(preview: Preview, resultsPath: string): string {
  return rowsText(preview.rejections(), preview.actions.rejected, 'rejected', resultsPath);
}

export function heldText(preview: Preview, heldPath: string): string {
  return rowsText(preview.heldBack(), preview.actions.held, 'held, and not sent', heldPath);
}
