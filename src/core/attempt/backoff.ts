import type { WaitHeaders } from '../api/response.ts';

/** The wait if a server says that nothing remains, but not until when. */
const UNNAMED_RESET_MS = 1000;

/** Larger numbers are an epoch and not a wait: 1e9 s is the year 2001, or a wait of 31 years. */
const EPOCH_FROM_S = 1e9;
/** Larger epochs are in milliseconds: 1e11 s is the year 5138, 1e11 ms was in 1973. */
const EPOCH_FROM_MS = 1e11;

/**
 * Exponential backoff with full jitter: a wait between 0 and `base * 2^(failures - 1)`, at most `max`.
 * `failures` counts from 1; `random` is in 0..1. All times in ms.
 * Full jitter keeps rows that failed together from coming back together (AWS, 'Exponential Backoff And Jitter').
 */
export function backoffMs(failures: number, baseMs: number, maxMs: number, random: number): number {
  return random * Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 50));
}

function seconds(text: string | null): number | null {
  return text !== null && /^\s*[0-9]{1,20}(\.[0-9]{0,9})?\s*$/.test(text) ? Number(text) : null;
}

function httpDate(text: string | null): number | null {
  // Date.parse accepts much more than HTTP dates ("Try 3" is the year 2001), so check the form first.
  if (text === null || !/^\s*(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  // The oldest of the three forms (asctime) names no zone and means GMT.
  const at = Date.parse(/:[0-9]{2}( [0-9]{4})?\s*$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(at) ? null : at;
}

/** The time until a wait is over in ms, which may be negative; null if it cannot be read. */
function untilMs(text: string | null, now: number): number | null {
  const s = seconds(text);
  if (s === null) return null;
  return s < EPOCH_FROM_S ? s * 1000 : (s < EPOCH_FROM_MS ? s * 1000 : s) - now;
}

/** The limit in the headers of an answer. A field is null if its header is absent or cannot be read. */
export function rateHeaders(headers: WaitHeaders, wallNowMs: number) {
  const reset = untilMs(headers.rateLimitReset, httpDate(headers.date) ?? wallNowMs);
  return {
    limit: seconds(headers.rateLimit),
    remaining: seconds(headers.rateLimitRemaining),
    resetMs: reset === null ? null : Math.max(0, reset),
  };
}

/**
 * The wait in ms that a server asks for, or null when it asks for none that can be read.
 * `retry-after` is seconds or an HTTP date; either header may be an epoch in seconds or ms. `x-ratelimit-reset` counts
 * only when `throttled` (a 429) or when `x-ratelimit-remaining` is 0. Times of day are taken relative to the answer's
 * own `Date`, else to `wallNowMs`, because clocks differ. The longer of the two counts; a time in the past means 0.
 */
export function serverWaitMs(headers: WaitHeaders, throttled: boolean, wallNowMs: number): number | null {
  const waits: number[] = [];
  const now = httpDate(headers.date) ?? wallNowMs;
  const after = untilMs(headers.retryAfter, now);
  const at = httpDate(headers.retryAfter);
  if (after !== null) waits.push(after);
  if (at !== null) waits.push(at - now);
  const empty = seconds(headers.rateLimitRemaining) === 0;
  const reset = throttled || empty ? untilMs(headers.rateLimitReset, now) : null;
  if (reset !== null) waits.push(reset);
  if (waits.length === 0 && empty && !throttled) waits.push(UNNAMED_RESET_MS);
  return waits.length === 0 ? null : Math.max(0, ...waits);
}
