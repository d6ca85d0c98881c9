import type { LedgerEntry, RequestCounts } from '../ledger/entry.ts';

/** The width of a bucket doubles whenever a run does not fit in this number of them. */
const MAX_BUCKETS = 600;
const FIRST_WIDTH_MS = 1000;

/** What happened in one stretch of time. `allowed`: requests a second, as last seen; null if nothing limited them. */
export type Bucket = { requests: number; limited: number; pausedMs: number; activeMs: number; allowed: number | null };

/** Requests over time, in buckets of equal width. A bucket in which no session was at work has no `activeMs`. */
export type Timeline = { startMs: number; widthMs: number; buckets: readonly Bucket[] };

type Counts = Pick<RequestCounts, 'total' | 'rate_limited'>;

const emptyBucket = (): Bucket => ({ requests: 0, limited: 0, pausedMs: 0, activeMs: 0, allowed: null });

function together(a: Bucket, b: Bucket = emptyBucket()): Bucket {
  return {
    requests: a.requests + b.requests,
    limited: a.limited + b.limited,
    pausedMs: a.pausedMs + b.pausedMs,
    activeMs: a.activeMs + b.activeMs,
    allowed: b.allowed ?? a.allowed,
  };
}

/** Gathers a timeline from the entries of a ledger, in the memory of at most `MAX_BUCKETS` buckets. */
export function createTimeline() {
  let startMs: number | null = null;
  let widthMs = FIRST_WIDTH_MS;
  let buckets: Bucket[] = [];
  /** Until when the session at work has been counted, and what it had counted then; null if none is at work. */
  let seen: { atMs: number; counts: Counts; pausedMs: number } | null = null;

  /** The bucket of a time that is not before the start. */
  function bucketAt(atMs: number, start: number): Bucket {
    while (atMs - start >= widthMs * MAX_BUCKETS) {
      buckets = buckets.flatMap((bucket, at) => (at % 2 === 0 ? [together(bucket, buckets[at + 1])] : []));
      widthMs *= 2;
    }
    const index = Math.floor((atMs - start) / widthMs);
    while (buckets.length <= index) buckets.push(emptyBucket());
    return buckets[index] as Bucket;
  }

  /** Calls `add` for each bucket of a stretch of time, with the share of the stretch and the ms that are in it. */
  function spread(fromMs: number, untilMs: number, add: (bucket: Bucket, share: number, ms: number) => void): void {
    const start = startMs as number;
    if (untilMs <= fromMs) {
      add(bucketAt(fromMs, start), 1, 0);
      return;
    }
    // First the last one, so that the width does not change on the way.
    bucketAt(Math.max(fromMs, untilMs - 1), start);
    for (let at = fromMs; at < untilMs; ) {
      const end = Math.min(untilMs, start + (Math.floor((at - start) / widthMs) + 1) * widthMs);
      add(bucketAt(at, start), (end - at) / (untilMs - fromMs), end - at);
      at = end;
    }
  }

  function addSeen(entry: LedgerEntry & { type: 'session_seen' | 'session_ended' }, atMs: number): void {
    const { requests, rate } = entry;
    const last = seen ?? { atMs, counts: { total: 0, rate_limited: 0 }, pausedMs: 0 };
    const untilMs = Math.max(atMs, last.atMs);
    const allowed = entry.type === 'session_seen' ? (entry.allowed_per_s ?? null) : null;
    // Counts are written when a row ends, so a pause is before what was sent since the last ones.
    const pausedMs = Math.max(0, Math.min(untilMs - last.atMs, rate.paused_ms - last.pausedMs));
    const resumedMs = last.atMs + pausedMs;
    if (pausedMs > 0) {
      spread(last.atMs, resumedMs, (bucket, _, ms) => {
        bucket.pausedMs += ms;
        bucket.activeMs += ms;
      });
    }
    spread(resumedMs, untilMs, (bucket, share, ms) => {
      bucket.requests += (requests.total - last.counts.total) * share;
      bucket.limited += (requests.rate_limited - last.counts.rate_limited) * share;
      bucket.activeMs += ms;
      bucket.allowed = allowed ?? bucket.allowed;
    });
    seen = { atMs: untilMs, counts: requests, pausedMs: rate.paused_ms };
  }

  return {
    add(entry: LedgerEntry): void {
      if (entry.type !== 'session_started' && entry.type !== 'session_seen' && entry.type !== 'session_ended') return;
      const ms = Date.parse(entry.at);
      if (Number.isNaN(ms)) return;
      startMs ??= ms;
      // The clock may have been set back.
      const atMs = Math.max(ms, startMs);
      if (entry.type === 'session_started') seen = { atMs, counts: { total: 0, rate_limited: 0 }, pausedMs: 0 };
      else addSeen(entry, atMs);
      if (entry.type === 'session_ended') seen = null;
    },
    /** Null if no session was seen. */
    timeline: (): Timeline | null => (startMs === null || buckets.length === 0 ? null : { startMs, widthMs, buckets }),
  };
}
