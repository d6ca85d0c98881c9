import type { Finding } from '../../core/followup/finding.ts';
import { expectedRate } from '../../core/plan/plan-text.ts';
import type { Preview } from '../../core/plan/preview.ts';
import { stillThereLines } from '../../core/profiles/around-text.ts';
import {
  CONTENTS,
  type Difference,
  frequentPairs,
  type LeftBehind,
  leavingOf,
  mostLeftProfiles,
} from '../../core/profiles/contents.ts';
import { answerChanges, keptDifferences, settingChanges } from '../../core/profiles/differences.ts';
import { count } from '../../core/text/text.ts';
import { type FoundContents, readProfileContents } from '../../engine/reading/profile-contents.ts';
import type { Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import type { KeyedInvocation } from '../invocation.ts';
import type { Run } from '../run/open.ts';
import { type AccountAccess, readMore } from './access.ts';
import type { AccountView } from './read-for-plan.ts';

/** What a plan leaves on the profiles that numbers leave, and what differs for those that move. */
export type AroundMove = { left_behind: LeftBehind[]; differences: Difference[] };

export const NOTHING_AROUND: AroundMove = { left_behind: [], differences: [] };

/** Moves whose profiles are compared. */
const MAX_COMPARED_PAIRS = 5;

/** After this time what is not known yet stays unknown: it only informs, and the API may be slow. */
const MAX_READING_MS = 60_000;

/** Whether the time for these reads is over. */
function lateness(): () => boolean {
  const endsAt = realClock.now() + MAX_READING_MS;
  return () => realClock.now() > endsAt;
}

/**
 * Profiles in the order in which they are read. One without a name is not in the account: its 404 must not be taken for
 * that of a list which the API does not have.
 */
function readingOrder(profiles: readonly string[], nameOf: (profile: string) => string): string[] {
  return [...profiles].sort((a, b) => Number(nameOf(a) === '') - Number(nameOf(b) === ''));
}

/** What was found on a profile; null is unknown. */
function foundOn({ counts }: FoundContents, profile: string) {
  const on = (name: keyof FoundContents['counts']) => counts[name].get(profile) ?? null;
  return {
    short_codes: on('short_codes'),
    alphanumeric_senders: on('alphanumeric_senders'),
    hosted_numbers: on('hosted_numbers'),
    keyword_answers: on('keyword_answers'),
    opt_outs: on('opt_outs'),
  };
}

function announceContents(
  announce: AccountAccess['announce'],
  profiles: readonly string[],
  numbersOf: readonly string[],
): void {
  announce(
    `what else is on ${count(profiles.length, 'profile')}`,
    profiles.length * CONTENTS.length + numbersOf.length,
  );
}

type Planned = { view: AccountView; preview: Preview; numbersOn: (profile: string) => number | null };

/**
 * Reads what stays on the profiles that most numbers of a plan leave, and compares the profiles of its most frequent
 * moves. Only for a plan of new targets: a retry or an undo goes the way of an earlier plan. Throws Stopped.
 */
export async function readAroundMove(
  { manifest }: Run,
  { view, preview, numbersOn }: Planned,
  { query, client, concurrency, announce }: AccountAccess,
  { settings }: KeyedInvocation,
): Promise<AroundMove> {
  if (manifest.command === 'verify' || manifest.source !== null) return NOTHING_AROUND;
  const pairs = preview.pairs();
  const leaving = leavingOf(pairs).slice(0, mostLeftProfiles(expectedRate(settings.rate)));
  if (leaving.length === 0) return NOTHING_AROUND;
  const nameOf = (profile: string) => view.profiles.get(profile)?.name ?? '';
  const profiles = readingOrder(
    leaving.map(([profile]) => profile),
    nameOf,
  );
  const compared = frequentPairs(pairs, MAX_COMPARED_PAIRS);
  const answersOf = compared.flatMap(({ from, to }) => [from, to]);
  const numbersOf = profiles.filter((profile) => numbersOn(profile) === null);
  announceContents(announce, profiles, numbersOf);
  const wanted = { profiles, numbersOf, answersOf, concurrency, isLate: lateness() };
  const found = await readProfileContents(query, client, wanted);
  return {
    left_behind: leaving.map(([profile, numbers]) => {
      const on = numbersOn(profile) ?? found.counts.numbers.get(profile) ?? null;
      // Numbers that others have moved meanwhile are not below none.
      const left = on === null ? null : Math.max(0, on - numbers);
      return { profile, name: nameOf(profile), numbers: left, ...foundOn(found, profile) };
    }),
    differences: compared.flatMap(({ from, to }) => {
      const [was, becomes] = [view.profiles.get(from), view.profiles.get(to)];
      const settings = was && becomes ? settingChanges(was, becomes) : [];
      const answered = found.counts.keyword_answers.get(from) ?? 0;
      const answers = answerChanges(answered, found.answers.get(from), found.answers.get(to));
      return keptDifferences(from, to, [...settings, ...answers]);
    }),
  };
}

/** Reads again what is on the profiles that a run was planned to leave. Throws Stopped. */
async function readLeftBehind(
  planned: readonly LeftBehind[],
  { query, client, concurrency, announce }: Pick<AccountAccess, 'query' | 'client' | 'concurrency' | 'announce'>,
): Promise<LeftBehind[]> {
  const names = new Map(planned.map(({ profile, name }) => [profile, name]));
  const profiles = readingOrder([...names.keys()], (profile) => names.get(profile) ?? '');
  announceContents(announce, profiles, profiles);
  const wanted = { profiles, numbersOf: profiles, answersOf: [], concurrency, isLate: lateness() };
  const found = await readProfileContents(query, client, wanted);
  return planned.map(({ profile, name }) => {
    const numbers = found.counts.numbers.get(profile) ?? null;
    return { profile, name, numbers, ...foundOn(found, profile) };
  });
}

/** What is still on the profiles that a run was planned to leave. It is never bad: it may be meant to stay there. */
export async function findLeftBehind(
  { run, stop }: { run: Run; stop: Stop },
  invocation: KeyedInvocation,
): Promise<Finding | null> {
  const planned = run.manifest.plan?.left_behind ?? [];
  if (planned.length === 0) return null;
  const options = { stop, recorded: false };
  const left = await readMore(run, invocation, options, (access) => readLeftBehind(planned, access));
  return left && { lines: stillThereLines(left), fields: { left_behind: left }, isBad: false };
}
