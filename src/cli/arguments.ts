import { UsageError } from '../app/errors.ts';
import { VARIABLE_PREFIX } from '../core/settings/flags.ts';
import { didYouMean, suggestion } from '../core/text/suggest.ts';
import { count, printable, quoted } from '../core/text/text.ts';
import { flagsOf } from './command-flags.ts';
import { COMMAND_NAMES } from './registry.ts';

/** How a flag is written. */
type Syntax = { isBoolean: boolean; isRepeatable: boolean; isSecret: boolean };

/** The flags that a command knows; without a command, those of every command. */
function syntaxOf(command: string | undefined): Map<string, Syntax> {
  const flags = (command === undefined ? COMMAND_NAMES : [command]).flatMap(flagsOf);
  const builtIn = ['help', 'version'].map((name) => ({ name, isBoolean: true, isRepeatable: true, isSecret: false }));
  return new Map([...builtIn, ...flags].map((flag) => [flag.name, flag]));
}

const MAX_SHOWN_CHARACTERS = 60;
/** No command line that is meant has as many. Checking and parsing takes time for each. */
const MAX_FLAGS = 1000;

/** How to write a file name that begins with -. */
const asFile = (arg: string) =>
  /[./]/.test(arg) ? `; if it is a file, write ./${printable(arg, MAX_SHOWN_CHARACTERS)}` : '';

function unknownFlag(flag: string, known: Map<string, Syntax>): string {
  if (/key|token|secret/i.test(flag)) {
    return `unknown flag --${quoted(flag).slice(1, -1)}; the API key is never a flag: set TELNYX_API_KEY, or TELNYX_API_KEY_FILE to a file`;
  }
  const meant = didYouMean(flag, [...known.keys()]);
  return `unknown flag --${quoted(flag).slice(1, -1)}${suggestion(meant && `--${meant}`)}`;
}

function secretFlag(name: string): string {
  const variable = `${VARIABLE_PREFIX}${name.toUpperCase().replaceAll('-', '_')}`;
  return `--${name} is never a flag, because every user can read it in the list of processes: set ${variable}, or ${variable}_FILE to a file, or write \`${name}: URL\` into a job file`;
}

type Given = { name: string; value: string | null };

/** Splits arguments into words and flags. A flag with a value and without `=` takes the next argument. */
function split(args: readonly string[]) {
  const known = syntaxOf(undefined);
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
    const takesNext = value === undefined && known.get(name)?.isBoolean === false && next !== undefined;
    if (takesNext && !next.startsWith('--')) {
      given.push({ name, value: next });
      at += 1;
    } else {
      given.push({ name: arg.startsWith('--') ? name : arg, value: value ?? null });
    }
  }
  return { words, given };
}

/** A flag as the parser understands it, or why it is wrong. */
function normalize({ name, value }: Given, { isBoolean }: Syntax): string | { error: string } {
  if (!isBoolean) return value === null ? { error: `--${name} needs a value` } : `--${name}=${value}`;
  if (value === null || /^(true|1)$/i.test(value)) return `--${name}`;
  // Any other value must not silently mean no: --dry-run=yes would send for real.
  return /^(false|0)$/i.test(value)
    ? `--${name}=false`
    : { error: `--${name} must be true or false, not ${quoted(value)}` };
}

/**
 * Checks arguments before they are parsed, because the parser accepts unknown and doubled flags, missing values, and
 * booleans with any value. In what it returns every value follows its `=`. Throws UsageError with all errors, and never
 * quotes what follows an unknown flag.
 */
export function checkArguments(args: readonly string[]) {
  const { words, given } = split(args);
  if (given.length > MAX_FLAGS) throw new UsageError(`${count(given.length, 'flag')}; expected at most 1,000`);
  const printsConfig = given.some(({ name }) => name === 'print-config');
  const command = COMMAND_NAMES.includes(words[0] ?? '') ? words[0] : undefined;
  const known = syntaxOf(command);
  const errors: string[] = [];
  const flags: string[] = [];
  const seen = new Set<string>();
  for (const flag of given) {
    const syntax = known.get(flag.name);
    if (syntax === undefined) {
      const isShort = flag.name.startsWith('-');
      const shown = printable(flag.name, MAX_SHOWN_CHARACTERS);
      errors.push(isShort ? `unknown flag ${shown}${asFile(flag.name)}` : unknownFlag(flag.name, known));
      continue;
    }
    if (syntax.isSecret) {
      errors.push(secretFlag(flag.name));
      continue;
    }
    if (seen.has(flag.name) && !syntax.isRepeatable) errors.push(`--${flag.name} is given more than once`);
    seen.add(flag.name);
    const normalized = normalize(flag, syntax);
    if (typeof normalized === 'string') flags.push(normalized);
    else errors.push(normalized.error);
  }
  // A word after an unknown flag may be its value, and a secret, so it is not reported as a command.
  if (errors.length === 0 && command === undefined && words[0] !== undefined && !printsConfig) {
    errors.push(`unknown command ${quoted(words[0]).slice(1, -1)}${suggestion(didYouMean(words[0], COMMAND_NAMES))}`);
  }
  if (errors.length > 0) throw UsageError.of(errors);
  return { command, words: command === undefined ? words : words.slice(1), flags };
}
