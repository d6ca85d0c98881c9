/** The exit codes, by name: a contract with scripts. */
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
  unverified_rows: 11,
  interrupted_sigint: 130,
  interrupted_sigterm: 143,
} as const;

/** The name of a code as it stands in summary.json; both signals are `interrupted`. */
export function exitName(code: number): string {
  if (code === EXIT.interrupted_sigint || code === EXIT.interrupted_sigterm) return 'interrupted';
  return Object.entries(EXIT).find(([, value]) => value === code)?.[0] ?? 'internal';
}

/** What each code means for whoever sees it: one line each, for the README and the help. */
export const EXIT_TEXT: readonly (readonly [codes: string, name: string, meaning: string, again: string])[] = [
  ['0', 'ok', 'every row is at its target (`plan`: would be)', 'no'],
  ['1', 'internal', 'a bug of ours; the ledger is kept', '`results`, then as it prints'],
  ['2', 'usage', 'flags, environment or job file are wrong', 'fix them'],
  ['3', 'input', 'the CSV, or rows of it, rejected; nothing was sent', 'fix the CSV'],
  ['4', 'rows_not_at_target', 'finished; some rows failed for good, or were rejected', 'look at failed.csv'],
  ['5', 'retryable_rows', 'finished; only temporary failures are left', '`apply failed.csv`'],
  [
    '6',
    'stopped',
    'stopped: the server asks for too long a wait, or ids and phone numbers do not match',
    'after a look',
  ],
  ['7', 'preflight', 'the key or the account was refused', 'fix, then as printed'],
  ['8', 'refused', 'not confirmed, changed plan, too few rows', 'as printed'],
  ['11', 'unverified_rows', 'some outcomes are unknown', '`apply failed.csv`'],
  ['130, 143', 'interrupted', 'SIGINT, SIGTERM: what was in flight was finished', 'as printed'],
];
