import { failure, type Reply, success } from './reply.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 250;

export type Page = { number: number; size: number };

/** The page that a query asks for, or the error answer. */
export function readPage(query: URLSearchParams): Page | Reply {
  const number = wholeNumber(query.get('page[number]'), 1);
  if (number === null) return failure(400, '10033', { parameter: 'page[number]' });
  const size = wholeNumber(query.get('page[size]'), DEFAULT_PAGE_SIZE);
  if (size === null || size > MAX_PAGE_SIZE) return failure(400, '10033', { parameter: 'page[size]' });
  return { number, size };
}

/** A whole number of at least 1, or null. */
export function wholeNumber(text: string | null, fallback: number): number | null {
  if (text === null) return fallback;
  return /^[0-9]{1,15}$/.test(text) && Number(text) >= 1 ? Number(text) : null;
}

type Direction = 'asc' | 'desc';

/** The rows of a page, each as `show` shows it. */
export function rowsOf<T>(rows: readonly T[], page: Page, direction: Direction, show: (row: T) => unknown): unknown[] {
  const shown: unknown[] = [];
  const start = (page.number - 1) * page.size;
  for (let index = start; index < Math.min(start + page.size, rows.length); index += 1) {
    // Index from the end instead of reversing: copying a million rows for each page would be slow.
    const row = rows[direction === 'asc' ? index : rows.length - 1 - index];
    if (row !== undefined) shown.push(show(row));
  }
  return shown;
}

/** The answer with one page of rows. */
export function pageOf<T>(rows: readonly T[], page: Page, direction: Direction, show: (row: T) => unknown): Reply {
  const meta = {
    total_pages: Math.ceil(rows.length / page.size),
    total_results: rows.length,
    page_size: page.size,
    page_number: page.number,
  };
  return success({ data: rowsOf(rows, page, direction, show), meta });
}
