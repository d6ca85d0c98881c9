import { namesProfile, type Outcome } from '../../core/attempt/outcome.ts';
import { UNASSIGN } from '../../core/input/target.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { limitText } from '../../core/settings/raw.ts';

import type { Settings } from '../../core/settings/schema.ts';
import { count } from '../../core/text/text.ts';
import type { Stop } from '../stop.ts';

/** Contract: a share of the rows says nothing before so many have failed. */
const LEAST_FAILURES = 20;
/** Contract: so many failures that name one profile hold the other rows of it. */
const PROFILE_FAILURES = 20;

/** Counts failures by what they mean, and stops the run or holds a profile when there are too many. */
export type ErrorBudget = {
  /** Takes the outcomes in the order in which rows end. Gives the profile that this one has put on hold, and why. */
  count: (entry: PlanEntry, outcome: Outcome) => { profile: string; why: string } | null;
  isHeld: (entry: PlanEntry) => boolean;
};

function isAboutProfile(entry: PlanEntry, outcome: Outcome): boolean {
  if (entry.profileTarget === '' || entry.profileTarget === UNASSIGN) return false;
  return namesProfile(outcome);
}

function example(entry: PlanEntry, { httpStatus, errorCode, errorTitle, reason }: Outcome): string {
  const said = [httpStatus === null ? '' : String(httpStatus), errorCode, errorTitle || reason];
  return `row ${entry.row} (line ${entry.line}, id ${entry.id}): ${said.filter((part) => part !== '').join(' ')}`;
}

/** `before`: rows of this run that have ended in earlier sessions, and those of them that failed for good. */
export function createErrorBudget(
  stop: Stop,
  limits: Pick<Settings, 'max_failures' | 'max_same_error'>,
  before: { ended: number; permanent: number },
): ErrorBudget {
  const { value, percent } = limits.max_failures;
  let { ended, permanent } = before;
  const same = new Map<string, number>();
  const profiles = new Map<string, number>();
  const held = new Set<string>();

  function countProfile(entry: PlanEntry, outcome: Outcome): { profile: string; why: string } | null {
    const profile = entry.profileTarget;
    const failures = (profiles.get(profile) ?? 0) + 1;
    profiles.set(profile, failures);
    if (failures < PROFILE_FAILURES || held.has(profile)) return null;
    held.add(profile);
    const why = `${failures} rows to profile ${profile} failed with none updated in between, e.g. ${example(entry, outcome)}`;
    return { profile, why };
  }

  return {
    count(entry, outcome) {
      ended += 1;
      if (outcome.status === 'updated') {
        same.clear();
        profiles.delete(entry.profileTarget);
      }
      if (outcome.status !== 'failed') return null;
      if (isAboutProfile(entry, outcome)) return countProfile(entry, outcome);
      if (outcome.httpStatus !== null) {
        const key = `${outcome.httpStatus} ${outcome.errorCode}`;
        const failures = (same.get(key) ?? 0) + 1;
        same.set(key, failures);
        if (failures >= limits.max_same_error) {
          const what = `${count(failures, 'row')} failed with ${key.trim()} and none was updated in between`;
          stop.ask(
            'max_same_error',
            `${what} (--max-same-error ${limits.max_same_error}); e.g. ${example(entry, outcome)}`,
          );
        }
      }
      if (outcome.retryable) return null;
      permanent += 1;
      const over = percent ? permanent >= LEAST_FAILURES && permanent * 100 > value * ended : permanent > value;
      if (over) {
        const what = `${permanent.toLocaleString('en-US')} of ${count(ended, 'row')} sent failed for good`;
        stop.ask(
          'max_failures',
          `${what} (--max-failures ${limitText(limits.max_failures)}); e.g. ${example(entry, outcome)}`,
        );
      }
      return null;
    },
    isHeld: (entry) => held.has(entry.profileTarget),
  };
}
