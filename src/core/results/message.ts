import { exitName } from '../run/exit-codes.ts';
import { formatDuration } from '../text/duration.ts';
import { count, printable, thousands } from '../text/text.ts';
import { TOOL } from '../text/tool.ts';
import type { RunStatus } from './run-status.ts';
import type { Summary } from './summary.ts';

/** Who writes: the name of the run, and this machine. */
export type Sender = { name: string; host: string };

/** How a command ended: with a summary, or with an error before there was one. */
export type CommandEnd = {
  exit: number;
  summary: Summary | null;
  error: { code: string; message: string; next: string | null } | null;
  /** The run goes on without the command: it is neither good nor bad yet. */
  isHandedOver?: true;
};

const MAX_CHARACTERS = 1000;

/** One line for people. */
function line({ name, host }: Sender, text: string): string {
  return printable(
    `${TOOL}${name === '' ? '' : ` ${name}`} on ${host}: ${text.replace(/\s*\n\s*/g, '; ')}`,
    MAX_CHARACTERS,
  );
}

const doneText = ({ rows: { done, total } }: RunStatus) => `${thousands(done)} of ${count(total, 'row')} done`;

/** Rows are sent from now on. */
export function startText(sender: Sender, status: RunStatus): string {
  const waves = status.wave === null ? '' : ` in ${count(status.wave.waves, 'wave')}`;
  return line(sender, `${status.command} started, ${count(status.rows.left, 'row')} to send${waves}`);
}

export function waveText(sender: Sender, status: RunStatus & { wave: NonNullable<RunStatus['wave']> }): string {
  const { wave, waves, rows } = status.wave;
  return line(sender, `wave ${wave} of ${waves} started, ${count(rows, 'row')}; ${doneText(status)}`);
}

/** `by`: the operator; null if the API is down. */
export function pauseText(sender: Sender, status: RunStatus, by: string | null, ms: number): string {
  const who = by === null ? `paused, because the API is down (${status.slowed_by.why})` : `paused by ${by}`;
  return line(sender, `${who}, for ${formatDuration(ms)} now; ${doneText(status)}`);
}

function countsText({ counts }: Summary): string {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  return parts.map(([status, n]) => `${thousands(n)} ${status}`).join(', ') || 'no rows';
}

function undoText({ undo }: Pick<Summary, 'undo'>): string {
  if (undo === undefined) return '';
  const by = undo.run_id === null ? '' : ` by run ${undo.run_id}`;
  const { exit_code: exit } = undo;
  return exit === 0 ? `It was undone${by}` : `It was not undone completely${by}: exit ${exit} (${exitName(exit)})`;
}

export function endText(sender: Sender, { exit, summary, error }: CommandEnd): string {
  const code = `exit ${exit} (${exitName(exit)})`;
  const what = summary === null ? code : `${summary.command} ${summary.state}, ${code}: ${countsText(summary)}`;
  const why = error?.message ?? summary?.error?.message ?? '';
  const next = error?.next ?? summary?.next_command ?? null;
  const undo = summary === null ? '' : undoText(summary);
  const parts = [what, ...[why, undo].filter((part) => part !== ''), ...(next === null ? [] : [`Next: ${next}`])];
  return line(sender, parts.map((part) => part.replace(/\.$/, '')).join('. '));
}

/** The text as webhooks take it, which would read `<!channel>` or a link in it as a command. */
export function escapeMarkup(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** The URL of a ping: with `/start` or an exit code at the end of its path. */
export function pingUrl(url: string, suffix: string): string {
  if (suffix === '') return url;
  const made = new URL(url);
  made.pathname = `${made.pathname.replace(/\/$/, '')}/${suffix}`;
  return made.href;
}
