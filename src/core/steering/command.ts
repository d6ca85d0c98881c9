import { isLoopback, parseSetting } from '../settings/parse.ts';
import { limitText } from '../settings/raw.ts';
import type { RawSettings, SettingName, Settings } from '../settings/schema.ts';
import type { Limit } from '../settings/table/definition.ts';
import { quoted } from '../text/text.ts';

/** What an operator asks a run at work for. */
export type SteerCommand =
  | { command: 'pause' | 'resume' | 'drain' }
  | { command: 'rate'; rate: Settings['rate'] }
  | { command: 'concurrency'; concurrency: number }
  | { command: 'max-failures'; maxFailures: Limit }
  | { command: 'hold' | 'release'; profile: string };

/** What follows each command. '' if nothing does. */
export const STEER_COMMANDS = {
  pause: '',
  resume: '',
  rate: 'N|auto',
  concurrency: 'N',
  hold: 'PROFILE',
  release: 'PROFILE',
  'max-failures': 'N|N%',
  drain: '',
} as const;

/** The same for people, with what each command does. */
export const STEER_HELP = `  pause               send nothing until resume; what is in flight is finished
  resume              send again
  rate N|auto         at most N requests a second from now on
  concurrency N       at most N requests in flight
  hold PROFILE        send no rows to a profile, by id or name
  release PROFILE     send them again
  max-failures N|N%   stop after more permanent failures than that
  drain               finish what is in flight, and end; resume goes on`;

type Name = keyof typeof STEER_COMMANDS;

const MAX_PROFILE_CHARACTERS = 500;

const isName = (word: string): word is Name => Object.hasOwn(STEER_COMMANDS, word);

/** The value of a setting as a command line would read it. `error` is a sentence. */
function readValue<T>(setting: SettingName, name: Name, text: string): { value: T } | { error: string } {
  const parsed = parseSetting(setting, text);
  return 'error' in parsed ? { error: `${name} ${parsed.error}` } : { value: parsed.value as T };
}

/** Reads the words of a command. Returns an error for what is none. */
export function parseSteering(words: readonly string[]): SteerCommand | { error: string } {
  const [name = '', value = '', ...rest] = words;
  if (name === '') return { error: 'name a command' };
  if (!isName(name)) return { error: `unknown command ${quoted(name)}` };
  const expected = STEER_COMMANDS[name];
  if (expected === '' && words.length > 1) return { error: `${name} takes no value` };
  if (expected !== '' && (value === '' || rest.length > 0)) return { error: `${name} needs one value: ${expected}` };
  switch (name) {
    case 'rate': {
      const read = readValue<Settings['rate']>('rate', name, value);
      return 'error' in read ? read : { command: name, rate: read.value };
    }
    case 'concurrency': {
      const read = readValue<number>('concurrency', name, value);
      return 'error' in read ? read : { command: name, concurrency: read.value };
    }
    case 'max-failures': {
      const read = readValue<Limit>('max_failures', name, value);
      return 'error' in read ? read : { command: name, maxFailures: read.value };
    }
    case 'hold':
    case 'release':
      if (value.length > MAX_PROFILE_CHARACTERS) return { error: `${quoted(value)} is no profile` };
      return { command: name, profile: value };
    default:
      return { command: name };
  }
}

/** Why a command cannot hold for a run; null if it can. A rate must be limited, unless the API is on this machine. */
export function refusalOf(command: SteerCommand, { base_url: url, sandbox }: Pick<Settings, 'base_url' | 'sandbox'>) {
  if (command.command !== 'rate' || command.rate !== 'off' || sandbox || isLoopback(url)) return null;
  return `rate off is for a loopback address only, and the base URL is ${quoted(url)}`;
}

/** The settings that a command changes, as run.json keeps them; null if it changes none. */
export function settingsOf(command: SteerCommand): RawSettings | null {
  switch (command.command) {
    case 'rate':
      return { rate: String(command.rate) };
    case 'concurrency':
      return { concurrency: String(command.concurrency) };
    case 'max-failures':
      return { max_failures: limitText(command.maxFailures) };
    default:
      return null;
  }
}

/** The words of a command, as the ledger and other processes get them. */
export function steeringWords(command: SteerCommand): string[] {
  switch (command.command) {
    case 'rate':
      return ['rate', String(command.rate)];
    case 'concurrency':
      return ['concurrency', String(command.concurrency)];
    case 'max-failures':
      return ['max-failures', limitText(command.maxFailures)];
    case 'hold':
    case 'release':
      return [command.command, command.profile];
    default:
      return [command.command];
  }
}
