import { EXIT } from './exit-codes.ts';
import type { Manifest } from './manifest.ts';
import { isLoopback } from './parse-setting.ts';
import type { Typed } from './resolve-settings.ts';
import { PUBLIC_BASE_URL, type SettingName } from './settings.ts';
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

function carriedSettings(manifest: Manifest): Typed {
  const carried: Typed = {};
  for (const name of CARRIED) {
    const value = manifest.settings[name];
    if (value !== undefined) carried[name] = value;
  }
  return carried;
}

/** The command that plans the same input again, or null where it came through a pipe and is gone. */
export function planAgain(manifest: Manifest, program: string): string | null {
  const { input, settings } = manifest;
  if (input.path === null) return null;
  const { delimiter } = settings;
  const carried = carriedSettings(manifest);
  return commandLine(
    program,
    'plan',
    input.path,
    ...flagsOf(delimiter === undefined ? carried : { ...carried, delimiter }),
  );
}

/** The one command that goes on from how a run ended, or null when there is nothing to do or something to mend first. */
export function nextCommand(situation: Situation): string | null {
  const { manifest, tally, program, dir, failed, interactive } = situation;
  const yes = interactive ? [] : ['--yes'];
  const foreign = foreignBaseUrl(manifest.settings);
  const onDirectory = (...flags: string[]) =>
    commandLine(program, 'apply', dir, ...(foreign === null ? [] : ['--base-url', foreign]), ...flags, ...yes);
  const carried = carriedSettings(manifest);
  const { exit_code: exit, state, plan, input } = manifest;
  // Ended before there was a plan: there is nothing to go on with.
  if (plan === null && exit !== EXIT.input) return planAgain(manifest, program);
  if (exit === EXIT.input) {
    const again = planAgain(manifest, program);
    if (again !== null) return again;
    return plan !== null && plan.change > 0 ? onDirectory('--skip-rejected') : null;
  }
  if (state === 'planned' || state === 'refused') {
    if (plan === null || plan.change === 0) return null;
    const short = exit === EXIT.refused && manifest.settings.min_rows !== undefined && manifest.stop !== null;
    return short ? onDirectory('--min-rows', String(input.rows)) : onDirectory();
  }
  // Somebody must look at the file first: sending its rows again would change the wrong numbers again.
  if (manifest.stop?.reason === 'phone_number_mismatch') return null;
  const { failed: failedRows, unverified, unprocessed } = tally.counts;
  if (failedRows + unverified + unprocessed === 0) return null;
  return commandLine(program, 'apply', failed, ...flagsOf(carried), ...yes);
}
