import type { MeasuredPace, PaceNow } from '../../core/status/pace.ts';
import { createRateSeen } from '../../core/status/rate-seen.ts';
import type { Clock } from '../../engine/ports.ts';

/** Says how requests leave; null if no worker has the run. Another process may have measured them. */
export type PaceSource = () => PaceNow | MeasuredPace | null;

const isMeasured = (pace: PaceNow | MeasuredPace): pace is MeasuredPace => 'seen' in pace;

/** Measures the pace of a session. */
export function measurePace(clock: Pick<Clock, 'now'>) {
  const seen = createRateSeen();
  let source: PaceSource | null = null;
  return {
    /** A session is at work. Returns a function that ends that. */
    attach(of: PaceSource): () => void {
      source = of;
      seen.restart();
      return () => {
        source = null;
      };
    },
    /** The rate from before says nothing of the one that follows. */
    restart: seen.restart,
    /** The pace at this moment; must be called about once a second. `done`: rows that have ended. */
    now(done: number): MeasuredPace | null {
      const pace = source?.() ?? null;
      if (pace === null || isMeasured(pace)) return pace;
      seen.add(clock.now(), pace.requests.total, done);
      return { ...pace, seen: seen.perSecond() };
    },
  };
}
