import { PAGE_ROWS } from '../../core/account/read-strategy.ts';
import { Unread } from './account-query.ts';
import {
  createListWatch,
  forEach,
  type NumberReadOptions,
  readEach,
  readPage,
  unreadPhoneNumbers,
} from './number-reads.ts';
import { createOwnerLookup, NOTHING_KNOWN, type OwnerLookup } from './owner-reads.ts';

/** The statuses with which a server refuses a list of phone numbers that is too long, or has one that it dislikes. */
export const LIST_REFUSED: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);
/** Phone numbers that a batch has not shown are requested again in a batch of the next of these sizes. */
const SMALL_BATCH = 25;
const SMALL_BATCHES = [SMALL_BATCH, 5, 1];
/** A file of the wrong account must not cost a request for each of its rows. */
const MAX_DOUBTS = 100;
/** After this many phone numbers that are refused alone, before any was accepted, the filter is not worth trying. */
const MAX_REFUSED_ALONE = 3;
/** Fewer missing numbers that rows name by id too are read by these ids at once. */
const MIN_MISSING_IDS = 3;

/**
 * What answers have shown of the lists of phone numbers that a server takes. `size`: the most phone numbers that one
 * request names. `trusted`: lists of this length are not cut, because an answer has shown as many numbers. `mustFilter`: a
 * server that lists all numbers instead takes no lists.
 */
export type ListLimits = { size: number; trusted: number; mustFilter: boolean };

export function createListLimits(mustFilter = false): ListLimits {
  return { size: PAGE_ROWS, trusted: 1, mustFilter };
}

/** A list that is this many times as long as the phone numbers that it was filtered by was not filtered. */
const UNFILTERED_FACTOR = 2;

/** A search for numbers by phone number. */
type Search = {
  options: NumberReadOptions;
  limits: ListLimits;
  accepted: boolean;
  /** How many phone numbers may still be looked up in shorter lists than a small batch although none was shown. */
  doubts: number;
  /** Phone numbers that were refused alone, and the last of these refusals. */
  refusedAlone: number;
  refusal: Unread | null;
  owners: OwnerLookup;
};

/** Requests all pages of a list of phone numbers. Returns those that it does not show. */
async function request(search: Search, phoneNumbers: readonly string[]): Promise<string[]> {
  const { options, limits } = search;
  const missing = new Set(phoneNumbers);
  const take = ({ rows }: Awaited<ReturnType<typeof readPage>>) => {
    for (const { phoneNumber } of rows) if (phoneNumber !== undefined) missing.delete(phoneNumber);
  };
  const first = await readPage(options, { page: 1, phoneNumbers });
  if (limits.mustFilter && first.total > UNFILTERED_FACTOR * phoneNumbers.length) {
    throw new Unread('the API does not filter the list of numbers by phone number');
  }
  take(first);
  const continues = createListWatch(first);
  for (let number = 2; number <= first.pages; number++) {
    const page = await readPage(options, { page: number, phoneNumbers });
    take(page);
    if (!continues(page)) break;
  }
  limits.trusted = Math.max(limits.trusted, phoneNumbers.length - missing.size);
  return [...missing];
}

/** Requests phone numbers, in halves if the server refuses the list. `isWhole`: it accepted the list as it is. */
async function requestInHalves(
  search: Search,
  phoneNumbers: readonly string[],
): Promise<{ missing: string[]; isWhole: boolean }> {
  try {
    const missing = await request(search, phoneNumbers);
    search.accepted = true;
    return { missing, isWhole: true };
  } catch (error) {
    if (!(error instanceof Unread) || !LIST_REFUSED.has(error.refusedStatus)) throw error;
    if (phoneNumbers.length === 1) {
      search.refusedAlone += 1;
      search.refusal = error;
      if (!search.accepted && search.refusedAlone >= MAX_REFUSED_ALONE) throw error;
      return { missing: [...phoneNumbers], isWhole: false };
    }
    const half = Math.ceil(phoneNumbers.length / 2);
    const first = await requestInHalves(search, phoneNumbers.slice(0, half));
    const second = await requestInHalves(search, phoneNumbers.slice(half));
    // If only one half was refused too, something in it is the cause, and not its length.
    if (first.isWhole && second.isWhole) search.limits.size = Math.min(search.limits.size, half);
    return { missing: [...first.missing, ...second.missing], isWhole: false };
  }
}

/** Requests phone numbers within the limits known so far. Returns those that no answer has shown. */
async function requestAll(search: Search, phoneNumbers: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (let at = 0; at < phoneNumbers.length; ) {
    const batch = phoneNumbers.slice(at, at + search.limits.size);
    missing.push(...(await requestInHalves(search, batch)).missing);
    at += batch.length;
  }
  return missing;
}

/** Whether an answer without any of these phone numbers shows that the account has none of them. */
function isBelieved(search: Search, phoneNumbers: readonly string[]): boolean {
  if (Math.min(phoneNumbers.length, search.limits.size) <= search.limits.trusted) return true;
  search.doubts -= phoneNumbers.length;
  return search.doubts < 0;
}

/**
 * Requests the phone numbers that a batch of `asked` has not shown again, in smaller batches, because a server may cut
 * a list silently. Returns those that the account does not have.
 */
async function requestMissing(search: Search, missing: readonly string[], asked: number): Promise<string[]> {
  const size = SMALL_BATCHES.find((smaller) => smaller < asked) ?? 1;
  const absent: string[] = [];
  for (let at = 0; at < missing.length; at += size) {
    const batch = missing.slice(at, at + size);
    const left = await requestAll(search, batch);
    if (left.length < batch.length)
      search.limits.size = Math.min(search.limits.size, Math.max(1, asked - missing.length));
    const isOver = left.length === 0 || (left.length === batch.length && isBelieved(search, batch));
    absent.push(...(isOver ? left : await requestMissing(search, left, batch.length)));
  }
  return absent;
}

/** Reads the numbers of a batch. Afterwards those that rows name by phone number alone are known to exist or not. */
async function readBatch(search: Search, phoneNumbers: readonly string[]): Promise<void> {
  const { options, owners } = search;
  const { account } = options;
  const isNamedByPhone = (phoneNumber: string) => account.isUnread({ id: '', phoneNumber });
  let missing = await requestAll(search, phoneNumbers);
  if (search.refusal !== null && !search.accepted) throw search.refusal;
  if (!missing.some(isNamedByPhone) && missing.length < MIN_MISSING_IDS) return;
  // One request in place of several small batches.
  const { ids, absent } = missing.length > SMALL_BATCH ? await owners.ask(missing) : NOTHING_KNOWN;
  missing = missing.filter((phoneNumber) => !absent.has(phoneNumber));
  missing = await requestMissing(search, missing, phoneNumbers.length);
  for (const phoneNumber of missing.filter(isNamedByPhone)) {
    const id = ids.get(phoneNumber);
    if (id !== undefined) await owners.read(id, phoneNumber);
  }
  for (const phoneNumber of [...absent, ...missing].filter(isNamedByPhone)) {
    account.addRefused({ id: '', phoneNumber }, null);
  }
}

const createSearch = (options: NumberReadOptions, limits: ListLimits): Search => ({
  options,
  limits,
  accepted: false,
  doubts: MAX_DOUBTS,
  refusedAlone: 0,
  refusal: null,
  owners: createOwnerLookup(options),
});

/**
 * Reads the unread numbers from lists of phone numbers. Throws Unread with a status of LIST_REFUSED if the server takes
 * none. What answers show of `limits` is kept in it for the next search.
 */
export async function readByPhone(options: NumberReadOptions, limits: ListLimits): Promise<void> {
  const search = createSearch(options, limits);
  await forEach(unreadPhoneNumbers(options, limits.size), options.concurrency, (batch) => readBatch(search, batch));
}

/** Reads the unread numbers by name: as `readByPhone`, then one request for each id that the lists have not shown. */
export async function readByName(options: NumberReadOptions): Promise<void> {
  await readByPhone(options, createListLimits());
  await readEach(options);
}
