import { orderName } from '../ledger/order-text.ts';
import { changeText } from '../ledger/steered.ts';
import type { HeldProfile, RunStatus } from '../results/run-status.ts';
import { causeText } from '../results/summary-text.ts';
import { exitName } from '../run/exit-codes.ts';
import { formatDuration } from '../text/duration.ts';
import { COLUMNS, count, printable, thousands, wrapped } from '../text/text.ts';

const BAR_SIZE = 30;
const LABEL_SIZE = 13;
/** What is shown on a terminal. All of it is in status.json. */
const SHOWN_CAUSES = 5;
const SHOWN_PROFILES = 3;
const SHOWN_COMMANDS = 3;
const MAX_NAME_CHARACTERS = 40;

/** How a status is shown here. `time`: a time of day for people, of an ISO 8601 time. */
export type StatusStyle = {
  time: (iso: string) => string;
  paint: (style: 'good' | 'bad' | 'strong', text: string) => string;
};

const BUSY = {
  waiting: 'waiting to send',
  sending: 'sending',
  checking: 'reading the rows of the wave back',
  soaking: 'soaking',
  gate: 'waiting for the gate',
} as const;

const WHO = {
  server: 'the server',
  outage: 'the API',
  reserve: 'the reserve',
  concurrency: '--concurrency',
  operator: 'an operator',
  files: 'open files',
} as const;

/** What a run is doing, in a few words. */
function doingText({ phase, state, exit_code: exit, paused }: RunStatus, { time }: Pick<StatusStyle, 'time'>): string {
  // Its workers have ended it, and no command has taken it back.
  if (phase === 'ended' && state === 'running') return 'ended by its workers';
  if (phase === 'ended') return exit === null ? state : `${state}, exit ${exit} (${exitName(exit)})`;
  if (paused === null) return BUSY[phase];
  return `paused by ${printable(paused.by, MAX_NAME_CHARACTERS)} since ${time(paused.since)}`;
}

/** Of a run without rows to send: whether that is only because it is not planned yet, or has ended before it was. */
function isUnplanned({ phase, state, started_at: begun }: RunStatus): boolean {
  return phase === 'waiting' || (begun === null && (state === 'interrupted' || state === 'refused'));
}

function bar(status: RunStatus): string {
  const { done, total } = status.rows;
  // A run with nothing to send has sent all of it.
  const share = total === 0 ? Number(!isUnplanned(status)) : Math.min(1, done / total);
  const full = Math.floor(share * BAR_SIZE);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_SIZE - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

function countsText(status: RunStatus): string {
  const { rows } = status;
  const notPlanned = status.phase === 'ended' ? 'none was planned' : 'not known yet';
  const parts = (['updated', 'unchanged', 'failed', 'unverified', 'held'] as const).filter((name) => rows[name] > 0);
  return (
    parts.map((name) => `${thousands(rows[name])} ${name}`).join(', ') ||
    (rows.total > 0 ? 'none has ended' : isUnplanned(status) ? notPlanned : 'none to send')
  );
}

function rateText({ rate, phase }: RunStatus): string {
  const set = rate.set === 'auto' || rate.set === 'off' ? `${rate.set} set` : `${rate.set}/s set`;
  // Between sessions nothing says what is allowed.
  if (rate.allowed === null && phase !== 'sending')
    return `nothing is sent now, ${printable(set, MAX_NAME_CHARACTERS)}`;
  const allowed = rate.allowed === null ? 'no limit' : `${rate.allowed.toFixed(1)}/s allowed`;
  return `${rate.now.toFixed(1)}/s now, ${allowed}, ${printable(set, MAX_NAME_CHARACTERS)}`;
}

/** Who slows a run down and why; '' if it sends as fast as was set. */
function slowedText({ slowed_by: { what, why, until } }: RunStatus, { time }: Pick<StatusStyle, 'time'>): string {
  if (what === null) return '';
  return `${WHO[what]}: ${printable(why)}${until === undefined ? '' : `, until ${time(until)}`}`;
}

function heldText(held: readonly HeldProfile[]): string {
  const shown = held.slice(0, SHOWN_PROFILES).map(({ id, name, by, why }) => {
    const named = name === '' ? printable(id) : `${printable(name, MAX_NAME_CHARACTERS)} (${printable(id)})`;
    return `${named} ${by === null ? `after failures: ${printable(why)}` : `by ${printable(by, MAX_NAME_CHARACTERS)}`}`;
  });
  const more = held.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${count(more, 'more profile')}`] : [])].join('; ');
}

function waveText({ wave }: RunStatus, { time }: Pick<StatusStyle, 'time'>): string {
  if (wave === null) return '';
  const soak = wave.until === null ? '' : `, soaking until ${time(wave.until)}`;
  return `${wave.wave} of ${wave.waves}: ${thousands(wave.done)} of ${count(wave.rows, 'row')}${soak}`;
}

function pendingText(pending: number | null): string {
  return pending === null ? 'not known how many are pending' : `${thousands(pending)} pending`;
}

function orderText({ order }: RunStatus): string {
  if (order === undefined) return '';
  const { rows, pending, order: number, order_id: orderId } = order;
  return `${orderName({ order: number, orderId })}: ${count(rows, 'row')} without an outcome, ${pendingText(pending)}`;
}

function etaText({ eta_ms: ms, eta_at: at, rows }: RunStatus, { time }: Pick<StatusStyle, 'time'>): string {
  if (ms === null || at === null) return rows.left === 0 ? '' : 'not known now';
  return `${formatDuration(ms)}, at ${time(at)}`;
}

function causeLines(causes: RunStatus['causes']): string[] {
  const shown = causes.slice(0, SHOWN_CAUSES);
  const width = Math.max(0, ...shown.map((cause) => thousands(cause.count).length));
  const more = causes.length - shown.length;
  return [
    ...shown.map((cause) => {
      const head = `    ${thousands(cause.count).padStart(width)}  ${cause.status.padEnd(11)}`;
      const example = ` (e.g. row ${cause.example_row})`;
      return `${head}${printable(causeText(cause), Math.max(20, COLUMNS - head.length - example.length - 3))}${example}`;
    }),
    ...(more > 0 ? [`    and ${count(more, 'more cause')} in status.json`] : []),
  ];
}

function steeredLines({ steered }: RunStatus, { time }: Pick<StatusStyle, 'time'>): string[] {
  return steered.slice(-SHOWN_COMMANDS).map((command) => {
    const text = `${command.command} ${changeText(command)} by ${command.by}`;
    return `    ${time(command.at)}  ${printable(text, COLUMNS - 20)}`;
  });
}

/** The status for people, in lines of at most 80 columns, without the commands to go on with. */
export function statusLines(status: RunStatus, style: StatusStyle): string[] {
  const { rows, phase, causes, requests } = status;
  const isAtWork = phase !== 'ended';
  const labelled = (label: string, text: string) =>
    text === '' ? [] : wrapped(`  ${label.padEnd(LABEL_SIZE - 2)}${text}`, LABEL_SIZE).split('\n');
  const isBad = status.paused !== null || (phase === 'ended' && status.exit_code !== 0 && status.started_at !== null);
  const orders = requests.orders ? `, ${count(requests.orders, 'bulk order')}` : '';
  const sent = `${count(requests.total, 'request')}${orders}, ${count(requests.retries, 'retry', 'retries')}`;
  const slowed = slowedText(status, style);
  return [
    `${style.paint('strong', status.run_id)}  ${style.paint(isBad ? 'bad' : 'good', `${status.command} ${doingText(status, style)}`)}`,
    `${bar(status)}  ${thousands(rows.done)} of ${count(rows.total, 'row')}, ${thousands(rows.left)} left`,
    ...labelled('rows', countsText(status)),
    ...(isAtWork ? labelled('rate', rateText(status)) : []),
    ...labelled('slowed by', slowed),
    ...(requests.total > 0 ? labelled('requests', `${sent}, ${thousands(requests.rate_limited)} rate limited`) : []),
    ...labelled('held', heldText(status.held_profiles)),
    ...labelled('wave', waveText(status, style)),
    ...labelled('order', orderText(status)),
    ...(isAtWork ? labelled('ETA', etaText(status, style)) : []),
    ...(causes.length > 0 ? ['  not at their target', ...causeLines(causes)] : []),
    ...(status.steered.length > 0 ? ['  steered', ...steeredLines(status, style)] : []),
  ];
}

/** The status in one line, for a log. */
export function statusLine(status: RunStatus, style: Pick<StatusStyle, 'time'>): string {
  const { rows, rate, phase, order } = status;
  const slowed = slowedText(status, style);
  const wave = waveText(status, style);
  const eta = etaText(status, style);
  const parts = [
    doingText(status, style),
    `${thousands(rows.done)} of ${count(rows.total, 'row')}`,
    ...(phase === 'ended'
      ? []
      : [`${rate.now.toFixed(1)}/s${rate.allowed === null ? '' : ` of ${rate.allowed.toFixed(1)}`}`]),
    `${thousands(rows.failed)} failed`,
    ...(wave === '' ? [] : [`wave ${wave}`]),
    ...(order === undefined ? [] : [`bulk order ${order.order}: ${pendingText(order.pending)}`]),
    ...(slowed === '' ? [] : [`slowed by ${slowed}`]),
    ...(phase === 'ended' || eta === '' ? [] : [`ETA ${eta}`]),
  ];
  return `${style.time(status.at)} ${parts.join(', ')}`;
}
