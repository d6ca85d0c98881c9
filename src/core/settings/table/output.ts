import { ASKING, EVERY, IN_RUNS_DIR, PACED, READING, type Rows, SERVING, STEERING, settingsOf } from './definition.ts';

/** What a command prints and leaves behind. */
export const OUTPUT_SETTINGS = settingsOf('Output', ASKING, {
  runs_dir: {
    kind: 'text',
    default: 'runs',
    value: 'DIR',
    text: 'where run directories are made; with run, next to the job file',
    scopes: IN_RUNS_DIR,
    path: 'as given',
  },
  name: {
    kind: 'text',
    value: 'NAME',
    text: "the run's name; if not given, that of the input file",
    scopes: [...READING, 'retry', 'undo'],
    belongsTo: 'call',
  },
  keep_runs: {
    kind: 'integer',
    min: 1,
    text: 'afterwards remove the oldest runs of the same name beyond N, but none that is active or unfinished, or has failed or unverified rows',
    belongsTo: 'call',
  },
  results: {
    kind: 'text',
    value: 'FILE|-',
    text: 'also write the results to this file; - is standard output, and the summary then goes to standard error',
    scopes: [...PACED, 'results'],
    belongsTo: 'call',
    path: 'absolute',
  },
  out: {
    kind: 'text',
    value: 'FILE|-',
    text: 'also write the page to this file; - is standard output',
    scopes: ['report'],
    belongsTo: 'call',
    path: 'absolute',
  },
  log_file: {
    kind: 'text',
    value: 'FILE|-',
    text: 'write the log to this file instead; - is standard error',
    belongsTo: 'call',
    path: 'as given',
  },
  log_level: {
    kind: 'choice',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    default: 'info',
    value: 'LEVEL',
    text: 'trace, debug, info, warn, error or fatal',
    droppedBy: ['plan'],
    scopes: [...ASKING, ...SERVING],
  },
  json: {
    kind: 'boolean',
    text: 'print one JSON object on standard output, and nothing else there',
    scopes: [...EVERY, ...STEERING, 'queue'],
    belongsTo: 'call',
  },
  quiet: {
    kind: 'boolean',
    text: 'print nothing if all is well, else the summary on standard error',
    scopes: [...EVERY, ...STEERING],
    belongsTo: 'call',
  },
  print_config: {
    kind: 'boolean',
    text: 'show every setting and where it comes from, then exit',
    belongsTo: 'call',
    scopes: [...ASKING, ...SERVING],
  },
} as const satisfies Rows);
