import type { HttpAnswer } from '../../core/api/response.ts';
import { backoffMs, rateHeaders, serverWaitMs } from '../../core/attempt/backoff.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import { formatDuration } from '../../core/text/duration.ts';
import type { Ports, Sleep } from '../ports.ts';
import type { Stop } from '../stop.ts';
import type { Pacer } from './pacer.ts';

/** Obeys what servers say about waiting, for the whole queue. */
export type Throttle = {
  /** Reads the headers of an answer to a request that was admitted at `admittedAt` (monotonic ms). */
  heed: (answer: HttpAnswer, admittedAt: number) => void;
  /** The run is over: nobody waits any longer for a pause to end. */
  end: () => void;
};

type Limits = { retryBaseMs: number; retryMaxMs: number; maxServerWaitMs: number };

const MINUTE_MS = 60_000;
/** A `reset` from here on is a time of day in seconds: it and the `Date` that it is taken from are whole ones. */
const TIME_OF_DAY_FROM_S = 1e9;
const TIME_OF_DAY_BLUR_MS = 2000;
/** A year: a longer wait is as good as none that can be named, and no date holds it. */
const LONGEST_NAMED_MS = 31_536_000_000;

/** The first full minute after a wait, as it is named when a run stops: `2026-11-23T02:15Z`. */
function timeAfter(wallNow: number, ms: number): string {
  const at = Math.ceil((wallNow + Math.min(ms, LONGEST_NAMED_MS)) / MINUTE_MS) * MINUTE_MS;
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}

/** Whether an answer shows that requests are accepted again: it is about the request, and not about who may send. */
function isAccepted(status: number): boolean {
  return (
    (status >= 200 && status < 300) || (status >= 400 && status < 500 && ![401, 403, 408, 425, 429].includes(status))
  );
}

/**
 * One 429 pauses everybody; what a server asks for beyond the limit stops the run instead of failing its rows. `control`
 * is null where there is no limit.
 */
export function createThrottle(
  ports: Pick<Ports, 'clock' | 'onEvent'>,
  pacer: Pacer,
  control: RateControl | null,
  stop: Stop,
  limits: Limits,
): Throttle {
  const { clock } = ports;
  let throttledSince: number | null = null;
  let rounds = 0;
  const pauses = new Set<Sleep>();

  function pause(ms: number, why: string, throttled: boolean): void {
    if (!pacer.pause(ms, throttled)) return;
    ports.onEvent({ event: 'run.paused', waitMs: ms, why });
    const sleep = clock.sleep(ms);
    const forget = stop.onAsked(sleep.cancel);
    pauses.add(sleep);
    void sleep.done.then(() => {
      forget();
      pauses.delete(sleep);
      if (clock.now() >= pacer.pausedUntil()) ports.onEvent({ event: 'run.resumed' });
    });
  }

  function giveUp(ms: number, what: string): void {
    const when = timeAfter(clock.wallNow(), ms);
    const limit = formatDuration(limits.maxServerWaitMs);
    stop.ask('server_wait', `${what}, longer than --max-server-wait ${limit}; go on after ${when}`);
  }

  return {
    end() {
      for (const sleep of pauses) sleep.cancel();
    },
    heed(answer, admittedAt) {
      const throttled = answer.status === 429;
      const asked = serverWaitMs(answer.wait, throttled, clock.wallNow());
      const now = clock.now();
      // An error of the server says nothing about how many it accepts.
      if (control !== null && (throttled || isAccepted(answer.status))) {
        const told = rateHeaders(answer.wait, clock.wallNow());
        const resetBlurMs = Number(answer.wait.rateLimitReset) >= TIME_OF_DAY_FROM_S ? TIME_OF_DAY_BLUR_MS : 0;
        control.heard(now, { ...told, resetBlurMs, throttled, sentAt: admittedAt });
        pacer.look();
      }
      if (isAccepted(answer.status)) {
        throttledSince = null;
        rounds = 0;
      }
      if (!throttled && (asked === null || asked === 0)) return;
      if (asked !== null && asked > limits.maxServerWaitMs) {
        giveUp(asked, `the server asks to wait ${formatDuration(asked)}`);
        return;
      }
      if (!throttled) {
        pause(asked as number, `HTTP ${answer.status}: the server asks to wait`, false);
        return;
      }
      throttledSince ??= now;
      // Requests that were on their way when the pause began tell of the same shortage once more.
      if (rounds === 0 || admittedAt >= pacer.pausedSince()) rounds += 1;
      // Half of the doubled wait at least: a pause of the whole queue must not come out as nothing.
      const own = backoffMs(rounds, limits.retryBaseMs, limits.retryMaxMs, 0.5 + clock.random() / 2);
      const wait = asked !== null && asked > 0 ? asked : own;
      if (now + wait - throttledSince > limits.maxServerWaitMs) {
        giveUp(
          wait,
          `nothing but 429 for ${formatDuration(now - throttledSince)}, and another ${formatDuration(wait)} to wait`,
        );
        return;
      }
      pause(wait, asked !== null && asked > 0 ? 'HTTP 429: the server asks to wait' : 'HTTP 429', true);
    },
  };
}
