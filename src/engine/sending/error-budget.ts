import { namesProfile, type Outcome } from '../../core/attempt/outcome.ts';
import { UNASSIGN } from '../../core/input/target.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { limitText } from '../../core/settings/raw.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { count, thousands } from '../../core/text/text.ts';
import type { Stop } from '../stop.ts';

/** Contract: a percentage stops the run only after this many rows have failed. */
const MIN_FAILURES_FOR_PERCENT = 20;
/** Contract: this many failures that name one profile hold the other rows to it. */
const MAX_PROFILE_FAILURES = 20;

type Hold = { profile: string; why: string };

function isAboutProfile({ profileTarget }: PlanEntry, outcome: Outcome): boolean {
  return profileTarget !== '' && profileTarget !== UNASSIGN && namesProfile(outcome);
}

function example(entry: PlanEntry, { httpStatus, errorCode, errorTitle, reason }: Outcome): string {
  const parts = [httpStatus === null ? '' : String(httpStatus), errorCode, errorTitle || reason];
  return `row ${entry.row} (line ${entry.line}, id ${entry.id}): ${parts.filter((part) => part !== '').join(' ')}`;
}

export type BudgetLimits = Pick<Settings, 'max_failures' | 'max_same_error'>;

/**
 * Counts failures by what they mean. If there are too many, it stops the run or holds a profile. `earlier`: rows of
 * this run that ended in earlier sessions, and how many of them failed permanently. `held`: the profiles that earlier
 * sessions of the command have put on hold.
 */
export function createErrorBudget(
  stop: Stop,
  limits: BudgetLimits,
  earlier: { ended: number; permanent: number },
  held: Iterable<string> = [],
) {
  let { ended, permanent } = earlier;
  let lastPermanent = '';
  const failuresByError = new Map<string, number>();
  const failuresByProfile = new Map<string, number>();
  const heldProfiles = new Set(held);

  function countProfile(entry: PlanEntry, outcome: Outcome): Hold | null {
    const profile = entry.profileTarget;
    const failures = increment(failuresByProfile, profile);
    if (failures < MAX_PROFILE_FAILURES || heldProfiles.has(profile)) return null;
    heldProfiles.add(profile);
    const why = `${failures} rows to profile ${profile} failed with none updated in between, e.g. ${example(entry, outcome)}`;
    return { profile, why };
  }

  function countSameError(entry: PlanEntry, outcome: Outcome): void {
    const error = `${outcome.httpStatus} ${outcome.errorCode}`;
    const failures = increment(failuresByError, error);
    const limit = limits.max_same_error;
    if (failures < limit) return;
    const what = `${count(failures, 'row')} failed with ${error.trim()} and none was updated in between`;
    stop.ask('max_same_error', `${what} (--max-same-error ${limit}); e.g. ${example(entry, outcome)}`);
  }

  function checkPermanent(): void {
    const { value, percent } = limits.max_failures;
    const isOver = percent ? permanent * 100 > value * ended : permanent > value;
    if (!isOver || (percent && permanent < MIN_FAILURES_FOR_PERCENT)) return;
    const what = `${thousands(permanent)} of ${count(ended, 'row')} sent failed for good`;
    const limit = limitText(limits.max_failures);
    const named = lastPermanent === '' ? '' : `; e.g. ${lastPermanent}`;
    stop.ask('max_failures', `${what} (--max-failures ${limit})${named}`);
  }

  function countPermanent(entry: PlanEntry, outcome: Outcome): void {
    permanent += 1;
    lastPermanent = example(entry, outcome);
    checkPermanent();
  }

  function onAccepted({ profileTarget }: PlanEntry): void {
    failuresByError.clear();
    failuresByProfile.delete(profileTarget);
  }

  return {
    /** A write has succeeded, although its row has not ended yet. */
    onAccepted,
    /** Must be called in the order in which rows end. Returns the profile that this outcome puts on hold, and why. */
    count(entry: PlanEntry, outcome: Outcome): Hold | null {
      ended += 1;
      if (outcome.status === 'updated') onAccepted(entry);
      if (outcome.status !== 'failed') return null;
      if (isAboutProfile(entry, outcome)) return countProfile(entry, outcome);
      if (outcome.httpStatus !== null) countSameError(entry, outcome);
      if (!outcome.retryable) countPermanent(entry, outcome);
      return null;
    },
    /** An operator may have lowered --max-failures below what has failed already. */
    onLimit: checkPermanent,
    isHeld: (entry: PlanEntry) => heldProfiles.has(entry.profileTarget),
  };
}

function increment(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}
