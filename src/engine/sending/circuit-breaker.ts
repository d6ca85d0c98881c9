import type { Answer } from '../../core/api/response.ts';
import { isOutageAnswer } from '../../core/attempt/classify.ts';
import { formatDuration } from '../../core/text/duration.ts';
import type { Ports } from '../ports.ts';
import type { Stop } from '../stop.ts';
import { createFailureStreak, type Failure } from './failure-streak.ts';

/** Contract: so many attempts in a row, and at least --concurrency, mean that the API is down. */
const LEAST_IN_A_ROW = 10;
/** One or two numbers that always fail are no outage, however often they are tried. */
const LEAST_ROWS = 3;
const FIRST_PROBE_MS = 1000;
const LONGEST_PROBE_MS = 30_000;

type Ask = Failure['ask'];

/**
 * Stops sending for everybody when the API looks down, and probes until it answers. An API may refuse every write and
 * still be read, and every write that may have happened is followed by a read: so an answer to a read tells nothing of
 * writes, unless it shows that one was carried out. Writes alone are down when ten rows say so and none in between
 * says otherwise.
 */
export type CircuitBreaker = {
  /** Hears how every attempt of a row ended; `refundAttempt` is called when it was part of an outage. */
  heard: (asked: { row: number; ask: Ask }, answer: Answer, admittedAt: number, refundAttempt: () => void) => void;
  /** A read has shown that a write was carried out, whatever that was answered: writes were not down then. */
  writeShown: (admittedAt: number) => void;
  /**
   * Waits while sending is stopped. Gives a function to call when the request that was let through is over, and whether
   * it is a probe; null when the run is to stop, or as `mayGo` says: then only what needs no probe goes.
   */
  enter: (ask: Ask, mayGo?: () => boolean) => Promise<{ probe: boolean; leave: () => void } | null>;
  /**
   * Whether a row whose attempts at this are used up may be given up: false when there is an outage, or a stop. Waits
   * while it cannot be told; what was part of an outage has been given back by then.
   */
  mayGiveUp: (ask: Ask) => Promise<boolean>;
  /** Looks again whether anybody else could still tell; to be called when a row has ended. */
  look: () => void;
  /** How long sending has been stopped so far. */
  pausedMs: () => number;
};

/** Sending is stopped. `writes`: writes have failed, so that a read does not end it; `readable`: reads are answered. */
type Open = {
  since: number;
  intervalMs: number;
  nextAt: number;
  said: string;
  writes: boolean;
  readable: boolean;
};

const FREE = { probe: false, leave: () => undefined };

/** `othersAtWork(waiting)`: whether rows beside so many that wait for a verdict may still be sent. */
export function createCircuitBreaker(
  { clock, onEvent }: Pick<Ports, 'clock' | 'onEvent'>,
  stop: Stop,
  options: { concurrency: number; patienceMs: number; othersAtWork: (waiting: number) => boolean },
): CircuitBreaker {
  const threshold = Math.max(LEAST_IN_A_ROW, options.concurrency);
  /** Failures since the last answer of an API that is up, and those of writes since the last such answer to a write. */
  const all = createFailureStreak(LEAST_ROWS);
  const writes = createFailureStreak(LEAST_IN_A_ROW);
  /** Requests let through before this were part of an outage that is over, however late they fail. */
  const overSince = { read: Number.NEGATIVE_INFINITY, write: Number.NEGATIVE_INFINITY };
  /** Rows whose writes have failed while others did not, until they are answered. */
  const known = new Set<number>();
  /** When the last of the writes that were answered had been let through: what was so before, and fails, fails alone. */
  let acceptedAt = Number.NEGATIVE_INFINITY;
  let open: Open | null = null;
  let pausedMs = 0;
  let verdicts: { ask: Ask; tell: (mayGiveUp: boolean) => void }[] = [];
  let wake: () => void = () => undefined;

  function decide(mayGiveUp: boolean, isAbout: (ask: Ask) => boolean = () => true): void {
    const waiting = verdicts;
    verdicts = waiting.filter(({ ask }) => !isAbout(ask));
    for (const verdict of waiting) if (isAbout(verdict.ask)) verdict.tell(mayGiveUp);
  }

  /** Ends both streaks. */
  function endStreaks(): Failure[] {
    const failures = [...writes.end(), ...all.end()];
    return [...new Set(failures)];
  }

  function trip(answer: Answer): void {
    const now = clock.now();
    const last = answer.kind === 'network' ? answer.code : `HTTP ${answer.status}`;
    const readable = !all.isOutage(threshold);
    const streak = readable ? `${writes.size()} writes` : `${all.size()} attempts`;
    const said = `${streak} in a row ended with a 5xx or without an answer, the last one with ${last}`;
    const failures = endStreaks();
    for (const { refundAttempt } of failures) refundAttempt();
    const anyWrite = failures.some(({ ask }) => ask === 'write');
    open = { since: now, intervalMs: FIRST_PROBE_MS, nextAt: now, said, writes: anyWrite, readable };
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
    onEvent({ event: 'run.paused', waitMs: wait, why: `the API looks down: ${open.said}` });
  }

  function failed(
    { row, ask }: { row: number; ask: Ask },
    answer: Answer,
    admittedAt: number,
    refundAttempt: () => void,
  ) {
    if (open !== null) {
      if (ask === 'write') open.writes = true;
      else open.readable = false;
    }
    if (open !== null || admittedAt < overSince[ask]) {
      refundAttempt();
      return;
    }
    if (ask === 'write' && admittedAt <= acceptedAt) known.add(row);
    const failure = { row, ask, admittedAt, refundAttempt, wasOutage: false, isKnown: known.has(row) };
    const now = clock.now();
    all.add(failure, now);
    if (ask === 'write') writes.add(failure, now);
    if (all.isOutage(threshold) || writes.isNewOutage(threshold)) trip(answer);
  }

  function answeredWhileOpen(was: Open, ask: Ask, admittedAt: number): void {
    // What was on its way when sending was stopped tells of the time before.
    if (admittedAt < was.since) return;
    if (ask === 'read' && was.writes) {
      if (was.readable) return;
      // Other reads go on, and whoever is to write next probes at once.
      was.readable = true;
      was.nextAt = clock.now();
    } else {
      overSince.read = admittedAt;
      overSince.write = admittedAt;
      pausedMs += clock.now() - was.since;
      open = null;
      onEvent({ event: 'run.resumed' });
    }
    wake();
  }

  function answered(ask: Ask, admittedAt: number): void {
    if (open !== null) {
      answeredWhileOpen(open, ask, admittedAt);
      return;
    }
    const streak = ask === 'write' && writes.size() > 0 ? writes : all;
    if (streak.size() === 0 || admittedAt < streak.began()) return;
    // Fewer than may be in flight, and as many as no chance explains: an outage that was over before it tripped.
    const wasOutage = all.isNewOutage(LEAST_IN_A_ROW) || (ask === 'write' && writes.isNewOutage(LEAST_IN_A_ROW));
    let toGiveBack = wasOutage;
    for (const failure of ask === 'write' ? endStreaks() : all.end()) {
      // Whether writes are down is told by the next answer to one: a read gives none of them back.
      if (wasOutage) failure.wasOutage = true;
      // Whatever an answer to a read tells, it does not tell of writes.
      if (ask === 'read' && failure.ask === 'write') continue;
      if (!failure.wasOutage) {
        if (failure.ask === 'write') known.add(failure.row);
        continue;
      }
      failure.refundAttempt();
      toGiveBack = true;
    }
    // What was sent in the outage and fails later is part of it, even where nothing of its kind has failed so far.
    if (toGiveBack) overSince.read = admittedAt;
    if (toGiveBack && ask === 'write') overSince.write = admittedAt;
    // Who has got an attempt back sees it, and goes on.
    decide(true, (about) => ask === 'write' || about === 'read');
  }

  // What a stop has cut short goes back to its row, as it may have been the beginning of an outage.
  stop.onAsked(() => decide(false));

  return {
    heard(asked, answer, admittedAt, refundAttempt) {
      if (isOutageAnswer(answer)) failed(asked, answer, admittedAt, refundAttempt);
      else {
        if (asked.ask === 'write') {
          acceptedAt = Math.max(acceptedAt, admittedAt);
          // It was let through before any of them was heard of, and behind some of them: these fail alone.
          if (admittedAt < writes.began()) {
            for (const row of [...writes.markRowSpecific(admittedAt), ...all.markRowSpecific(admittedAt)])
              known.add(row);
          }
          known.delete(asked.row);
        }
        answered(asked.ask, admittedAt);
      }
    },
    writeShown: (admittedAt) => answered('write', admittedAt),
    async enter(ask, mayGo = () => stop.asked() === null) {
      while (open !== null && stop.asked() === null) {
        if (ask === 'read' && open.readable) return FREE;
        const wait = open.nextAt - clock.now();
        if (wait <= 0) {
          const leave = () => {
            if (ask === 'write' || open?.readable === false) schedule();
          };
          return { probe: true, leave };
        }
        const sleep = clock.sleep(wait);
        wake = sleep.cancel;
        const forgetStop = stop.onAsked(sleep.cancel);
        await sleep.done;
        forgetStop();
      }
      // Nobody probes for a run that is to stop.
      return mayGo() && (open === null || (ask === 'read' && open.readable)) ? FREE : null;
    },
    async mayGiveUp(ask) {
      if (open !== null || stop.asked() !== null) return false;
      if ((ask === 'write' ? writes : all).size() === 0) return true;
      const verdict = new Promise<boolean>((resolve) => verdicts.push({ ask, tell: resolve }));
      if (!options.othersAtWork(verdicts.length)) decide(true);
      return verdict;
    },
    look() {
      if (verdicts.length > 0 && !options.othersAtWork(verdicts.length)) decide(true);
    },
    pausedMs: () => pausedMs + (open === null ? 0 : clock.now() - open.since),
  };
}
