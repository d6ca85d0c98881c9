import { DAY_MS, MINUTE_MS } from '../../text/duration.ts';
import { CALLING, MAKING, type Rows, SENDING, SERVING, SHOWING, settingsOf, WATCHING } from './definition.ts';

/** Where requests go. */
export const ACCOUNT_SETTINGS = settingsOf('Account', CALLING, {
  base_url: {
    kind: 'url',
    default: 'https://api.telnyx.com/v2',
    value: 'URL',
    text: 'the URL of the API; https, or plain http for a loopback address',
  },
  sandbox: {
    kind: 'boolean',
    text: 'run against a simulated API inside the process, filled with the numbers of the input: no account, no key, no network',
    scopes: MAKING,
    belongsTo: 'plan',
    writesNothing: true,
  },
} as const satisfies Rows);

/** How a command runs. */
export const RUNNING_SETTINGS = settingsOf('Running', SENDING, {
  yes: {
    kind: 'boolean',
    text: 'do not ask before writing; accepted where nothing is asked too',
    scopes: ['apply', 'run', 'retry', 'undo', 'resume', 'verify'],
    belongsTo: 'call',
    consent: true,
  },
  dry_run: {
    kind: 'boolean',
    text: 'do exactly what plan does: check, show and save, send nothing',
    scopes: ['apply', 'run', 'retry', 'undo'],
    belongsTo: 'call',
    writesNothing: true,
  },
  if_unfinished: {
    kind: 'choice',
    choices: ['refuse', 'resume', 'new'],
    default: 'refuse',
    value: 'refuse|resume|new',
    text: 'if a run of the same input is unfinished: exit 8, resume that run, or start a new one in its place',
    scopes: ['apply', 'run'],
    belongsTo: 'call',
    consent: true,
  },
  only: {
    kind: 'list',
    choices: ['failed', 'retryable', 'permanent', 'unverified', 'unprocessed', 'held'],
    numbered: 'cause',
    default: 'failed,unverified,unprocessed',
    value: 'LIST',
    text: 'the rows to take, separated by commas: failed (retryable and permanent), retryable, permanent, unverified, unprocessed, held, or cause:NN, the rows of a file in causes/',
    scopes: ['retry'],
    belongsTo: 'call',
  },
  watch: {
    kind: 'duration',
    min: 1,
    max: 7 * DAY_MS,
    text: 'check again and again for this long, and report changes; the last check decides the exit code',
    scopes: ['verify'],
    belongsTo: 'call',
  },
  every: {
    kind: 'duration',
    default: '1m',
    min: 1,
    max: DAY_MS,
    text: 'how long to wait between two checks, with --watch',
    scopes: ['verify'],
    belongsTo: 'call',
  },
  before: {
    kind: 'text',
    value: 'FILE',
    text: 'an export from before the move: also compare the success ratio of each number with it; a number that fell is a warning',
    scopes: ['verify'],
    belongsTo: 'call',
    path: 'absolute',
  },
  max_drop: {
    kind: 'percent',
    default: '10%',
    text: 'with --before: how many percent of its success ratio a number may lose',
    scopes: ['verify'],
    belongsTo: 'call',
  },
  follow: {
    kind: 'boolean',
    text: 'show it again every second until the run has ended; a line every 10 s where it is not a terminal',
    scopes: ['status'],
    belongsTo: 'call',
  },
  detailed_exitcode: {
    kind: 'boolean',
    text: 'exit 20 instead of 0 if there are changes',
    scopes: ['plan', 'apply', 'run'],
    belongsTo: 'call',
  },
  wait_for_lock: {
    kind: 'duration',
    default: '0s',
    max: 7 * DAY_MS,
    text: 'how long to wait while another run holds the lock, instead of exit 9 at once',
    belongsTo: 'call',
  },
  no_lock: {
    kind: 'boolean',
    text: 'take no lock: two runs may then send at the same time',
    belongsTo: 'call',
    consent: true,
    scopes: [...SENDING, ...SERVING],
  },
  state_dir: {
    kind: 'text',
    value: 'DIR',
    text: "the directory of account locks; if not given, $STATE_DIRECTORY, else the user's state directory",
    belongsTo: 'call',
    path: 'absolute',
    scopes: [...SENDING, ...SERVING],
  },
} as const satisfies Rows);

/** Many hosts: the queue, and what a worker takes from it. */
export const QUEUE_SETTINGS = settingsOf('Many hosts', SERVING, {
  queue: {
    kind: 'queue',
    text: 'Redis or Valkey, as redis://HOST:PORT or rediss://HOST:PORT, through which workers get the runs; a password belongs into the variable TELNYX_REASSIGN_QUEUE',
    belongsTo: 'call',
    scopes: [...SENDING, ...SERVING, ...SHOWING, ...WATCHING],
  },
  detach: {
    kind: 'boolean',
    text: 'with --queue: return once the run is handed over to the workers; resume follows it',
    scopes: SENDING,
    belongsTo: 'call',
  },
  leave_queue: {
    kind: 'boolean',
    text: 'give up what was handed over to a queue that will never come back; its rows are read before they are sent',
    scopes: ['resume'],
    belongsTo: 'call',
    consent: true,
  },
  keys_dir: {
    kind: 'text',
    value: 'DIR',
    text: 'also carry out runs for each API key in this directory, one file a key; new files are found while it works',
    belongsTo: 'call',
    path: 'absolute',
  },
  accounts: {
    kind: 'integer',
    default: '50',
    min: 1,
    max: 1000,
    text: 'accounts at work at once; others wait for their turn',
    belongsTo: 'call',
  },
  lease: {
    kind: 'duration',
    default: '25s',
    min: 2000,
    max: 10 * MINUTE_MS,
    text: 'how long another worker waits before it takes over from one that has died; at least 2.5 times --timeout is used',
    belongsTo: 'call',
  },
  port: {
    kind: 'integer',
    default: '4011',
    min: 1,
    max: 65_535,
    text: 'the port of the page on 127.0.0.1',
    scopes: ['board'],
    belongsTo: 'call',
    // Kubernetes sets TELNYX_REASSIGN_PORT.
    flagOnly: true,
  },
} as const satisfies Rows);
