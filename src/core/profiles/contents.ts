import * as z from 'zod';
import type { Page, ProfileItem } from '../api/response.ts';
import { isProfile } from '../input/target.ts';
import type { ProfilePair } from '../plan/preview.ts';

/** What may be on a profile besides its numbers, in the order of the tables. */
export const CONTENTS = [
  'short_codes',
  'alphanumeric_senders',
  'hosted_numbers',
  'keyword_answers',
  'opt_outs',
] as const;
export type Content = (typeof CONTENTS)[number];

/**
 * The lists of the API with one of these. `hosted_numbers_2`: the other path of hosted numbers. `keyword_answers_paged`:
 * with the size of a page.
 */
export type ContentList = Content | 'hosted_numbers_2' | 'keyword_answers_paged';

/** A run that empties more profiles than these is shown by them. */
const MAX_LEFT_PROFILES = 20;
/** What only informs must not take much longer than this. */
const READING_S = 30;

/** How many profiles are looked at: fewer if only few requests can be sent in a second. */
export function mostLeftProfiles(perSecond: number): number {
  const inTime = Math.floor((READING_S * perSecond) / (CONTENTS.length + 1));
  return Math.max(1, Math.min(MAX_LEFT_PROFILES, inTime));
}

/** Null: unknown. */
const COUNT = z.int().min(0).nullable();

/** What stays on a profile that numbers leave. `numbers`: those that the run does not move away. */
export const LEFT_BEHIND = z.object({
  profile: z.string(),
  /** '' if it was not read. */
  name: z.string(),
  numbers: COUNT,
  short_codes: COUNT,
  alphanumeric_senders: COUNT,
  hosted_numbers: COUNT,
  keyword_answers: COUNT,
  opt_outs: COUNT,
});
export type LeftBehind = z.infer<typeof LEFT_BEHIND>;

/** What differs for the numbers that go from one profile to another. */
export const DIFFERENCE = z.object({
  from: z.string(),
  to: z.string(),
  what: z.string(),
  was: z.string(),
  becomes: z.string(),
});
export type Difference = z.infer<typeof DIFFERENCE>;

/** A page of a list that does not say its length is the whole list if it is shorter than the API's smallest page. */
const DEFAULT_PAGE_ROWS = 20;

/**
 * How many items a list has on a profile; null if its first page does not show that. The server may have ignored a
 * filter, so that rows of other profiles do not count. A row that shows no profile is taken to be on this one.
 */
export function countOn({ rows, total, isUncounted }: Page<ProfileItem>, profile: string): number | null {
  const here = rows.filter((row) => row.profile === undefined || row.profile === profile).length;
  const isWhole = isUncounted === true ? rows.length < DEFAULT_PAGE_ROWS : total <= rows.length;
  if (isWhole) return here;
  return here === rows.length && rows.length > 0 && isUncounted !== true ? total : null;
}

/** The profiles that numbers leave, with how many do, the most numbers first. */
export function leavingOf(pairs: readonly ProfilePair[]): [profile: string, numbers: number][] {
  const leaving = new Map<string, number>();
  for (const { from, count } of pairs) if (isProfile(from)) leaving.set(from, (leaving.get(from) ?? 0) + count);
  return [...leaving].sort(([, a], [, b]) => b - a);
}

/** The most frequent moves from one profile to another. */
export function frequentPairs(pairs: readonly ProfilePair[], most: number): ProfilePair[] {
  return pairs.filter(({ from, to }) => isProfile(from) && isProfile(to)).slice(0, most);
}
