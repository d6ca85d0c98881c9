import type { Typed } from './resolve-settings.ts';
import { flagOf, type SettingName, settingShape } from './settings.ts';

/** A word quoted for a POSIX shell, so that a printed command works when it is pasted. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Typed settings as flags, ready for a command line. */
export function flagsOf(typed: Typed): string[] {
  return (Object.entries(typed) as [SettingName, string | string[]][]).flatMap(([name, value]) => {
    const flag = `--${flagOf(name)}`;
    if (settingShape(name).kind === 'boolean') return value === 'true' ? [flag] : [`${flag}=false`];
    return [value].flat().flatMap((text) => [flag, text]);
  });
}

/** A whole command line. `program` is printed as it is, the other words are quoted where needed. */
export function commandLine(program: string, ...words: string[]): string {
  return [program, ...words.map(shellWord)].join(' ');
}
