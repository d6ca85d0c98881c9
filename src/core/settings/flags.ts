import { type RawSettings, type SettingName, settingDefinition } from './schema.ts';

/** Environment variables with this prefix are settings. */
export const VARIABLE_PREFIX = 'TELNYX_REASSIGN_';

/** The name of a setting on the command line: `max-attempts` for `max_attempts`. */
export function flagOf(name: SettingName): string {
  return name.replaceAll('_', '-');
}

/** The environment variable of a setting: `TELNYX_REASSIGN_MAX_ATTEMPTS` for `max_attempts`. */
export function variableOf(name: SettingName): string {
  return `${VARIABLE_PREFIX}${name.toUpperCase()}`;
}

/** The variable that names a file with the value of a secret: `TELNYX_REASSIGN_PING_FILE` for `ping`. */
export function fileVariableOf(name: SettingName): string {
  return `${variableOf(name)}_FILE`;
}

/** Turns settings into flags for a command line. */
export function flagsOf(raw: RawSettings): string[] {
  return (Object.entries(raw) as [SettingName, string | string[]][]).flatMap(([name, value]) => {
    const flag = `--${flagOf(name)}`;
    if (settingDefinition(name).kind === 'boolean') return value === 'true' ? [flag] : [`${flag}=false`];
    // What begins with - must not be taken for the next flag.
    return [value].flat().flatMap((text) => (text.startsWith('-') ? [`${flag}=${text}`] : [flag, text]));
  });
}
