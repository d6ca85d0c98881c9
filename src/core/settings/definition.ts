/**
 * The commands whose flags are in the table. On a run directory (`apply RUN_DIR`, `resume`, `retry`) the input settings
 * are settled.
 */
export type Scope = 'plan' | 'apply' | 'run' | 'resume' | 'retry' | 'undo' | 'verify' | 'results' | 'runs';

/** One setting, without the narrow types of the table. */
export type SettingDefinition = {
  kind:
    | 'boolean'
    | 'text'
    | 'integer'
    | 'duration'
    | 'rate'
    | 'url'
    | 'delimiter'
    | 'map'
    | 'level'
    | 'limit'
    | 'unfinished'
    | 'kinds'
    | 'finish';
  /** As it would be typed; null where there is none. */
  default: string | null;
  group: 'Input' | 'Pace and retry' | 'Guards' | 'Account' | 'Running' | 'Output';
  /** The placeholder of the value in the help. */
  value?: string;
  min?: number;
  max?: number;
  text: string;
  /** Consent is given in the moment or in a job file, never by a variable that somebody else may have set. */
  consent?: true;
  /** Belongs to the plan: an error together with a run directory. */
  input?: true;
  /** Speaks of one call, not of the run: run.json does not keep it. */
  once?: true;
  scopes: readonly Scope[];
};

/** Commands that make a plan from an input. */
export const MAKING: readonly Scope[] = ['plan', 'apply', 'run'];
/** Commands that read an input: those, and the one that only compares. */
export const READING: readonly Scope[] = [...MAKING, 'verify'];
/** Commands that may write to the account. */
export const SENDING: readonly Scope[] = ['apply', 'run', 'resume', 'retry', 'undo'];
/** Commands that speak of pace: those that send, and those that say how long sending would take. */
export const PACED: readonly Scope[] = ['plan', ...SENDING];
/** Commands that ask the API anything. */
export const ASKING: readonly Scope[] = [...PACED, 'verify'];
export const EVERY: readonly Scope[] = [...ASKING, 'results', 'runs'];
