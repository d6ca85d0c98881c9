import type { Field } from '../../input/header.ts';

/** The commands whose flags are settings. */
export type Scope =
  | 'plan'
  | 'apply'
  | 'run'
  | 'resume'
  | 'retry'
  | 'undo'
  | 'verify'
  | 'export'
  | 'results'
  | 'ctl'
  | 'report'
  | 'status'
  | 'runs'
  | 'worker'
  | 'queue'
  | 'board';

/** A command that starts from the settings of an earlier run; `plan` stands for planning the same input again. */
export type FollowUp = 'plan' | 'retry' | 'undo';

/** A number of rows, or a percentage of them. */
export type Limit = { value: number; percent: boolean };

/** The value of each kind of setting. Durations are ms, a rate is requests a second. */
export type KindValues = {
  boolean: boolean;
  text: string;
  integer: number;
  duration: number;
  rate: number | 'auto' | 'off';
  url: string;
  queue: string;
  webhook: string;
  delimiter: string;
  map: Partial<Record<Field, string>>;
  limit: Limit;
  waves: Limit[];
  finish: string;
  digest: string;
  percent: number;
  profile: string;
  product: string;
  phones: string[];
};

/** All there is to know about one setting. Flags, environment, job files, help and documents are made from it. */
export type SettingDefinition = {
  /** How the text is read, see parse.ts. */
  kind: keyof KindValues | 'choice' | 'list';
  /** As text; null if there is none. */
  default: string | null;
  /** Its heading in the help. */
  group: string;
  /** The placeholder of the value in the help. */
  value?: string;
  /** The help text. */
  text: string;
  /** 0 if absent. */
  min?: number;
  max?: number;
  /** The words of a `choice` or a `list`. */
  choices?: readonly string[];
  /** The word of a `list` that a number follows: `cause` for `cause:03`. */
  numbered?: string;
  /** The flag may be given several times. */
  repeatable?: true;
  /** The commands that accept it. */
  scopes: readonly Scope[];
  /**
   * `plan`: it shapes the plan, so it is an error together with a run directory. `call`: run.json does not keep it,
   * and it is not taken from there either.
   * Otherwise it belongs to the run: run.json keeps it, and a later command may change it.
   */
  belongsTo?: 'plan' | 'call';
  /** Commands that do not take it over from the earlier run. */
  droppedBy?: readonly FollowUp[];
  /** Allows something risky: accepted as a flag or in a job file, but not from an old environment variable. */
  consent?: true;
  /** Accepted as a flag only: other programs set a variable of that name. */
  flagOnly?: true;
  /**
   * Known to few, such as a URL that anyone who has it may use. Never a flag, because every user can read the list of
   * processes: it is accepted in its variable, in a file that `NAME_FILE` names, or in a job file. No output shows it.
   */
  secret?: true;
  /** A path. `absolute`: it is made absolute, so that run.json means the same place from any directory. */
  path?: 'as given' | 'absolute';
  /** A run with it writes nothing to the account. */
  writesNothing?: true;
};

/** The settings of a group. What the group or the kind implies may be left out. */
export type Rows = Record<
  string,
  Omit<SettingDefinition, 'group' | 'default' | 'scopes'> & { default?: string; scopes?: readonly Scope[] }
>;

const IMPLIED: { [kind in SettingDefinition['kind']]?: Partial<SettingDefinition> } = {
  boolean: { default: 'false' },
  integer: { value: 'N' },
  queue: { value: 'URL' },
  webhook: { value: 'URL' },
  duration: { value: 'DURATION' },
  limit: { value: 'N|N%' },
  digest: { value: 'SHA256' },
  percent: { value: 'PERCENT' },
};

/** Completes the rows of a group. `scopes` are those of rows that name none. */
export function settingsOf<R extends Rows>(
  group: string,
  scopes: readonly Scope[],
  rows: R,
): { [Name in keyof R]: R[Name] & Pick<SettingDefinition, 'default' | 'scopes' | 'group'> } {
  const complete = Object.entries(rows).map(([name, row]) => {
    return [name, { default: null, scopes, ...IMPLIED[row.kind], ...row, group }];
  });
  return Object.fromEntries(complete);
}

/** Commands that make a plan from an input. */
export const MAKING: readonly Scope[] = ['plan', 'apply', 'run'];
/** Commands that make a plan, from an input or from the rows of a run. */
export const PLANNING: readonly Scope[] = [...MAKING, 'retry', 'undo'];
/** Commands that read an input. */
export const READING: readonly Scope[] = [...MAKING, 'verify'];
/** Commands that may write to the account. */
export const SENDING: readonly Scope[] = ['apply', 'run', 'resume', 'retry', 'undo'];
/** Commands that send, or estimate how long sending takes. */
export const PACED: readonly Scope[] = [...PLANNING, 'resume'];
/** Commands that send requests. */
export const ASKING: readonly Scope[] = [...PACED, 'verify'];
/** Commands that send requests, also without a run. */
export const CALLING: readonly Scope[] = [...ASKING, 'export'];
/** Commands that write the account down as a table. */
export const EXPORTING: readonly Scope[] = ['export'];
/** Commands that read a CSV of numbers. */
export const WITH_COLUMNS: readonly Scope[] = [...READING, 'export'];
/** Commands that make run directories, or list them. */
export const IN_RUNS_DIR: readonly Scope[] = [...ASKING, 'runs'];
export const EVERY: readonly Scope[] = [...IN_RUNS_DIR, 'results', 'report', 'export'];
/** Commands about a run at work. */
export const STEERING: readonly Scope[] = ['ctl'];
/** Commands that look at a run at work. */
export const WATCHING: readonly Scope[] = [...STEERING, 'status'];
/** Commands that run on a host until they are stopped. */
export const SERVING: readonly Scope[] = ['worker'];
/** Commands that show a queue. */
export const SHOWING: readonly Scope[] = ['queue', 'board'];
