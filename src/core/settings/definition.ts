/** The commands whose flags are settings. */
export type Scope = 'plan' | 'apply' | 'run' | 'resume' | 'retry' | 'undo' | 'verify' | 'results' | 'runs';

/** A command that starts from the settings of an earlier run; `plan` stands for planning the same input again. */
export type FollowUp = 'plan' | 'retry' | 'undo';

/** All there is to know about one setting. Flags, environment, job files, help and documents are made from it. */
export type SettingDefinition = {
  /** How the text is read, see parse.ts. */
  kind:
    | 'boolean'
    | 'text'
    | 'integer'
    | 'duration'
    | 'rate'
    | 'url'
    | 'delimiter'
    | 'map'
    | 'limit'
    | 'choice'
    | 'list'
    | 'finish';
  /** As text; null if there is none. */
  default: string | null;
  group: 'Input' | 'Pace and retry' | 'Guards' | 'Account' | 'Running' | 'Output';
  /** The placeholder of the value in the help. */
  value?: string;
  /** The help text. */
  text: string;
  min?: number;
  max?: number;
  /** The words of a `choice` or a `list`. */
  choices?: readonly string[];
  /** The flag may be given several times. */
  repeatable?: true;
  /** The commands that accept it. */
  scopes: readonly Scope[];
  /**
   * `plan`: it shapes the plan, so it is an error together with a run directory. `call`: run.json does not keep it.
   * Otherwise it belongs to the run: run.json keeps it, and a later command may change it.
   */
  belongsTo?: 'plan' | 'call';
  /** Commands that do not take it over from the earlier run. */
  droppedBy?: readonly FollowUp[];
  /** Allows something risky: accepted as a flag or in a job file, but not from an old environment variable. */
  consent?: true;
  /** A path. `absolute`: it is made absolute, so that run.json means the same place from any directory. */
  path?: 'as given' | 'absolute';
  /** A run with it writes nothing to the account. */
  writesNothing?: true;
};

/** Commands that make a plan from an input. */
export const MAKING: readonly Scope[] = ['plan', 'apply', 'run'];
/** Commands that read an input. */
export const READING: readonly Scope[] = [...MAKING, 'verify'];
/** Commands that may write to the account. */
export const SENDING: readonly Scope[] = ['apply', 'run', 'resume', 'retry', 'undo'];
/** Commands that send, or estimate how long sending takes. */
export const PACED: readonly Scope[] = ['plan', ...SENDING];
/** Commands that send requests. */
export const ASKING: readonly Scope[] = [...PACED, 'verify'];
export const EVERY: readonly Scope[] = [...ASKING, 'results', 'runs'];
