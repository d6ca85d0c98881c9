import { OUTCOME_STATUSES } from '../attempt/outcome.ts';
import { isReason } from '../plan/reason.ts';
import { quoted } from '../text/text.ts';
import { type LedgerEntry, ORDER_RESULTS, WAVE_STEPS } from './entry.ts';

/*
 * The rule for lines of other versions, as for run.json (core/run/manifest.ts): a field that this version does not know
 * is ignored, and a field that an older version did not write is optional here. An unknown type of line, status or
 * reason is refused, because going on without knowing what happened to a row could send it twice.
 */

/** A line that only another version can read. */
export class UnknownLineError extends Error {}

type Line = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => Number.isFinite(value) && (value as number) >= 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isRow: Check = Number.isSafeInteger;
const isRows: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isRow);
const isCountOrNone: Check = (value) => value === undefined || isCount(value);
const isTextOrNone: Check = (value) => value === undefined || isText(value);
const isTextOrNull: Check = (value) => value === null || typeof value === 'string';
/** A moment that something is counted from. */
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isHttpStatus: Check = (value) => value === null || (isCount(value) && (value as number) <= 999);

const isCounts = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => isNumber((value as Line)[name]));

const isNumberOrNull: Check = (value) => value === null || isNumber(value);
const isLimit = (limit: Line | null): boolean =>
  limit === null || (typeof limit === 'object' && isNumber(limit.requests) && isNumberOrNull(limit.window_ms));

/** `throttled_ms`, `allowed` and `server_limit` are missing in version 0.1.0. */
const hasKnownLimits = ({ throttled_ms: ms = 0, allowed = 0, server_limit: limit = null }: Line): boolean =>
  isNumber(ms) && isNumberOrNull(allowed) && isLimit(limit as Line | null);

/** Missing before version 0.2.0. */
const hasAnswers = ({ answers = {} }: Line): boolean =>
  typeof answers === 'object' &&
  answers !== null &&
  Object.values(answers).every((counts) => counts !== null && isCounts(counts, Object.keys(counts)));

const PACE: Record<string, Check> = {
  at: isText,
  requests: (value) =>
    isCounts(value, ['total', 'writes', 'reads', 'retries', 'rate_limited']) &&
    isCountOrNone((value as Line).orders) &&
    hasAnswers(value as Line),
  rate: (value) =>
    isCounts(value, ['mean_per_s', 'max_in_1s', 'max_in_60s', 'paused_ms']) && hasKnownLimits(value as Line),
};

const FIELDS: Record<LedgerEntry['type'], Record<string, Check>> = {
  session_started: { at: isText, pid: isNumber, wave: isCountOrNone },
  intent: { row: isRow, at: isText },
  found: { row: isRow, profile: isText, product: isText, at: isText },
  outcome: {
    row: isRow,
    status: isText,
    reason: isText,
    retryable: isFlag,
    profileAfter: isText,
    productAfter: isText,
    httpStatus: isHttpStatus,
    errorCode: isText,
    errorTitle: isText,
    errorDetail: isText,
    errorPointer: isText,
    attempts: isCount,
    durationMs: isNumber,
    requestId: isText,
    finishedAt: isText,
  },
  put_back: { row: isRow, ambiguous: isFlag, attempts: isCount, at: isText },
  profile_held: { profile: isText, why: isText, at: isText },
  // Version 0.1.0 did not write the last one.
  session_seen: { ...PACE, allowed_per_s: (value) => value === undefined || isNumberOrNull(value) },
  session_ended: { ...PACE, stop: isTextOrNull },
  // The command is text: an unknown one of a later version changes nothing here.
  steered: { at: isText, by: isText, command: isText, from: isText, to: isText },
  wave: { at: isText, wave: isCount, waves: isCount, rows: isCount, step: isText },
  order_intent: { at: isTime, order: isCount, profile: isText, rows: isRows, on_profile: isCount },
  order_placed: { at: isTime, order: isCount, order_id: isText, success: isCount, pending: isCount, failed: isCount },
  order_seen: { at: isTime, order: isCount, pending: isCount, mismatch: isTextOrNone },
  order_ended: { at: isText, order: isCount, result: isText, why: isText },
  handed_over: { at: isText, queue: isText, handover: isText },
  taken_back: { at: isText, handover: isText },
  handover_lost: { at: isText, handover: isText },
};

/** The same as arrays, which are faster to walk for each of a million lines. */
const CHECKS = new Map(Object.entries(FIELDS).map(([type, fields]) => [type, Object.entries(fields)]));

const STEPS: ReadonlySet<unknown> = new Set(WAVE_STEPS);
const RESULTS: ReadonlySet<unknown> = new Set(ORDER_RESULTS);
const STATUSES: ReadonlySet<unknown> = new Set(OUTCOME_STATUSES);

/** Throws an error without the place of the line: not JSON, not an entry, or `UnknownLineError`. */
export function parseLedgerLine(text: string): LedgerEntry {
  let line: Line | null;
  try {
    line = JSON.parse(text);
  } catch (cause) {
    throw new Error('not a line of JSON', { cause });
  }
  const type = line?.type;
  if (line === null || typeof type !== 'string') throw new Error('not an entry');
  const checks = CHECKS.get(type);
  if (checks === undefined) throw new UnknownLineError(`unknown entry type ${quoted(type)}`);
  for (const [name, isValid] of checks) {
    if (!isValid(line[name])) throw new Error(`the field ${name} of ${type} is missing or not valid`);
  }
  if (line.stream !== undefined && !isText(line.stream)) throw new Error('the field stream is not valid');
  if (type === 'outcome') checkOutcome(line);
  if (type === 'wave' && !STEPS.has(line.step)) {
    throw new UnknownLineError(`unknown step ${quoted(String(line.step))}`);
  }
  if (type === 'order_ended' && !RESULTS.has(line.result)) {
    throw new UnknownLineError(`unknown result ${quoted(String(line.result))}`);
  }
  // Builds between 0.1.0 and the next version wrote the flag under another name.
  if (line.besides === true) line.unchangedButSent = true;
  return line as LedgerEntry;
}

function checkOutcome({ status, reason }: Line): void {
  if (!STATUSES.has(status)) throw new UnknownLineError(`unknown status ${quoted(String(status))}`);
  if (reason !== '' && !isReason(reason as string))
    throw new UnknownLineError(`unknown reason ${quoted(String(reason))}`);
}
