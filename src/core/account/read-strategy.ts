import { thousands } from '../text/text.ts';
import type { UnreadCounts } from './snapshot.ts';

/** The most rows of one page, and the most phone numbers in the filter of one page. */
export const PAGE_ROWS = 250;

/**
 * The numbers to list: all, those on one profile, those with these phone numbers, with these digits in a row, or of one
 * type. Pages are counted from 1.
 */
export type NumbersQuery = {
  page: number;
  profile?: string;
  phoneNumbers?: readonly string[];
  contains?: string;
  type?: string;
  /** Whether every field of the numbers is wanted. The request is the same. */
  whole?: boolean;
};

/** What the first page of the list of one profile suggests about the rest of that list. */
export type ProfileGuess = {
  profile: string;
  pagesLeft: number;
  /** How many of the numbers that are still unread the rest probably shows. */
  hits: number;
};

const pagesOf = (rows: number) => Math.ceil(rows / PAGE_ROWS);

/** Requests that read the numbers by name: filtered pages for phone numbers, one request for each other id. */
export function callsByName({ ids, idsWithPhone, phones }: UnreadCounts): number {
  return pagesOf(idsWithPhone + phones) + (ids - idsWithPhone);
}

/** How many requests each way to read takes, for people. `wholePages` is null if the length of the list is unknown. */
export function estimateText(unread: UnreadCounts, wholePages: number | null): string {
  const { ids, idsWithPhone, phones } = unread;
  const byPhone = pagesOf(idsWithPhone + phones);
  const ways = [
    ...(byPhone > 0 ? [`${thousands(byPhone)} by phone number`] : []),
    ...(ids > idsWithPhone ? [`${thousands(ids - idsWithPhone)} one by one`] : []),
  ].join(' and ');
  if (wholePages === null) return `estimated requests: ${ways}, and no list takes fewer`;
  return `estimated requests: ${ways}, or ${thousands(wholePages)} from the whole list`;
}

/** Whether no list can beat reading by name: any list has at least these numbers in it. */
export function isCheapestByName(unread: UnreadCounts): boolean {
  const calls = callsByName(unread);
  return calls <= 2 || calls <= pagesOf(unread.ids + unread.phones);
}

/** The first pages of profile lists are read only if every other way takes more requests than this. */
const MIN_CALLS_TO_PROBE_PROFILES = 8;
/** Target profiles are probed only if there are no more than this. */
export const MAX_PROBED_PROFILES = 3;
/** If this many of the numbers are on the same profile, that profile is probed. */
export const SAMPLE_SIZE = 3;
/** A profile list must save this share of the requests, because its first page only hints at the other pages. */
const MIN_SAVED_SHARE = 0.2;

/** Whether the list of a profile could save enough requests that its first page is worth reading. */
export function isFirstPageWorthReading(unread: UnreadCounts, wholeLeft: number): boolean {
  const best = Math.min(wholeLeft, callsByName(unread));
  // The wanted numbers fill at least this many pages of any list.
  const leastPages = pagesOf(unread.ids + unread.phones);
  return best > MIN_CALLS_TO_PROBE_PROFILES && leastPages < best * (1 - MIN_SAVED_SHARE);
}

/** How the unread numbers are to be read: by name, from the list of all numbers, or from the list of one profile. */
export type ReadingWay = { how: 'by_name' | 'whole' } | { how: 'profile'; profile: string };

/** The cheapest way to read what is unread. `wholeLeft`: pages of the list of all numbers that are not read yet. */
export function cheapestWay(unread: UnreadCounts, wholeLeft: number, guesses: readonly ProfileGuess[]): ReadingWay {
  const byName = callsByName(unread);
  const best = Math.min(byName, wholeLeft);
  const wanted = unread.ids + unread.phones;
  let way: ReadingWay = { how: byName < wholeLeft ? 'by_name' : 'whole' };
  let least = best * (1 - MIN_SAVED_SHARE);
  for (const { profile, pagesLeft, hits } of guesses) {
    const restShare = Math.max(0, 1 - hits / Math.max(1, wanted));
    const calls = pagesLeft + Math.min(wholeLeft, Math.ceil(byName * restShare));
    if (calls >= least) continue;
    least = calls;
    way = { how: 'profile', profile };
  }
  return way;
}
