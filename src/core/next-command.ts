import { EXIT } from './exit-codes.ts';
import type { Manifest } from './manifest.ts';
import type { Typed } from './resolve-settings.ts';
import { isLoopback, PUBLIC_BASE_URL, type SettingName } from './settings.ts';
import { commandLine, flagsOf } from './shell.ts';
import type { Tally } from './tally.ts';

// What a new run of the rows that are left must be told again. Output flags and consents to ask are left to the user.
const CARRIED: readonly SettingName[] = [
  'map',
  'allow_unassign',
  'allow_rounded_ids',
  'skip_rejected',
  'rate',
  'concurrency',
  'max_attempts',
  'timeout',
  'retry_base',
  'retry_max',
  'max_server_wait',
  'base_url',
  'sandbox',
  'runs_dir',
];

/** The recorded base URL where a command on a run directory must name it again: not public, no loopback. */
export function foreignBaseUrl(settings: Typed): string | null {
  const url = settings.base_url;
  if (typeof url !== 'string' || url === PUBLIC_BASE_URL || isLoopback(url)) return null;
  return url;
}

export type Situation = {
  manifest: Manifest;
  tally: Tally;
  /** How this program is called here, ready to paste. */
  program: string;
  /** The run directory and its failed.csv, as they are typed from here. */
  dir: string;
  failed: string;
  /** Whether a command that asks could ask: off a terminal it needs --yes. */
  interactive: boolean;
};

/** The one command that goes on from how a run ended, or null when there is nothing to do or something to mend first. */
export function nextCommand(situation: Situation): string | null {
  const { manifest, tally, program, dir, failed, interactive } = situation;
  const yes = interactive ? [] : ['--yes'];
  const foreign = foreignBaseUrl(manifest.settings);
  const onDirectory = (...flags: string[]) =>
    commandLine(program, 'apply', dir, ...(foreign === null ? [] : ['--base-url', foreign]), ...flags, ...yes);
  const carried: Typed = {};
  for (const name of CARRIED) {
    const value = manifest.settings[name];
    if (value !== undefined) carried[name] = value;
  }
  const { exit_code: exit, state, plan, input } = manifest;
  if (exit === EXIT.input) {
    if (input.path !== null) {
      const { delimiter } = manifest.settings;
      const again = delimiter === undefined ? carried : { ...carried, delimiter };
      return commandLine(program, 'plan', input.path, ...flagsOf(again));
    }
    return plan !== null && plan.change > 0 ? onDirectory('--skip-rejected') : null;
  }
  if (state === 'planned' || state === 'refused') {
    if (plan === null || plan.change === 0) return null;
    const short = exit === EXIT.refused && manifest.settings.min_rows !== undefined && manifest.stop !== null;
    return short ? onDirectory('--min-rows', String(input.rows)) : onDirectory();
  }
  const { failed: failedRows, unverified, unprocessed, rejected } = tally.counts;
  if (failedRows + unverified + unprocessed + rejected === 0) return null;
  return commandLine(program, 'apply', failed, ...flagsOf(carried), ...yes);
}
