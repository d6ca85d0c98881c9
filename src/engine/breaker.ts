import type { Answer } from '../core/answer.ts';
import { looksDown } from '../core/classify.ts';
import { formatDuration } from '../core/duration.ts';
import type { Ports, Stop } from './ports.ts';

/** Contract: so many attempts in a row, and at least --concurrency, mean that the API is down. */
const LEAST_IN_A_ROW = 10;
/** One or two numbers that always fail are no outage, however often they are tried. */
const LEAST_ROWS = 3;
const FIRST_PROBE_MS = 1000;
const LONGEST_PROBE_MS = 30_000;

/** Stops sending for everybody when the API looks down, and probes until it answers. */
export type Breaker = {
  /** Hears how every attempt of a row ended; `giveBack` is called when it was part of an outage. */
  heard: (row: number, answer: Answer, admittedAt: number, giveBack: () => void) => void;
  /**
   * Waits while sending is stopped. Gives a function to call when the request that was let through is over, and whether
   * it is a probe; null when the run is to stop.
   */
  enter: () => Promise<{ probe: boolean; leave: () => void } | null>;
  /**
   * Whether a row whose attempts are used up may be given up: false when they were part of an outage and have been
   * given back. Waits while that cannot be told yet.
   */
  mayGiveUp: () => Promise<boolean>;
  /** Looks again whether anybody else could still tell; to be called when a row has ended. */
  look: () => void;
};

/** `othersAtWork(waiting)`: whether rows beside so many that wait for a verdict may still be sent. */
export function createBreaker(
  { clock, tell }: Ports,
  stop: Stop,
  options: { concurrency: number; patienceMs: number; othersAtWork: (waiting: number) => boolean },
): Breaker {
  const threshold = Math.max(LEAST_IN_A_ROW, options.concurrency);
  let streak: { row: number; giveBack: () => void }[] = [];
  let rows = new Set<number>();
  /** When the first failure of the streak came; an answer to a request from before it speaks of the time before. */
  let began = Number.NEGATIVE_INFINITY;
  /** Requests let through before this were part of an outage that is over, however late they fail. */
  let overSince = Number.NEGATIVE_INFINITY;
  let open: { since: number; intervalMs: number; nextAt: number; said: string } | null = null;
  let verdicts: ((mayGiveUp: boolean) => void)[] = [];
  let wake: () => void = () => undefined;

  function decide(mayGiveUp: boolean): void {
    const waiting = verdicts;
    verdicts = [];
    for (const verdict of waiting) verdict(mayGiveUp);
  }

  function forget(): void {
    streak = [];
    rows = new Set();
  }

  function trip(answer: Answer): void {
    const now = clock.now();
    const last = answer.kind === 'network' ? answer.code : `HTTP ${answer.status}`;
    const said = `${streak.length} attempts in a row ended with a 5xx or without an answer, the last one with ${last}`;
    for (const { giveBack } of streak) giveBack();
    forget();
    open = { since: now, intervalMs: FIRST_PROBE_MS, nextAt: now, said };
    schedule();
    decide(false);
  }

  /** Names the time of the next probe, or stops the run when there has been patience enough. */
  function schedule(): void {
    if (open === null) return;
    const now = clock.now();
    const left = open.since + options.patienceMs - now;
    if (left <= 0) {
      const patience = formatDuration(options.patienceMs);
      stop.ask('outage', `${open.said}; probed for ${patience} (--outage-patience)`);
      return;
    }
    const wait = Math.min(open.intervalMs, left);
    open.nextAt = now + wait;
    open.intervalMs = Math.min(LONGEST_PROBE_MS, open.intervalMs * 2);
    tell({ event: 'run.paused', waitMs: wait, why: `the API looks down: ${open.said}` });
  }

  function close(): void {
    open = null;
    tell({ event: 'run.resumed' });
    wake();
  }

  // What a stop has cut short goes back to its row, as it may have been the beginning of an outage.
  stop.onAsked(() => decide(false));

  return {
    heard(row, answer, admittedAt, giveBack) {
      if (looksDown(answer)) {
        if (open !== null || admittedAt < overSince) {
          giveBack();
          return;
        }
        if (streak.length === 0) began = clock.now();
        streak.push({ row, giveBack });
        rows.add(row);
        if (streak.length >= threshold && rows.size >= LEAST_ROWS) trip(answer);
        return;
      }
      if (open !== null) {
        if (admittedAt < open.since) return;
        overSince = admittedAt;
        close();
        return;
      }
      if (streak.length > 0 && admittedAt < began) return;
      // Fewer than may be in flight, and as many as no chance explains: an outage that was over before it tripped.
      const wasOutage = streak.length >= LEAST_IN_A_ROW && rows.size >= LEAST_ROWS;
      if (wasOutage) {
        for (const one of streak) one.giveBack();
        overSince = admittedAt;
      }
      forget();
      decide(!wasOutage);
    },
    async enter() {
      while (open !== null && stop.asked() === null) {
        const wait = open.nextAt - clock.now();
        if (wait <= 0) return { probe: true, leave: schedule };
        const sleep = clock.sleep(wait);
        wake = sleep.cancel;
        const forgetStop = stop.onAsked(sleep.cancel);
        await sleep.done;
        forgetStop();
      }
      return stop.asked() === null ? { probe: false, leave: () => undefined } : null;
    },
    async mayGiveUp() {
      if (open === null && streak.length === 0) return true;
      if (open !== null || stop.asked() !== null) return false;
      const verdict = new Promise<boolean>((resolve) => verdicts.push(resolve));
      if (!options.othersAtWork(verdicts.length)) decide(true);
      return verdict;
    },
    look() {
      if (verdicts.length > 0 && !options.othersAtWork(verdicts.length)) decide(true);
    },
  };
}
