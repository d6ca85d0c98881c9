import { UsageError } from '../app/errors.ts';
import { SANDBOX_FLAGS } from '../commands/sandbox.ts';
import type { Scope } from '../core/settings/definition.ts';
import { flagOf } from '../core/settings/flags.ts';
import { SETTING_NAMES, settingDefinition } from '../core/settings/schema.ts';
import { didYouMean, suggestion } from '../core/text/suggest.ts';
import { quoted } from '../core/text/text.ts';

/** The commands whose flags are in the table of settings. */
export const SCOPES: readonly Scope[] = [
  'plan',
  'apply',
  'resume',
  'retry',
  'undo',
  'verify',
  'run',
  'results',
  'runs',
];
const COMMANDS = [...SCOPES, 'sandbox', 'completion'];

/** How a flag is written. */
type Flag = { boolean: boolean; repeatable: boolean };

const BUILT_IN: [string, Flag][] = [
  ['help', { boolean: true, repeatable: true }],
  ['version', { boolean: true, repeatable: true }],
];

/** The flags that a command knows; those of every command where there is none. */
function flagsOf(command: string | undefined): Map<string, Flag> {
  const settings = SETTING_NAMES.filter(
    (name) => command === undefined || settingDefinition(name).scopes.includes(command as Scope),
  ).map((name): [string, Flag] => {
    const { kind, repeatable = false } = settingDefinition(name);
    return [flagOf(name), { boolean: kind === 'boolean', repeatable }];
  });
  const sandbox = SANDBOX_FLAGS.filter(() => command === undefined || command === 'sandbox').map(
    (flag): [string, Flag] => [flag.name, { boolean: 'boolean' in flag, repeatable: 'repeatable' in flag }],
  );
  return new Map([...BUILT_IN, ...sandbox, ...settings]);
}

function unknownFlag(flag: string, known: Map<string, Flag>): string {
  if (/key|token|secret/i.test(flag)) {
    return `unknown flag --${quoted(flag).slice(1, -1)}; the API key is never a flag: set TELNYX_API_KEY, or TELNYX_API_KEY_FILE to a file`;
  }
  const meant = didYouMean(flag, [...known.keys()]);
  return `unknown flag --${quoted(flag).slice(1, -1)}${suggestion(meant && `--${meant}`)}`;
}

/** Arguments as the parser is to see them: every flag known and well-formed, every value behind its `=`. */
export type CheckedArguments = { command: string | undefined; words: string[]; flags: string[] };

type Given = { name: string; value: string | null };

/** Splits arguments into words and flags. A flag that takes a value takes the next argument where it has no `=`. */
function split(args: readonly string[]): { words: string[]; given: Given[] } {
  const every = flagsOf(undefined);
  const words: string[] = [];
  const given: Given[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === '--') {
      words.push(...args.slice(at + 1));
      break;
    }
    if (arg === '-' || !arg.startsWith('-')) {
      words.push(arg);
      continue;
    }
    const [, name = '', value] = /^-{1,2}([^=]*)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    const next = args[at + 1];
    const takesNext = value === undefined && every.get(name)?.boolean === false && next !== undefined;
    if (takesNext && !next.startsWith('--')) {
      given.push({ name, value: next });
      at += 1;
    } else {
      given.push({ name: arg.startsWith('--') ? name : arg, value: value ?? null });
    }
  }
  return { words, given };
}

function writtenOut({ name, value }: Given, { boolean }: Flag): string | { fault: string } {
  if (!boolean) return value === null ? { fault: `--${name} needs a value` } : `--${name}=${value}`;
  if (value === null || /^(true|1)$/i.test(value)) return `--${name}`;
  // A switch with another value must not come out as a quiet no: --dry-run=1 would send for real.
  return /^(false|0)$/i.test(value)
    ? `--${name}=false`
    : { fault: `--${name} must be true or false, not ${quoted(value)}` };
}

/**
 * Checks arguments before they are parsed, since the parser lets much pass: unknown and doubled flags, missing values,
 * switches with a value. Throws UsageError with all faults, and never quotes what stands behind an unknown flag.
 */
export function checkArguments(args: readonly string[]): CheckedArguments {
  const { words, given } = split(args);
  const asksConfig = given.some(({ name }) => name === 'print-config');
  const command = COMMANDS.includes(words[0] ?? '') ? words[0] : undefined;
  const known = flagsOf(command);
  const faults: string[] = [];
  const flags: string[] = [];
  const seen = new Set<string>();
  for (const flag of given) {
    const shape = known.get(flag.name);
    if (shape === undefined) {
      faults.push(flag.name.startsWith('-') ? `unknown flag ${flag.name}` : unknownFlag(flag.name, known));
      continue;
    }
    if (seen.has(flag.name) && !shape.repeatable) faults.push(`--${flag.name} is given more than once`);
    seen.add(flag.name);
    const written = writtenOut(flag, shape);
    if (typeof written === 'string') flags.push(written);
    else faults.push(written.fault);
  }
  // What follows an unknown flag may be its value, and a secret: it is not taken for a command.
  if (faults.length === 0 && command === undefined && words[0] !== undefined && !asksConfig) {
    faults.push(`unknown command ${quoted(words[0]).slice(1, -1)}${suggestion(didYouMean(words[0], COMMANDS))}`);
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return { command, words: command === undefined ? words : words.slice(1), flags };
}
