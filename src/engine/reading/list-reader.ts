import { createDigestTable, type Digest } from '../../core/account/digest-table.ts';
import type { Page } from '../../core/api/response.ts';

export type ListOptions<T> = {
  /** Reads one page, counted from 1. Throws Unread and Stopped. */
  readPage: (page: number) => Promise<Page<T>>;
  /** What tells one row from another. */
  keyOf: (row: T) => string;
  /** Takes the rows of a page in the order of the list, those that were there before left out. */
  onRows: (rows: T[], seen: { distinct: number; total: number }) => void;
  /** Pages in flight at the same time. */
  concurrency: number;
  digest: Digest;
};

/** How a list was read: whether every row was seen, and how many there are; `total` is null if the API does not say. */
export type ListReading = { isComplete: boolean; distinct: number; total: number | null };

/** Reads the pages after the first one, several at a time, and returns them in order. */
async function* pagesInOrder<T>({ readPage, concurrency }: ListOptions<T>, last: number): AsyncGenerator<Page<T>> {
  const inFlight: Promise<Page<T>>[] = [];
  let next = 2;
  try {
    for (;;) {
      while (inFlight.length < concurrency && next <= last) {
        const page = readPage(next);
        // Its error is thrown in its turn, and may never be, if an earlier page ends the reading.
        page.catch(() => undefined);
        inFlight.push(page);
        next += 1;
      }
      const first = inFlight.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await Promise.allSettled(inFlight);
  }
}

/**
 * Reads a list from its first page to its last, in order, and with little memory: 28 bytes a row. It is complete if
 * every page has named the same total and as many different rows were seen: rows that are added or removed meanwhile
 * move others between pages. A list without a total is read until a page is empty, or shows nothing new.
 */
export async function readWholeList<T>(options: ListOptions<T>): Promise<ListReading> {
  const { readPage, keyOf, onRows } = options;
  const keys = createDigestTable(options.digest);
  /** Returns how many rows of a page are new. */
  const take = ({ rows, total, isUncounted }: Page<T>): number => {
    const fresh = rows.filter((row) => {
      const before = keys.size();
      return keys.numberOf(keyOf(row)) === before;
    });
    onRows(fresh, { distinct: keys.size(), total: isUncounted === true ? keys.size() : total });
    return fresh.length;
  };
  const first = await readPage(1);
  let isNew = take(first) > 0;
  if (first.isUncounted === true) {
    for (let page = 2; isNew; page++) isNew = take(await readPage(page)) > 0;
    return { isComplete: true, distinct: keys.size(), total: null };
  }
  const reading = (isComplete: boolean) => ({ isComplete, distinct: keys.size(), total: first.total });
  // Each page has at least one row, whatever number of pages the API names.
  const last = Math.min(first.pages, first.total);
  for await (const page of pagesInOrder(options, last)) {
    // What is read after that is in vain.
    if (page.isUncounted === true || page.total !== first.total || take(page) === 0) return reading(false);
  }
  // Pages may be shorter than their number says.
  for (let page = last + 1; isNew && keys.size() < first.total; page++) isNew = take(await readPage(page)) > 0;
  return reading(keys.size() === first.total);
}
