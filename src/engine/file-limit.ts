import { formatDuration } from '../core/text/duration.ts';
import { count } from '../core/text/text.ts';
import type { Clock, Ports } from './ports.ts';
import type { Stop } from './stop.ts';

/** How many requests may be in flight, by how many files this machine lets the process open. */
export type FileLimit = ReturnType<typeof createFileLimit>;

type FileLimitOptions = {
  ports: { clock: Clock; onEvent: Ports['onEvent'] };
  stop: Stop;
  concurrency: () => number;
  /** How long the machine may refuse every connection. */
  patienceMs: number;
};

/** Halves the concurrency whenever a connection gets no file, and stops the run if none gets one for too long. */
export function createFileLimit({ ports, stop, concurrency, patienceMs }: FileLimitOptions) {
  const { clock, onEvent } = ports;
  let lowered = Number.POSITIVE_INFINITY;
  const room = () => Math.min(lowered, concurrency());
  let loweredAt = Number.NEGATIVE_INFINITY;
  let refusedSince: number | null = null;
  return {
    /** The most requests that may be in flight. */
    room,
    /** `code`: of the error. `inFlight`: requests that are, with the one that failed. */
    onRefused(code: string, admittedAt: number, inFlight: number): void {
      const now = clock.now();
      refusedSince ??= now;
      const why = `this machine allows no more open files (${code}): raise the limit with ulimit -n`;
      if (now - refusedSince > patienceMs) {
        stop.ask('open_files', `${why}; waited for ${formatDuration(patienceMs)} (--outage-patience)`);
      }
      // Requests that were in flight together met the same limit.
      if (admittedAt < loweredAt || room() === 1) return;
      lowered = Math.max(1, Math.floor(Math.min(room(), inFlight) / 2));
      loweredAt = now;
      onEvent({
        event: 'concurrency.lowered',
        to: lowered,
        why: `at most ${count(lowered, 'request')} at once: ${why}`,
      });
    },
    /** An operator's pause has ended: the patience begins again, because nothing could be sent. */
    onOperatorResumed(): void {
      refusedSince = null;
    },
    /** A request got its connection. */
    onConnected(): void {
      refusedSince = null;
    },
  };
}
