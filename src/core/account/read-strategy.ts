import type { Demand } from './snapshot.ts';

/** The most rows of a page, and the most phone numbers that one filtered page is asked for. */
export const PAGE_ROWS = 250;

/** A list of one profile, as far as its first page tells: what is left to read of it, and how many of the numbers that
 * are still to be read it is likely to show. */
export type ProfileGuess = { profile: string; pagesLeft: number; hits: number };

const pagesOf = (rows: number) => Math.ceil(rows / PAGE_ROWS);

/** Calls that read the numbers by their names: filtered pages for phone numbers, one call for each other id. */
export function callsByName({ ids, idsWithPhone, phones }: Demand): number {
  return pagesOf(idsWithPhone + phones) + (ids - idsWithPhone);
}

/** What reading takes in calls by the ways that there are, for people; the pages of the whole list where it is known. */
export function estimateText(demand: Demand, wholePages: number | null): string {
  const calls = (n: number) => n.toLocaleString('en-US');
  const { ids, idsWithPhone, phones } = demand;
  const byPhone = pagesOf(idsWithPhone + phones);
  const ways = [
    ...(byPhone > 0 ? [`${calls(byPhone)} by phone number`] : []),
    ...(ids > idsWithPhone ? [`${calls(ids - idsWithPhone)} one by one`] : []),
  ].join(' and ');
  if (wholePages === null) return `estimated calls: ${ways}, and no list could take fewer`;
  return `estimated calls: ${ways}, or ${calls(wholePages)} from the whole list`;
}

/** Whether reading by name cannot be beaten, whatever the account holds: a list has at least these numbers in it. */
export function isCheapestByName(demand: Demand): boolean {
  const calls = callsByName(demand);
  return calls <= 2 || calls <= pagesOf(demand.ids + demand.phones);
}

/** Profiles are worth a look at their first page when all else takes more calls than this. */
const WORTH_A_LOOK = 8;
/** Targets are looked at when there are no more of them than this. */
export const MOST_PROFILES = 3;
/** When so many of the numbers are on one profile, the others may be. */
export const SAMPLES = 3;

/** A list must save so much of the calls to be chosen, as its first page tells only roughly who is on the others. */
const MUST_SAVE = 0.2;

/** Whether the list of a profile could save enough calls to be worth a look at its first page. */
export function isWorthALook(demand: Demand, wholeLeft: number): boolean {
  const best = Math.min(wholeLeft, callsByName(demand));
  // The numbers that are wanted fill so many pages of whatever list.
  return best > WORTH_A_LOOK && pagesOf(demand.ids + demand.phones) < best * (1 - MUST_SAVE);
}

/** How the numbers that are still to be read are to be read: by name, from the whole list, or from that of a profile. */
export type Choice = { how: 'by_name' | 'whole' } | { how: 'profile'; profile: string };

/**
 * The cheapest way to read what is left. `wholeLeft`: pages of the whole list that are still to be read.
 */
export function cheapest(demand: Demand, wholeLeft: number, guesses: readonly ProfileGuess[]): Choice {
  const byName = callsByName(demand);
  const best = Math.min(byName, wholeLeft);
  const wanted = demand.ids + demand.phones;
  let choice: Choice = { how: byName < wholeLeft ? 'by_name' : 'whole' };
  let least = best * (1 - MUST_SAVE);
  for (const { profile, pagesLeft, hits } of guesses) {
    const rest = Math.max(0, 1 - hits / Math.max(1, wanted));
    const calls = pagesLeft + Math.min(wholeLeft, Math.ceil(byName * rest));
    if (calls >= least) continue;
    least = calls;
    choice = { how: 'profile', profile };
  }
  return choice;
}
