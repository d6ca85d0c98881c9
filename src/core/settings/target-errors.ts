import { constantsOf } from '../input/assignment.ts';
import { UNASSIGN } from '../input/target.ts';
import { quoted } from '../text/text.ts';
import { flagOf } from './flags.ts';
import type { SettingName, Settings } from './schema.ts';

/** What means nothing without an input file. */
const OF_A_FILE = ['map', 'delimiter', 'missing_input_ok'] as const satisfies SettingName[];

/** What is wrong about the targets of every row, and about numbers from the command line. */
export function targetErrors(
  settings: Settings,
  isFlag: (name: SettingName) => boolean,
  at: (...names: SettingName[]) => string,
): string[] {
  const { to_profile: profile, to_product: product, number, offline } = settings;
  const errors: string[] = [];
  const isName = constantsOf(settings).messaging_profile_name !== undefined;
  if (profile === UNASSIGN && !settings.allow_unassign) {
    errors.push(
      `${at('to_profile')}--to-profile UNASSIGN takes every number off its profile and stops its messages; add --allow-unassign if that is meant`,
    );
  }
  if (isName && offline) {
    errors.push(
      `${at('to_profile')}--to-profile ${quoted(profile as string)} can only be found in the account: give its id, or leave out --offline`,
    );
  }
  if (number === null) return errors;
  if (profile === null && product === null) {
    errors.push('--number needs --to-profile or --to-product: nothing else says where the numbers are to go');
  }
  if (offline) errors.push('--number needs the account, which has the ids of the numbers: leave out --offline');
  for (const name of OF_A_FILE.filter(isFlag)) {
    errors.push(`--${flagOf(name)} is about an input file, and --number takes its place`);
  }
  return errors;
}
