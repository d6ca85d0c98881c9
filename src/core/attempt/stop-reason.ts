/** Why a run that had started to send stops before its last row: each text completes "the run stopped because". */
const STOPS = {
  signal: 'it received SIGINT, SIGTERM or SIGHUP',
  drained: 'an operator asked for it with `ctl RUN_DIR drain`',
  finish_by: 'it was the time of `--finish-by`',
  stop_after: 'it had sent the rows of `--stop-after`',
  key_refused: 'the API refused the key',
  account_refused: 'the API refused the account or the key',
  unreachable: 'the API cannot be reached: a certificate, a name, a refused connection or a proxy',
  not_this_api: 'something other than this API answered, or nothing was found with this key',
  redirected: 'the server redirected the first request',
  phone_number_mismatch: 'an id and its phone number do not belong together',
  write_not_kept: 'the API answered 200, and a read showed that it had not kept the change',
  wave_not_kept: 'a row of a wave (`--waves`) was not at its target when it was read again',
  order_mismatch: 'after a bulk order something was changed that the order must not change',
  order_pending: 'a bulk order left numbers pending for longer than `--bulk-patience`',
  gate_refused: 'the command of `--gate` did not exit with 0',
  server_wait: 'the server asked for a longer wait than `--max-server-wait`',
  max_failures: 'more rows failed than `--max-failures` allows',
  max_same_error: 'as many rows in a row as `--max-same-error` allows failed with the same error',
  profiles_held: 'every profile that has rows to send is held',
  outage: 'the API was down for longer than `--outage-patience`',
  queue_lost: 'the queue did not answer for longer than `--outage-patience`, or had lost the run',
  open_files: 'this machine allows no more open files (`ulimit -n`)',
  worker_ended: 'its worker ended, and no other one has continued the run yet',
  lease_lost: 'its worker lost the lease of the account, and no other one has continued the run yet',
  internal: 'the program or the disk failed',
} as const;

/** Why a saved plan is not sent at all. */
const REFUSALS = {
  min_rows: 'the input has fewer rows than `--min-rows`',
  max_changes: 'more rows would change than `--max-changes` allows',
  strict: 'the plan has warnings, which `--strict` makes errors',
  unfinished: 'an earlier run of the same input was not finished',
  input_changed: 'an earlier run of the same file was not finished, and the file has changed since',
  orders_open: 'a bulk order of an earlier run may still move numbers',
  window_missed: 'the time of `--finish-by` has passed, or is more than 12 hours away',
} as const;

/** Every reason that run.json names for a run that ended early. The documents are made from this table. */
export const STOP_REASONS = { ...STOPS, ...REFUSALS };

export type StopReason = keyof typeof STOPS;
export type RefusalReason = keyof typeof REFUSALS;

/** Why a run stopped. `detail` is text, but of `signal` its name, and of `window_missed` the next such time. */
export type StopCause = { reason: StopReason; detail: string };
