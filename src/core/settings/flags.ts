import type { RawSettings } from './resolve.ts';
import { flagOf, type SettingName, settingDefinition } from './schema.ts';

/** RawSettings settings as flags, ready for a command line. */
export function flagsOf(typed: RawSettings): string[] {
  return (Object.entries(typed) as [SettingName, string | string[]][]).flatMap(([name, value]) => {
    const flag = `--${flagOf(name)}`;
    if (settingDefinition(name).kind === 'boolean') return value === 'true' ? [flag] : [`${flag}=false`];
    return [value].flat().flatMap((text) => [flag, text]);
  });
}
