import {
  callsByName,
  cheapestWay,
  estimateText,
  isCheapestByName,
  isFirstPageWorthReading,
  MAX_PROBED_PROFILES,
  PAGE_ROWS,
  type ProfileGuess,
  SAMPLE_SIZE,
} from '../../core/account/read-strategy.ts';
import type { AccountSnapshot, NumberKey, UnreadCounts } from '../../core/account/snapshot.ts';
import type { Answer, Body, Page, ShownSettings } from '../../core/api/response.ts';
import { count } from '../../core/text/text.ts';
import { type AccountQuery, type Told, Unread } from './account-query.ts';

/** Which page of numbers is asked for; pages count from 1. */
type Query = { page: number; profile?: string; phoneNumbers?: readonly string[] };

/** The reads of the API that the account is read with. */
export type AccountPorts = {
  read: (number: { id: string }, onLeft: () => void) => Promise<Answer>;
  listNumbers: (query: Query, onLeft: () => void) => Promise<Answer>;
};

/** The rows whose numbers are to be read, in batches; asked for as often as they are needed. */
type Rows = () => AsyncIterable<readonly NumberKey[]>;

/** How the account was read, in words, and how many numbers it holds where a list has told. */
export type Reading = { how: string; total: number | null };

type Parts = {
  account: AccountSnapshot;
  asker: AccountQuery;
  ports: AccountPorts;
  rows: Rows;
  /** Reads under way at once, at most. */
  atOnce: number;
  /** Hears how the numbers are going to be read, and in about how many more calls. */
  onChoice: (by: string, calls: number) => void;
};

/** Runs something for every item, so many at once; the first that throws ends it. */
async function forEach<T>(items: AsyncIterable<T>, atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let over = false;
  const work = async () => {
    try {
      for (let next = await iterator.next(); !over && next.done !== true; next = await iterator.next()) {
        await act(next.value);
      }
    } finally {
      over = true;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, work));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A page of numbers. Throws Unread where the API refuses it. */
function pageOf(told: Told, what: string): Page<ShownSettings> {
  if ('body' in told && told.body.kind === 'numbers') return told.body.page;
  if ('refused' in told) throw new Unread(`${what}: ${told.words}`, told.refused);
  throw new Unread(`${what}: an answer of another kind`);
}

async function readPage(
  { account, asker, ports }: Parts,
  query: Query,
): Promise<Page<ShownSettings> & { hits: number }> {
  const what = `page ${query.page} of the list of numbers`;
  const page = pageOf(await asker.ask(what, (onLeft) => ports.listNumbers(query, onLeft)), what);
  let hits = 0;
  for (const shown of page.rows) if (account.addShown(shown)) hits += 1;
  return { ...page, hits };
}

async function* pageNumbers(from: number, to: number): AsyncGenerator<number> {
  for (let page = from; page <= to; page++) yield page;
}

/** The rows of whom nothing has been read yet. */
async function* unread({ account, rows }: Parts, isMeant: (named: NumberKey) => boolean): AsyncGenerator<NumberKey> {
  for await (const batch of rows())
    for (const named of batch) if (isMeant(named) && account.isUnread(named)) yield named;
}

async function* phoneBatches(parts: Parts): AsyncGenerator<string[]> {
  let batch = new Set<string>();
  for await (const { phoneNumber } of unread(parts, (named) => named.phoneNumber !== '')) {
    batch.add(phoneNumber);
    if (batch.size < PAGE_ROWS) continue;
    yield [...batch];
    batch = new Set();
  }
  if (batch.size > 0) yield [...batch];
}

async function readOne({ account, asker, ports }: Parts, named: NumberKey): Promise<void> {
  if (!account.isUnread(named)) return;
  const told = await asker.ask(`number ${named.id}`, (onLeft) => ports.read(named, onLeft));
  const body: Body | null = 'body' in told ? told.body : null;
  // The answer to a read by id is about that id, whatever it shows.
  if (body?.kind === 'settings') account.addShown({ ...body.settings, id: named.id });
  else
    account.addRefused(named, 'refused' in told && told.refused === 404 ? null : 'refused' in told ? told.words : '?');
}

/** Reads what is left by its names: pages of phone numbers, and one call for each id that these have not shown. */
async function readByName(parts: Parts): Promise<void> {
  const { account, atOnce } = parts;
  await forEach(phoneBatches(parts), atOnce, async (phoneNumbers) => {
    const first = await readPage(parts, { page: 1, phoneNumbers });
    for await (const page of pageNumbers(2, first.pages)) await readPage(parts, { page, phoneNumbers });
    // A filtered list says of a phone number that it does not show that the account does not have it.
    for (const phoneNumber of phoneNumbers) {
      const named = { id: '', phoneNumber };
      if (account.isUnread(named)) account.addRefused(named, null);
    }
  });
  await readEach(parts);
}

/** Reads what is left with one call for each id. */
function readEach(parts: Parts): Promise<void> {
  const byId = unread(parts, (named) => named.id !== '');
  return forEach(byId, parts.atOnce, (named) => readOne(parts, named));
}

/** Reads the other pages of a list; gives whether it stood still meanwhile. */
async function readRest(parts: Parts, first: Page<ShownSettings>, query: Omit<Query, 'page'>): Promise<boolean> {
  let still = true;
  await forEach(pageNumbers(2, first.pages), parts.atOnce, async (page) => {
    const { total } = await readPage(parts, { ...query, page });
    if (total !== first.total) still = false;
  });
  return still;
}

function readingText(numbers: number, by: string, calls: number, why: string): string {
  return `${count(numbers, 'number')} read ${by}, in ${count(calls, 'call')}${why === '' ? '' : `\n${why}`}`;
}

// What a server answers that knows no list of numbers.
const NO_LISTS = new Set([404, 405]);

/**
 * Reads the numbers that rows name, at the least number of calls: by their names, from the whole list, or from the list
 * of a profile that most of them are on. Afterwards the account knows of each of them whether it is there. Throws
 * Unread and Stopped.
 */
export async function readAccount(parts: Parts, targets: readonly string[]): Promise<Reading> {
  const { account, asker } = parts;
  const { ids, phones } = account.unreadCounts();
  try {
    const { by, why, total } = await readCheapest(parts, targets);
    return { how: readingText(ids + phones, by, asker.calls(), why), total };
  } catch (error) {
    if (!(error instanceof Unread && NO_LISTS.has(error.refused)) || account.unreadCounts().phones > 0) throw error;
    parts.onChoice('one by one', account.unreadCounts().ids);
    await readEach(parts);
    return { how: readingText(ids + phones, 'one by one, as the API gives no list', asker.calls(), ''), total: null };
  }
}

const idsAndPhones = ({ ids, phones }: UnreadCounts) => ids + phones;

/**
 * The profiles that many of the numbers may be on: those that they are to go to, where there are few, and the one that
 * all of the first few are on. These are read one by one where the first page has not shown them.
 */
async function likelyProfiles(parts: Parts, targets: readonly string[], wanted: number): Promise<string[]> {
  const { account } = parts;
  const likely = new Set(targets.length <= MAX_PROBED_PROFILES ? targets : []);
  const samples = unread(parts, (named) => named.id !== '');
  for (;;) {
    const on = account.profilesInUse();
    if (on.length > 1) break;
    if (wanted - idsAndPhones(account.unreadCounts()) >= SAMPLE_SIZE) {
      for (const profile of on) likely.add(profile);
      break;
    }
    const next = await samples.next();
    if (next.done === true) break;
    await readOne(parts, next.value);
  }
  return [...likely];
}

/**
 * The ways by which the numbers were read, what others would have taken, and how many the account holds where a list has
 * told.
 */
async function readCheapest(
  parts: Parts,
  targets: readonly string[],
): Promise<{ by: string; why: string; total: number | null }> {
  const { account, onChoice } = parts;
  if (isCheapestByName(account.unreadCounts())) {
    const why = estimateText(account.unreadCounts(), null);
    onChoice('by name', callsByName(account.unreadCounts()));
    await readByName(parts);
    return { by: 'by name', why, total: null };
  }
  const demanded = account.unreadCounts();
  // The first page tells how many there are; it is lost only where another way turns out to be cheaper.
  const whole = await readPage(parts, { page: 1 });
  const wholeLeft = Math.max(0, whole.pages - 1);
  const why = estimateText(demanded, whole.pages);
  const listed: Record<string, Page<ShownSettings>> = {};
  let guesses: ProfileGuess[] = [];
  const choose = () => cheapestWay(account.unreadCounts(), wholeLeft, guesses);
  if (isFirstPageWorthReading(account.unreadCounts(), wholeLeft)) {
    for (const profile of await likelyProfiles(parts, targets, idsAndPhones(demanded))) {
      const page = await readPage(parts, { page: 1, profile });
      listed[profile] = page;
      const share = page.rows.length === 0 ? 0 : page.hits / page.rows.length;
      guesses.push({ profile, pagesLeft: Math.max(0, page.pages - 1), hits: share * (page.total - page.rows.length) });
    }
  }
  const read: string[] = [];
  for (let choice = choose(); ; choice = choose()) {
    if (choice.how === 'profile') {
      const { profile } = choice;
      onChoice(`from the list of profile ${profile}`, (listed[profile] as Page<ShownSettings>).pages - 1);
      await readRest(parts, listed[profile] as Page<ShownSettings>, { profile });
      read.push(`from the list of profile ${profile}`);
      guesses = guesses.filter((guess) => guess.profile !== profile);
      continue;
    }
    if (choice.how === 'by_name') {
      onChoice('by name', callsByName(account.unreadCounts()));
      await readByName(parts);
      return { by: [...read, 'by name'].join(' and '), why, total: whole.total };
    }
    onChoice(`from the list of all ${whole.total.toLocaleString('en-US')}`, wholeLeft);
    const still = await readRest(parts, whole, {});
    read.push(`from the list of all ${whole.total.toLocaleString('en-US')}`);
    // Numbers that come or go while it is paged shift the others from page to page, and one may be passed over.
    if (still && account.countShown() === whole.total) account.markRestAbsent();
    else {
      onChoice('that the shifting list has not shown', callsByName(account.unreadCounts()));
      await readByName(parts);
    }
    return { by: read.join(' and '), why, total: whole.total };
  }
}
