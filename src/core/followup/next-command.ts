import type { StopReason } from '../attempt/stop-reason.ts';
import type { Tally } from '../results/tally.ts';
import { EXIT } from '../run/exit-codes.ts';
import type { Manifest } from '../run/manifest.ts';
import { flagsOf } from '../settings/flags.ts';
import { isLoopback } from '../settings/parse.ts';
import { settingsFor } from '../settings/raw.ts';
import { PUBLIC_BASE_URL, type RawSettings, SETTINGS } from '../settings/schema.ts';
import { commandLine } from '../text/shell.ts';

const NOT_KEPT: ReadonlySet<string> = new Set(['write_not_kept', 'wave_not_kept'] satisfies StopReason[]);

/** The stops after which --undo-on-failure takes back what the run has changed. */
const UNDONE: ReadonlySet<string> = new Set([
  'wave_not_kept',
  'gate_refused',
  'order_mismatch',
  'max_failures',
  'max_same_error',
] satisfies StopReason[]);

/** The recorded base URL if a command must name it again: it is neither the public one nor a loopback. */
export function foreignBaseUrl(settings: RawSettings): string | null {
  const url = settings.base_url;
  if (typeof url !== 'string' || url === PUBLIC_BASE_URL || isLoopback(url)) return null;
  return url;
}

/** The flag that names the base URL again; none if no command needs it. */
export function baseUrlFlags(settings: RawSettings): string[] {
  const foreign = foreignBaseUrl(settings);
  return foreign === null ? [] : ['--base-url', foreign];
}

type Situation = {
  manifest: Manifest;
  tally: Tally;
  /** How this program is called here. */
  program: string;
  /** The run directory as typed from here. */
  dir: string;
  /** What run.json does not keep and the run needs again, such as where its results go too. */
  sameAgain?: readonly string[];
  /** The same for this run only, and not for a new one. */
  sameForRun?: readonly string[];
  /** The same for a new run of the rows that are left. */
  sameForRetry?: readonly string[];
  /** The flag that names the queue again, if there is one. */
  queue?: readonly string[];
  /** Whether the next command can ask. If not, it needs --yes. */
  interactive: boolean;
};

/** The command that plans the same rows again; null if they came through a pipe. Flags may be all of an input. */
export function planAgain(manifest: Manifest, program: string): string | null {
  const { input, settings, source, fault: refusedFor } = manifest;
  if (source !== null) {
    const named = baseUrlFlags(settings);
    if (source.undo && source.only === '') return commandLine(program, 'undo', source.dir, ...named, '--dry-run');
    return commandLine(program, 'retry', source.dir, ...named, '--only', source.only, '--dry-run');
  }
  if (input.path === null && settings.number === undefined) return null;
  const words = input.path === null ? [] : [input.path];
  // With the columns of this call the same error would come again.
  const columns = refusedFor?.map == null ? {} : { map: refusedFor.map };
  return commandLine(program, 'plan', ...words, ...flagsOf({ ...settingsFor('plan', settings), ...columns }));
}

/** The flag that raises the limit that stopped the run: to twice the limit, and above what failed. */
function raisedLimit(manifest: Manifest, { counts, permanent }: Tally): string[] {
  const reason = manifest.stop?.reason;
  if (reason !== 'max_same_error' && reason !== 'max_failures') return [];
  const limit = String(manifest.settings[reason] ?? SETTINGS[reason].default);
  if (reason === 'max_same_error') return ['--max-same-error', String(2 * Number(limit))];
  if (!limit.endsWith('%')) return ['--max-failures', String(2 * Math.max(Number(limit), permanent))];
  const share = (100 * permanent) / Math.max(1, counts.updated + counts.failed + counts.unverified);
  return ['--max-failures', `${Math.min(100, Math.ceil(2 * Math.max(Number.parseFloat(limit), share)))}%`];
}

/** Whether --undo-on-failure takes back what a run has changed. Not of an undo: that would set it again. */
export function undoesItself({ stop, settings, source }: Manifest, { counts }: Tally): boolean {
  if (settings.undo_on_failure !== 'true' || source?.undo === true || stop === null) return false;
  const hasChanged = counts.updated + counts.unverified > 0 || stop.reason === 'wave_not_kept';
  return hasChanged && UNDONE.has(stop.reason);
}

/** Whether rows are held because someone else changed their numbers, and not for their profile. */
function isDrifted({ causes }: Tally): boolean {
  return [...causes.values()].some(({ status, reason }) => status === 'held' && reason !== 'profile_stopped');
}

/** Whether a bulk order may still move rows. */
function hasOpenOrder({ causes }: Tally): boolean {
  return [...causes.values()].some(({ reason }) => reason === 'order_pending');
}

/** The command to continue with after a run; null if there is nothing to do, or something to fix first. */
export function nextCommand({
  manifest,
  tally,
  program,
  dir,
  sameAgain = [],
  sameForRun = [],
  sameForRetry = [],
  queue = [],
  interactive,
}: Situation): string | null {
  const yes = interactive ? [] : ['--yes'];
  const on = (verb: 'apply' | 'resume' | 'retry' | 'undo', ...flags: string[]) => {
    const ofRun = [...sameAgain, ...sameForRun];
    const again = { apply: ofRun, resume: ofRun, retry: sameForRetry, undo: [] }[verb];
    return commandLine(program, verb, dir, ...baseUrlFlags(manifest.settings), ...queue, ...again, ...flags);
  };
  const { exit_code: exit, state, plan, input, stop, source } = manifest;
  // It ended before there was a plan, or its input must be fixed.
  if (plan === null || exit === EXIT.input) {
    const again = planAgain(manifest, program);
    if (again !== null || plan === null) return again;
    return plan.change > 0 ? on('apply', '--skip-rejected', ...yes) : null;
  }
  const { failed, held } = tally.counts;
  switch (state) {
    case 'planned':
    case 'refused':
      if (plan.change === 0) return null;
      // What it warns of must be fixed first.
      if (stop?.reason === 'strict') return planAgain(manifest, program);
      // It was confirmed, and then the key or the account was refused.
      if (exit === EXIT.preflight && manifest.started_at !== null) return on('resume');
      if (stop?.reason === 'min_rows') return on('apply', '--min-rows', String(input.rows), ...yes);
      if (stop?.reason === 'max_changes') return on('apply', '--max-changes', String(plan.change), ...yes);
      // Without the flag it would write outside the window.
      if (stop?.reason === 'window_missed') {
        return stop.detail === '' ? null : on('apply', '--finish-by', stop.detail, ...yes);
      }
      return on('apply', ...yes);
    case 'interrupted':
    case 'paused':
      // The file must be checked first: resume would change the wrong numbers.
      if (stop?.reason === 'phone_number_mismatch') return null;
      // It may still move numbers, so neither undo nor retry may start.
      if (hasOpenOrder(tally)) return on('resume', ...raisedLimit(manifest, tally));
      if (undoesItself(manifest, tally)) return on('undo', ...yes);
      // Not for an undo: to undo that would set again what was to be taken back.
      if (stop !== null && NOT_KEPT.has(stop.reason) && source?.undo !== true) return on('undo', ...yes);
      // Rows that were not found without a key that arrives have failed, and resume would leave them.
      if (stop?.reason === 'not_this_api' && failed > 0) return on('retry', ...yes);
      return exit === EXIT.unverified_rows ? on('retry', ...yes) : on('resume', ...raisedLimit(manifest, tally));
    case 'finished':
      if (failed > 0) return on('retry', ...(held > 0 && !isDrifted(tally) ? ['--only', 'failed,held'] : []), ...yes);
      // A dry run first: retry would overwrite what someone else set.
      if (held > 0 && isDrifted(tally)) return source === null ? on('retry', '--only', 'held', '--dry-run') : null;
      return held > 0 ? on('retry', '--only', 'held', ...yes) : null;
    case 'planning':
    case 'running':
    case 'superseded':
      return null;
  }
}
