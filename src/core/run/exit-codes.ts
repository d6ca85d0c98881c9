/** The exit codes by name. Scripts rely on them. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  input: 3,
  rows_not_at_target: 4,
  retryable_rows: 5,
  stopped: 6,
  preflight: 7,
  refused: 8,
  locked: 9,
  window: 10,
  unverified_rows: 11,
  changes: 20,
  interrupted_sighup: 129,
  interrupted_sigint: 130,
  interrupted_sigterm: 143,
} as const;

const SIGNAL_CODES: readonly number[] = [EXIT.interrupted_sighup, EXIT.interrupted_sigint, EXIT.interrupted_sigterm];

/** The name of a code in summary.json. Every signal is `interrupted`. */
export function exitName(code: number): string {
  if (SIGNAL_CODES.includes(code)) return 'interrupted';
  return Object.entries(EXIT).find(([, value]) => value === code)?.[0] ?? 'internal';
}

/** What each code means, one line each, for the documents and the help. */
export const EXIT_TEXT: readonly (readonly [codes: string, name: string, meaning: string, again: string])[] = [
  ['0', 'ok', 'every row is at its target (`plan`: would be)', 'no'],
  ['1', 'internal', 'an internal error, or the disk; the ledger is kept', '`resume`'],
  ['2', 'usage', 'flags, environment or job file are wrong', 'fix them'],
  ['3', 'input', 'the CSV, or rows of it, rejected; nothing was sent', 'fix the CSV'],
  [
    '4',
    'rows_not_at_target',
    'finished; some rows failed for good, or were held or rejected; `verify`: not every row is at its target; `--strict`: a 10DLC campaign has changed or a success ratio fell',
    'check failed.csv, held.csv',
  ],
  ['5', 'retryable_rows', 'finished; only temporary failures are left', '`retry`'],
  [
    '6',
    'stopped',
    'stopped: too many failures, the API is down, asks for too long a wait or does not keep a change, a bulk order changed what it must not change, or wrong numbers',
    'check, then `resume`',
  ],
  [
    '7',
    'preflight',
    'the key or the account was refused, could not be read, or is another one; or the API cannot be reached, or something else answers',
    'fix, then as printed',
  ],
  [
    '8',
    'refused',
    'not confirmed, changed or old plan or not the approved one, too few rows or too many changes, unfinished run, open bulk order',
    'as printed',
  ],
  ['9', 'locked', 'another run holds the lock', 'later'],
  ['10', 'window', 'the finish-by time or --stop-after was reached', '`resume`'],
  [
    '11',
    'unverified_rows',
    'some outcomes are unknown, or a bulk order may still move numbers',
    '`verify`, `retry`; `resume` of an order',
  ],
  ['20', 'changes', '`plan --detailed-exitcode` only: there is something to change', '`apply`'],
  ['129, 130, 143', 'interrupted', 'SIGHUP, SIGINT, SIGTERM: what was in flight was finished', '`resume`'],
];
