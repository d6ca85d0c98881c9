import { didYouMean, suggestion } from '../text/suggest.ts';
import { flagOf, VARIABLE_PREFIX, variableOf } from './flags.ts';
import { type RawSettings, SETTING_NAMES, settingDefinition } from './schema.ts';

/**
 * Reads the settings from the environment. Unknown variables with our prefix are errors. So are consents: a variable set
 * in a profile years ago must not answer for the user of today.
 */
export function readEnvironment(environment: Record<string, string | undefined>): {
  raw: RawSettings;
  errors: string[];
} {
  const raw: RawSettings = {};
  const errors: string[] = [];
  const known = new Map(SETTING_NAMES.map((name) => [variableOf(name), name]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(VARIABLE_PREFIX) || text === undefined) continue;
    const name = known.get(variable);
    if (name === undefined) {
      const meant = didYouMean(variable.slice(VARIABLE_PREFIX.length), SETTING_NAMES);
      errors.push(`unknown variable ${variable}${suggestion(meant && variableOf(meant))}`);
    } else if (settingDefinition(name).consent === true) {
      errors.push(`${variable} is not taken from the environment; pass --${flagOf(name)} if it is meant`);
    } else {
      raw[name] = text;
    }
  }
  return { raw, errors };
}
