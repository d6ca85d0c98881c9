import type { StopCause } from '../../core/attempt/stop-reason.ts';
import type { WaveStep } from '../../core/ledger/entry.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import type { Waves } from '../../core/waves/waves.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Series } from '../../engine/sending/session.ts';
import type { Steering } from '../../engine/steering.ts';
import type { Stop } from '../../engine/stop.ts';
import type { Ledger } from '../../io/run/ledger-file.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import type { Transport } from '../account/connect.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import type { Run } from '../run/open.ts';
import type { RunWatch } from '../watching/watch-run.ts';

/** How rows had their turn: `stopped` says why some are left, `failure` is what was thrown. */
export type Turn = { stopped: StopCause | null; failure: unknown };

/** The rows of one session. */
export type Part = {
  index: LedgerIndex;
  isTaken: (row: number) => boolean;
  total: number;
  series: Series;
  started: { wave?: number; continued?: true };
  what: string;
};

/** What a run at work lends to its waves. */
export type WaveRun = {
  run: Run;
  invocation: KeyedInvocation;
  client: Transport;
  ledger: Ledger;
  logger: Logger;
  clock: Clock;
  stop: Stop;
  steering: Steering;
  /** What all phases of the command know of the API, and when the last of them ended. */
  reading: { get: () => Run['reading']; onEnded: () => void };
  /** Shows what the run is busy with. */
  watch: Pick<RunWatch, 'phase' | 'save'>;
  /** Sends rows as one session of the ledger. */
  session: (part: Part) => Promise<Turn>;
};

/**
 * The waves of a run at work. `index`: of the ledger, with the last step and all outcomes. `series`: what the sessions of
 * this command share; `hasSent`: there was one.
 */
export type Course = { on: WaveRun; waves: Waves; index: LedgerIndex; series: Series; hasSent: boolean };

export const DONE: Turn = { stopped: null, failure: null };
export const stoppedBy = (stopped: StopCause | null): Turn => ({ stopped, failure: null });

/** Prints how a wave is doing. */
export function say({ on, waves }: Course, wave: number, text: string): void {
  printProgress(on.invocation, `Wave ${wave} of ${waves.sizes.length}: ${text}\n`);
}

/** Records that a wave has come this far. */
export async function record(course: Course, wave: number, step: WaveStep): Promise<void> {
  const { on, waves } = course;
  const { ledger, clock, logger } = on;
  const rows = waves.sizes[wave - 1] ?? 0;
  const at = new Date(clock.wallNow()).toISOString();
  const entry = { type: 'wave', at, wave, waves: waves.sizes.length, rows, step } as const;
  await ledger.record(entry);
  course.index.wave = entry;
  const level = step === 'not_kept' || step === 'refused' ? 'error' : 'info';
  logger.log(level, `wave.${step}`, `wave ${wave} of ${waves.sizes.length}: ${step.replace('_', ' ')}`, { wave, rows });
}
