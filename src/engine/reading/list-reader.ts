import { createDigestTable, type Digest } from '../../core/account/digest-table.ts';
import { PAGE_ROWS } from '../../core/account/read-strategy.ts';
import type { Page } from '../../core/api/response.ts';

export type ListOptions<T> = {
  /** Reads one page, counted from 1. Throws Unread and Stopped. */
  readPage: (page: number) => Promise<Page<T>>;
  /** What tells one row from another. */
  keyOf: (row: T) => string;
  /** Several rows may be the same in everything, so a row that was there before is no proof of a list that changes. */
  hasEqualRows?: boolean;
  /**
   * Takes the rows of a page in the order of the list; those that were there before are left out, unless rows may be
   * equal. `unnamed`: how many more the page has that have no id.
   */
  onRows: (rows: T[], seen: { distinct: number; total: number; unnamed: number }) => void;
  /** Pages in flight at the same time. */
  concurrency: number;
  digest: Digest;
};

/**
 * How a list was read. `isComplete`: every row was seen, and no two of them were the same. `isSteady`: as many rows were
 * seen as there are, but some were the same as rows of other pages. `total` is null if the API does not say.
 */
export type ListReading = { isComplete: boolean; isSteady: boolean; distinct: number; total: number | null };

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

/** Returns the key of each row of a page. Equal rows of one page are several rows for sure, so theirs differ. */
function createKeys<T>({ keyOf, hasEqualRows = false }: ListOptions<T>): (row: T) => string {
  if (!hasEqualRows) return keyOf;
  const times = new Map<string, number>();
  return (row) => {
    const key = keyOf(row);
    const before = times.get(key) ?? 0;
    times.set(key, before + 1);
    return `${before} ${key}`;
  };
}

/** Takes the pages of a list. */
function createSeen<T>(options: ListOptions<T>) {
  const { digest, onRows, hasEqualRows = false } = options;
  const keys = createDigestTable(digest);
  let rows = 0;
  let unnamed = 0;
  return {
    distinct: () => keys.size() + unnamed,
    rows: () => rows,
    /** Returns how many rows of a page are new. */
    take(page: Page<T>): number {
      const key = createKeys(options);
      const fresh = page.rows.filter((row) => {
        const before = keys.size();
        return keys.numberOf(key(row)) === before;
      });
      const { unnamed: more = 0, isUncounted = false } = page;
      rows += page.rows.length + more;
      unnamed += more;
      const distinct = keys.size() + unnamed;
      const total = isUncounted ? distinct : page.total;
      onRows(hasEqualRows && !isUncounted ? page.rows : fresh, { distinct, total, unnamed: more });
      return fresh.length + (isUncounted ? 0 : more);
    },
  };
}

/**
 * How many pages of a list to read, of which this is the first. If it names more pages than its total fills, one more:
 * it shows which of the two is wrong.
 */
function pagesOf({ rows, unnamed = 0, total, pages }: Page<unknown>): number {
  const filled = Math.ceil(total / Math.max(1, rows.length + unnamed));
  return Math.max(1, Math.min(pages, filled + 1));
}

/**
 * Reads a list from its first page to its last, in order, and with little memory: 28 bytes a row. It is complete if
 * every page has named the same total and as many different rows were seen: rows that are added or removed meanwhile
 * move others between pages. A list without a total is read until a page is empty, or shows nothing new.
 */
export async function readWholeList<T>(options: ListOptions<T>): Promise<ListReading> {
  const { readPage, hasEqualRows = false } = options;
  const { take, distinct, rows } = createSeen(options);
  const first = await readPage(1);
  let isNew = take(first) > 0;
  if (first.isUncounted === true) {
    let size = 0;
    for (let page = 2; isNew; page++) {
      const next = await readPage(page);
      isNew = take(next) > 0;
      size = next.rows.length;
    }
    // A page that is full, and shows nothing new: the API does not turn pages.
    const isComplete = size < PAGE_ROWS;
    return { isComplete, isSteady: isComplete, distinct: distinct(), total: null };
  }
  const { total } = first;
  const seen = () => (hasEqualRows ? rows() : distinct());
  /** Whether a page continues the list, or follows its end. What is read after one that does not is in vain. */
  const continues = (page: Page<T>): boolean => {
    if (page.isUncounted === true || page.total !== total) return false;
    // A short page at the end of a list may have nothing but equal rows.
    const isShort = page.rows.length > 0 && page.rows.length < first.rows.length;
    if (take(page) > 0 || (hasEqualRows && isShort)) return true;
    return (page.rows.length === 0 ? seen() : distinct()) === total;
  };
  const unsteady = () => ({ isComplete: false, isSteady: false, distinct: distinct(), total });
  const last = pagesOf(first);
  for await (const page of pagesInOrder(options, last)) if (!continues(page)) return unsteady();
  // Pages may be shorter than their number says.
  for (let page = last + 1; seen() < total; page++) if (!continues(await readPage(page))) return unsteady();
  return { isComplete: distinct() === total, isSteady: rows() === total, distinct: distinct(), total };
}
