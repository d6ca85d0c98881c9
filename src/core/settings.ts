import { FIELDS } from './header.ts';

/** The public API, and the only address other than a loopback that a run directory may name without being asked. */
export const PUBLIC_BASE_URL = 'https://api.telnyx.com/v2';

/** The commands whose flags are in the table. `directory` is `apply RUN_DIR`, whose input flags are settled. */
export type Scope = 'plan' | 'apply' | 'run' | 'results' | 'runs';

/** One setting, without the narrow types of the table. */
export type Shape = {
  kind: 'boolean' | 'text' | 'integer' | 'duration' | 'rate' | 'url' | 'delimiter' | 'map' | 'level';
  /** As it would be typed; null where there is none. */
  default: string | null;
  group: 'Input' | 'Pace and retry' | 'Account' | 'Running' | 'Output';
  /** The placeholder of the value in the help. */
  value?: string;
  min?: number;
  max?: number;
  text: string;
  /** Consent is given in the moment or in a job file, never by a variable that somebody else may have set. */
  consent?: true;
  /** Belongs to the plan: an error together with a run directory. */
  input?: true;
  scopes: readonly Scope[];
};

const MAKING: readonly Scope[] = ['plan', 'apply', 'run'];
const EVERY: readonly Scope[] = ['plan', 'apply', 'run', 'results', 'runs'];

/** The one table of settings: command line, environment, job file, help, README and types come from it. */
export const SETTINGS = {
  map: {
    kind: 'map',
    default: null,
    group: 'Input',
    value: 'FIELD=COLUMN',
    text: `the column that holds a field (repeatable); fields: ${FIELDS.join(', ')}`,
    input: true,
    scopes: MAKING,
  },
  delimiter: {
    kind: 'delimiter',
    default: null,
    group: 'Input',
    value: 'CHAR',
    text: 'one of , ; | tab; found from the header line when not given',
    input: true,
    scopes: MAKING,
  },
  allow_unassign: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'accept UNASSIGN in the profile column, which takes a number off its profile',
    consent: true,
    input: true,
    scopes: MAKING,
  },
  allow_rounded_ids: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'accept ids that end in zeros from the 16th digit on',
    consent: true,
    input: true,
    scopes: MAKING,
  },
  skip_rejected: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'go ahead with the good rows although some are rejected',
    consent: true,
    scopes: MAKING,
  },
  min_rows: {
    kind: 'integer',
    default: '0',
    min: 0,
    group: 'Input',
    value: 'N',
    text: 'refuse an input of fewer data rows (exit 8)',
    scopes: MAKING,
  },
  missing_input_ok: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'exit 0 when the input file is not there (for cron)',
    scopes: MAKING,
  },
  rate: {
    kind: 'rate',
    default: '5',
    min: 0.001,
    max: 10_000,
    group: 'Pace and retry',
    value: 'N|off',
    text: 'at most N requests in any second, retries included; fractions allowed; off only towards a loopback address',
    scopes: MAKING,
  },
  concurrency: {
    kind: 'integer',
    default: null,
    min: 1,
    max: 1000,
    group: 'Pace and retry',
    value: 'N',
    text: 'requests in flight at most; when not given 2 x rate, at least 10, at most 200',
    scopes: MAKING,
  },
  max_attempts: {
    kind: 'integer',
    default: '5',
    min: 1,
    max: 100,
    group: 'Pace and retry',
    value: 'N',
    text: 'tries a row, the first included; a 429 uses none up',
    scopes: MAKING,
  },
  timeout: {
    kind: 'duration',
    default: '10s',
    min: 1,
    max: 3_600_000,
    group: 'Pace and retry',
    value: 'DURATION',
    text: 'one attempt, from connecting to the last byte',
    scopes: MAKING,
  },
  retry_base: {
    kind: 'duration',
    default: '1s',
    min: 1,
    max: 3_600_000,
    group: 'Pace and retry',
    value: 'DURATION',
    text: 'the longest wait after a first failure; it doubles with each, and the wait is drawn from 0 to it',
    scopes: MAKING,
  },
  retry_max: {
    kind: 'duration',
    default: '60s',
    min: 1,
    max: 86_400_000,
    group: 'Pace and retry',
    value: 'DURATION',
    text: 'the longest wait of our own between two tries of a row',
    scopes: MAKING,
  },
  max_server_wait: {
    kind: 'duration',
    default: '15m',
    min: 0,
    max: 604_800_000,
    group: 'Pace and retry',
    value: 'DURATION',
    text: 'the longest wait that a server may ask for, and the longest time of nothing but 429; beyond it the run stops (exit 6)',
    scopes: MAKING,
  },
  base_url: {
    kind: 'url',
    default: PUBLIC_BASE_URL,
    group: 'Account',
    value: 'URL',
    text: 'the API; https only, plain http for a loopback address',
    scopes: MAKING,
  },
  sandbox: {
    kind: 'boolean',
    default: 'false',
    group: 'Account',
    text: 'run against a stand-in inside the process, filled with the numbers of the input: no account, no key, no network',
    scopes: MAKING,
  },
  yes: {
    kind: 'boolean',
    default: 'false',
    group: 'Running',
    text: 'do not ask before writing',
    consent: true,
    scopes: ['apply', 'run'],
  },
  dry_run: {
    kind: 'boolean',
    default: 'false',
    group: 'Running',
    text: 'behave exactly as plan: check, show and save, send nothing',
    scopes: ['apply', 'run'],
  },
  runs_dir: {
    kind: 'text',
    default: 'runs',
    group: 'Output',
    value: 'DIR',
    text: 'where run directories are made; for run, beside the job file',
    scopes: EVERY.filter((scope) => scope !== 'results'),
  },
  name: {
    kind: 'text',
    default: null,
    group: 'Output',
    value: 'NAME',
    text: "the run's name; when not given, that of the input file",
    scopes: MAKING,
  },
  results: {
    kind: 'text',
    default: null,
    group: 'Output',
    value: 'FILE',
    text: 'write the results there as well',
    scopes: ['plan', 'apply', 'run', 'results'],
  },
  log_file: {
    kind: 'text',
    default: null,
    group: 'Output',
    value: 'FILE|-',
    text: 'move the log there; - is standard error',
    scopes: MAKING,
  },
  log_level: {
    kind: 'level',
    default: 'info',
    group: 'Output',
    value: 'LEVEL',
    text: 'trace, debug, info, warn, error or fatal',
    scopes: MAKING,
  },
  json: {
    kind: 'boolean',
    default: 'false',
    group: 'Output',
    text: 'one JSON object on standard output, and nothing else there',
    scopes: EVERY,
  },
  quiet: {
    kind: 'boolean',
    default: 'false',
    group: 'Output',
    text: 'print nothing when all is well, else the summary on standard error',
    scopes: EVERY,
  },
  print_config: {
    kind: 'boolean',
    default: 'false',
    group: 'Output',
    text: 'show every setting and where it comes from, then exit',
    scopes: MAKING,
  },
} as const satisfies Record<string, Shape>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

type Kinds = {
  boolean: boolean;
  text: string;
  integer: number;
  duration: number;
  rate: number | 'off';
  url: string;
  delimiter: string;
  map: Partial<Record<(typeof FIELDS)[number], string>>;
  level: string;
};

/** The values in force: durations in ms, the rate in requests a second or `off`. */
export type Settings = {
  -readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends { kind: 'map'; default: null }
    ? Kinds['map']
    : Kinds[(typeof SETTINGS)[Name]['kind']] | ((typeof SETTINGS)[Name]['default'] extends null ? null : never);
};

/** The shape of one setting, without the narrow types of the table. */
export function settingShape(name: SettingName): Shape {
  return SETTINGS[name];
}

/** `max_attempts` as it is typed on the command line: `max-attempts`. */
export function flagOf(name: SettingName): string {
  return name.replaceAll('_', '-');
}

/** `max_attempts` as an environment variable: `TELNYX_REASSIGN_MAX_ATTEMPTS`. */
export function variableOf(name: SettingName): string {
  return `TELNYX_REASSIGN_${name.toUpperCase()}`;
}
