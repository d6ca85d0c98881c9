import { flagOf } from '../core/settings/flags.ts';
import { SETTING_NAMES, settingDefinition } from '../core/settings/schema.ts';
import type { Scope } from '../core/settings/table/definition.ts';
import { SANDBOX_FLAGS } from './sandbox-flags.ts';

/** The flags of a command, for the check of arguments and for the help. `key`: its name in the parsed flags. */
export function flagsOf(command: string): typeof SANDBOX_FLAGS {
  if (command === 'sandbox') return SANDBOX_FLAGS;
  const names = SETTING_NAMES.filter((name) => settingDefinition(name).scopes.includes(command as Scope));
  return names.map((name) => {
    const {
      kind,
      repeatable = false,
      secret = false,
      default: byDefault,
      value,
      group,
      text,
    } = settingDefinition(name);
    const isBoolean = kind === 'boolean';
    const suffix = byDefault === null || isBoolean ? '' : ` [${byDefault}]`;
    const description = `${value === undefined ? '' : `${value}: `}${text}${suffix}`;
    return {
      key: name,
      name: flagOf(name),
      isBoolean,
      isRepeatable: repeatable,
      isSecret: secret,
      group: `${group}:`,
      description,
    };
  });
}
