import type { NumbersQuery } from '../../core/account/read-strategy.ts';
import type { AccountSnapshot, NumberKey } from '../../core/account/snapshot.ts';
import type { Answer, Page, ShownSettings } from '../../core/api/response.ts';
import { phoneReadings } from '../../core/input/phone.ts';
import { type AccountQuery, pageIn, type QueryResult, Unread } from './account-query.ts';

export type NumberReadOptions = {
  /** Takes what is read, and knows what is not. */
  account: Pick<AccountSnapshot, 'addShown' | 'addRefused' | 'isUnread'>;
  query: AccountQuery;
  ports: {
    read: (number: { id: string }, onSent: () => void) => Promise<Answer>;
    listNumbers: (query: NumbersQuery, onSent: () => void) => Promise<Answer>;
    verifyOwnership: (phoneNumbers: readonly string[], onSent: () => void) => Promise<Answer>;
  };
  /** The rows whose numbers are to be read, in batches; called as often as they are needed. */
  rows: () => AsyncIterable<readonly NumberKey[]>;
  /** Reads in flight at the same time. */
  concurrency: number;
};

export type AccountReadOptions = NumberReadOptions & {
  account: AccountSnapshot;
  /** Called with how the numbers are going to be read, and in about how many more requests. */
  onChoice: (by: string, calls: number) => void;
};

/** Runs `act` for every item; the first error ends it, after the running ones have ended. */
export async function forEach<T>(items: AsyncIterable<T>, concurrency: number, act: (item: T) => Promise<void>) {
  const iterator = items[Symbol.asyncIterator]();
  let isOver = false;
  const work = async () => {
    try {
      for (let next = await iterator.next(); !isOver && next.done !== true; next = await iterator.next()) {
        await act(next.value);
      }
    } finally {
      isOver = true;
    }
  };
  try {
    // The first one alone: it may show that nothing of the kind can be read.
    const first = await iterator.next();
    if (first.done === true) return;
    await act(first.value);
    const results = await Promise.allSettled(Array.from({ length: concurrency }, work));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    // The items may come from an open file.
    await iterator.return?.();
  }
}

/** A page of numbers. Throws Unread if the API refuses it, or does not say which numbers they are. */
function pageOf(result: QueryResult, what: string): Page<ShownSettings> {
  const page = pageIn(result, 'numbers', what);
  // One of these may be what was asked for.
  if (page.unnamed === undefined) return page;
  throw new Unread(`${what}: ${page.unnamed} of its numbers ${page.unnamed === 1 ? 'has' : 'have'} no id`);
}

/** `wanted`: how many numbers of the page are to be read. */
export async function readPage({ account, query, ports }: NumberReadOptions, pageQuery: NumbersQuery) {
  const what = `page ${pageQuery.page} of the list of numbers`;
  const page = pageOf(await query.read(what, (onSent) => ports.listNumbers(pageQuery, onSent)), what);
  let wanted = 0;
  for (const shown of page.rows) if (account.addShown(shown)) wanted += 1;
  return { ...page, pages: lastPage(page), wanted };
}

/** The last page of a list: each of its pages has at least one row, whatever number of pages it names. */
export function lastPage({ pages, total }: Page<unknown>): number {
  return Math.min(pages, total);
}

/** Returns a function that tells whether a page continues a list: one that is empty, or that repeats another, ends it. */
export function createListWatch(first: Page<{ id?: string }>): (page: Page<{ id?: string }>) => boolean {
  const starts = new Set([first.rows[0]?.id, undefined]);
  return ({ rows }) => {
    const start = rows[0]?.id;
    const isNew = !starts.has(start);
    starts.add(start);
    return isNew;
  };
}

/** The rows with the given name whose number has not been read yet. */
export async function* unreadRows({ account, rows }: NumberReadOptions, name: keyof NumberKey) {
  for await (const batch of rows()) {
    for (const named of batch) if (named[name] !== '' && account.isUnread(named)) yield named;
  }
}

/** The phone numbers by which unread rows name their numbers, in batches. */
export async function* unreadPhoneNumbers(options: NumberReadOptions, size: number): AsyncGenerator<string[]> {
  let batch = new Set<string>();
  for await (const { phoneNumber } of unreadRows(options, 'phoneNumber')) {
    for (const reading of phoneReadings(phoneNumber)) batch.add(reading);
    if (batch.size < size) continue;
    yield [...batch];
    batch = new Set();
  }
  if (batch.size > 0) yield [...batch];
}

/** Reads a number by its id, whatever is known of it. */
export async function readById(
  { account, query, ports }: Pick<NumberReadOptions, 'account' | 'query' | 'ports'>,
  named: NumberKey,
): Promise<void> {
  const result = await query.read(`number ${named.id}`, (onSent) => ports.read(named, onSent), 'number');
  if ('refusedStatus' in result) account.addRefused(named, result.refusedStatus === 404 ? null : result.description);
  // The answer to a read by id is about that id, whatever it shows.
  else if (result.body.kind === 'settings') account.addShown({ ...result.body.settings, id: named.id });
  else account.addRefused(named, '?');
}

export async function readOne(options: NumberReadOptions, named: NumberKey): Promise<void> {
  if (options.account.isUnread(named)) await readById(options, named);
}

/** Reads the unread numbers that have an id, with one request each. */
export function readEach(options: NumberReadOptions): Promise<void> {
  return forEach(unreadRows(options, 'id'), options.concurrency, (named) => readOne(options, named));
}

/**
 * Reads a list from its second page, up to a page that does not continue it. Returns whether it was read to its end,
 * and its length stayed the same meanwhile.
 */
export async function readRest(options: NumberReadOptions, first: Page<ShownSettings>, profile?: string) {
  const continues = createListWatch(first);
  let isStable = true;
  let isOver = false;
  async function* pages(): AsyncGenerator<number> {
    for (let page = 2; page <= first.pages && !isOver; page++) yield page;
  }
  await forEach(pages(), options.concurrency, async (number) => {
    const page = await readPage(options, profile === undefined ? { page: number } : { page: number, profile });
    if (!continues(page)) isOver = true;
    if (page.total !== first.total || isOver) isStable = false;
  });
  return isStable;
}
