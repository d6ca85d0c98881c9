import type { RefusalReason, StopCause } from '../../core/attempt/stop-reason.ts';
import { hasCampaignChange } from '../../core/campaigns/campaign-counts.ts';
import { executionExit } from '../../core/results/run-exit.ts';
import { stopText } from '../../core/results/stop-text.ts';
import type { Summary } from '../../core/results/summary.ts';
import type { Tally } from '../../core/results/tally.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest, State } from '../../core/run/manifest.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { CommandError } from '../errors.ts';
import type { Run } from '../run/open.ts';

/** How a command ends a run. */
export type RunEnding = {
  exit: number;
  state: State;
  stop?: Manifest['stop'];
  /** Why the exit code is not 0, if the counts do not explain it. */
  error?: { code: string; message: string } | null;
  /** The next command, if it is not the usual one. */
  next?: string;
  /** The undo of the run, if it was undone since. */
  undo?: Summary['undo'];
  /** When the run ended, if that is recorded already. */
  finishedAt?: string | null;
};

/** An ending, or a function that decides it by how the rows ended. */
export type Ending = RunEnding | ((tally: Tally) => RunEnding);

export function decideEnding(ending: Ending, tally: Tally): RunEnding {
  return typeof ending === 'function' ? ending(tally) : ending;
}

/** The ending with --strict, which makes an error (exit 4) of a campaign that has changed. */
export function strictEnding(
  ending: RunEnding,
  { campaigns }: Manifest,
  { strict }: Pick<Settings, 'strict'>,
): RunEnding {
  const isFinished = ending.state === 'finished' && (ending.exit === EXIT.ok || ending.exit === EXIT.retryable_rows);
  if (!strict || !isFinished || campaigns === null || !hasCampaignChange(campaigns)) return ending;
  const error = { code: 'campaigns_changed', message: `${campaigns.warnings[0]} (an error because of --strict)` };
  return { ...ending, exit: EXIT.rows_not_at_target, error };
}

/** An ending that an error explains. */
export type FailedEnding = RunEnding & { error: NonNullable<RunEnding['error']> };

export function failedEnding(exit: number, state: State, code: string, message: string): FailedEnding {
  return { exit, state, error: { code, message } };
}

/** The ending of a run that a guard refuses before the first write (exit 8). */
export function refusal(code: RefusalReason, message: string, detail = message): FailedEnding {
  return { ...failedEnding(EXIT.refused, 'refused', code, message), stop: { reason: code, detail } };
}

/** The same ending for a command that must leave the files of the run alone. */
export function errorOf({ exit, error }: FailedEnding): CommandError {
  return new CommandError(exit, error.code, error.message);
}

/** A run after its rows had their turn. `decide` returns how it ends when they are counted. */
export type Executed = { run: Run; decide: (tally: Tally) => RunEnding };

/**
 * How a run ends. `stopped`: why rows are left, or null. `failure`: what was thrown, if that is an internal error.
 * `undoes`: it undoes itself if it fails.
 */
export function endingAfter(stopped: StopCause | null, failure: unknown, undoes = false): Executed['decide'] {
  return (tally) => ({
    ...executionExit(stopped, tally),
    stop: stopped,
    error: stopped === null ? null : { code: stopped.reason, message: stopText(stopped, failure, tally, undoes) },
  });
}
