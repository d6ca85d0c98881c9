import { pauseText, type Sender, startText, waveText } from '../../core/results/message.ts';
import type { RunStatus } from '../../core/results/run-status.ts';
import { MINUTE_MS } from '../../core/text/duration.ts';
import type { Clock } from '../../engine/ports.ts';

/** A pause that lasts longer is a message. */
const LONG_PAUSE_MS = 10 * MINUTE_MS;
/** What comes sooner after a message is sent together. */
const INTERVAL_MS = 10_000;

type NotifierOptions = {
  /** Only problems: long pauses. */
  isProblemsOnly: boolean;
  host: string;
  clock: Pick<Clock, 'now'>;
  send: (text: string, status: RunStatus) => void;
};

/** Decides when people get a message of a run at work: it starts, reaches a wave, or is paused for long. */
export function createNotifier({ isProblemsOnly, host, clock, send }: NotifierOptions) {
  let isStarted = false;
  let wave = 0;
  let sentAt = Number.NEGATIVE_INFINITY;
  let waiting: string[] = [];
  const pauses = { operator: createPause(), outage: createPause() };

  /** Watches one kind of pause. */
  function createPause() {
    let since: number | null = null;
    let isReported = false;
    /** For how long it has lasted, once, when that is long; else null. */
    return (isPaused: boolean): number | null => {
      if (!isPaused) {
        since = null;
        isReported = false;
        return null;
      }
      since ??= clock.now();
      const ms = clock.now() - since;
      if (isReported || ms < LONG_PAUSE_MS) return null;
      isReported = true;
      return ms;
    };
  }

  function add(status: RunStatus): void {
    const sender: Sender = { name: status.name, host };
    const isAtWork = status.phase !== 'waiting' && status.phase !== 'ended';
    const atWave = status.wave?.wave ?? 0;
    if (isAtWork && !isProblemsOnly) {
      if (!isStarted) waiting.push(startText(sender, status));
      else if (status.wave !== null && atWave > wave) waiting.push(waveText(sender, { ...status, wave: status.wave }));
    }
    if (isAtWork) {
      isStarted = true;
      wave = atWave;
    }
    const byOperator = pauses.operator(status.paused !== null);
    if (byOperator !== null) waiting.push(pauseText(sender, status, status.paused?.by ?? '', byOperator));
    const byOutage = pauses.outage(status.slowed_by.what === 'outage');
    if (byOutage !== null) waiting.push(pauseText(sender, status, null, byOutage));
  }

  return {
    /** Must be called about once a second. */
    onStatus(status: RunStatus): void {
      add(status);
      if (waiting.length === 0 || clock.now() - sentAt < INTERVAL_MS) return;
      send(waiting.join('\n'), status);
      sentAt = clock.now();
      waiting = [];
    },
    /** What was not sent yet, for the last message. */
    rest: () => waiting,
  };
}
