import {
  callsByName,
  cheapestWay,
  estimateText,
  isCheapestByName,
  isFirstPageWorthReading,
  MAX_PROBED_PROFILES,
  type ProfileGuess,
  SAMPLE_SIZE,
} from '../../core/account/read-strategy.ts';
import type { UnreadCounts } from '../../core/account/snapshot.ts';
import type { Page, ShownSettings } from '../../core/api/response.ts';
import { count, thousands } from '../../core/text/text.ts';
import { Unread } from './account-query.ts';
import { type AccountReadOptions, readEach, readOne, readPage, readRest, unreadRows } from './number-reads.ts';
import { OWNERS_BATCH, readByOwner } from './owner-reads.ts';
import { LIST_REFUSED, readByName } from './phone-reads.ts';

/** How the account was read, in words, and how many numbers it holds; null if no list has shown that. */
export type Reading = { how: string; total: number | null };

/** The statuses of a server that has no list of numbers. */
const NO_LIST = new Set([404, 405]);

/**
 * Reads the numbers that rows name, in as few requests as possible: by name, from the list of all numbers, or from the
 * list of a profile that most of them have. Afterwards the account knows of each of them whether it exists. `targets`:
 * the profiles that rows go to. Throws Unread and Stopped.
 */
export async function readAccount(options: AccountReadOptions, targets: readonly string[]): Promise<Reading> {
  const { account, query, onChoice } = options;
  const wanted = total(account.unreadCounts());
  const describe = (by: string, why: string) =>
    `Read ${count(wanted, 'number')} in ${count(query.calls(), 'request')} (${by})${why === '' ? '' : `\n${why}`}`;
  try {
    const read = await readCheapest(options, targets);
    // A few ids are read without any list, which alone tells numbers that do not exist from a wrong URL or key.
    if (query.isDoubtful()) await readPage(options, { page: 1 });
    return { how: describe(read.by, read.why), total: read.total };
  } catch (error) {
    if (error instanceof Unread && LIST_REFUSED.has(error.refusedStatus)) {
      const read = await readWithoutFilter(options, error);
      return { how: describe(`${read.by}, because the API takes no list of phone numbers`, ''), total: read.total };
    }
    const hasNoList = error instanceof Unread && NO_LIST.has(error.refusedStatus);
    if (hasNoList && account.unreadCounts().phones > 0) query.refuseIfDoubtful('the list of numbers');
    if (!hasNoList || account.unreadCounts().phones > 0) throw error;
    onChoice('one by one', account.unreadCounts().ids);
    await readEach(options);
    // A server without a list has at least one of the numbers, or it is not the API.
    query.refuseIfDoubtful(`the list of numbers and to ${count(wanted, 'number')}`);
    return { how: describe('one by one, because the API has no list of numbers', ''), total: null };
  }
}

const total = ({ ids, phones }: UnreadCounts) => ids + phones;

/** At most this many of the numbers that a list has not shown are read by id. */
const MAX_CHECKED = 3;

/**
 * Whether a list that was read to its end has shown all numbers. Its own total may be too small, so a few of those that
 * it has not shown are read.
 */
async function isComplete(options: AccountReadOptions, whole: Page<unknown>): Promise<boolean> {
  const { account } = options;
  if (account.countShown() !== totalOf(whole)) return false;
  let checked = 0;
  for await (const named of unreadRows(options, 'id')) {
    await readOne(options, named);
    if (account.stateOf(named).state !== 'absent') return false;
    checked += 1;
    if (checked === MAX_CHECKED) break;
  }
  return true;
}

/** Reads the numbers of an API that refuses to filter by phone number: from the whole list, or one by one. */
async function readWithoutFilter(options: AccountReadOptions, refusal: Unread) {
  const { account, onChoice } = options;
  const { ids, phones } = account.unreadCounts();
  const whole = await readPage(options, { page: 1 });
  const each = ids + phones + Math.ceil(phones / OWNERS_BATCH);
  const isEachCheaper = each < pagesAfter(whole) && (phones === 0 || (await readByOwner(options)));
  if (!isEachCheaper) {
    onChoice('from the whole list', whole.pages - 1);
    const isStable = await readRest(options, whole);
    if (isStable && (await isComplete(options, whole))) account.markRestAbsent();
    else if (account.unreadCounts().phones > 0) throw refusal;
  }
  await readEach(options);
  return { by: isEachCheaper ? 'one by one' : 'from the whole list', total: totalOf(whole) };
}

/** The pages of a list after its first one. One that does not say how much follows has no end to wait for. */
const pagesAfter = ({ pages, isUncounted }: Page<unknown>) =>
  isUncounted === true ? Number.POSITIVE_INFINITY : Math.max(0, pages - 1);
const totalOf = ({ total: rows, isUncounted }: Page<unknown>) => (isUncounted === true ? null : rows);

/** Returns how the numbers were read, and what the other ways would have taken. */
async function readCheapest(options: AccountReadOptions, targets: readonly string[]) {
  const { account, onChoice } = options;
  const demand = account.unreadCounts();
  if (isCheapestByName(demand)) {
    onChoice('by phone number or id', callsByName(demand));
    await readByName(options);
    return { by: 'by phone number or id', why: estimateText(demand, null), total: null };
  }
  // The first page shows how many numbers there are; the request is wasted only if another way is cheaper.
  const whole = await readPage(options, { page: 1 });
  const lists: ProfileList[] = [];
  if (isFirstPageWorthReading(account.unreadCounts(), pagesAfter(whole))) {
    for (const profile of await likelyProfiles(options, targets, total(demand))) {
      lists.push(await readFirstPage(options, profile));
    }
  }
  const by = await readLists(options, whole, lists);
  return { by, why: estimateText(demand, whole.isUncounted === true ? null : whole.pages), total: totalOf(whole) };
}

type ProfileList = { first: Page<ShownSettings>; guess: ProfileGuess };

/** Guesses from the first page how many of the wanted numbers the other pages hold. */
async function readFirstPage(options: AccountReadOptions, profile: string): Promise<ProfileList> {
  const first = await readPage(options, { page: 1, profile });
  const share = first.rows.length === 0 ? 0 : first.wanted / first.rows.length;
  const hits = share * (first.total - first.rows.length);
  return { first, guess: { profile, pagesLeft: Math.max(0, first.pages - 1), hits } };
}

/**
 * The profiles that many of the numbers may have: those that they go to, if these are few, and the one that all of the
 * first few numbers have. The first few are read one by one if the first page has not shown them.
 */
async function likelyProfiles(options: AccountReadOptions, targets: readonly string[], wanted: number) {
  const { account } = options;
  const likely = new Set(targets.length <= MAX_PROBED_PROFILES ? targets : []);
  const samples = unreadRows(options, 'id');
  for (;;) {
    const profiles = account.profilesInUse();
    if (profiles.length > 1) return likely;
    if (wanted - total(account.unreadCounts()) >= SAMPLE_SIZE) return new Set([...likely, ...profiles]);
    const next = await samples.next();
    if (next.done === true) return likely;
    await readOne(options, next.value);
  }
}

/** Reads lists as long as that is cheapest, and the rest by name. Returns how the numbers were read. */
async function readLists(options: AccountReadOptions, whole: Page<ShownSettings>, lists: ProfileList[]) {
  const { account, onChoice } = options;
  const pagesLeft = pagesAfter(whole);
  const ways: string[] = [];
  let left = lists;
  for (;;) {
    const demand = account.unreadCounts();
    const guesses = left.map(({ guess }) => guess);
    const choice = cheapestWay(demand, pagesLeft, guesses);
    if (choice.how === 'by_name') {
      onChoice('by phone number or id', callsByName(demand));
      await readByName(options);
      return [...ways, 'by phone number or id'].join(' and ');
    }
    if (choice.how !== 'profile') break;
    const { profile } = choice;
    const list = left.find(({ guess }) => guess.profile === profile) as ProfileList;
    ways.push(`from the list of profile ${profile}`);
    onChoice(`from the list of profile ${profile}`, list.guess.pagesLeft);
    await readRest(options, list.first, profile);
    left = left.filter((one) => one !== list);
  }
  const way = `from the list of all ${thousands(whole.total)}`;
  onChoice(way, pagesLeft);
  const isStable = await readRest(options, whole);
  // Numbers that are added or removed meanwhile move others between pages, and one may be missed.
  if (isStable && (await isComplete(options, whole))) account.markRestAbsent();
  else {
    onChoice('that the shifting list has not shown', callsByName(account.unreadCounts()));
    await readByName(options);
  }
  return [...ways, way].join(' and ');
}
