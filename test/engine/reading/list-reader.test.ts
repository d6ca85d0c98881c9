import { describe, expect, it } from 'vitest';
import type { Page } from '../../../src/core/api/response.ts';
import { readWholeList } from '../../../src/engine/reading/list-reader.ts';
import { sha256 } from '../../support/digests.ts';

type Row = { id: string };
const rowsOf = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, at) => ({ id: `n${from + at}` }));

/** Reads a list of ten a page. Returns what was seen, and the most pages in flight. */
async function read(
  pageAt: (page: number) => Partial<Page<Row>> | Promise<Partial<Page<Row>>>,
  concurrency = 4,
  hasEqualRows = false,
) {
  const seen: string[] = [];
  let inFlight = 0;
  let most = 0;
  const asked: number[] = [];
  const readPage = async (page: number): Promise<Page<Row>> => {
    asked.push(page);
    inFlight += 1;
    most = Math.max(most, inFlight);
    // Later pages answer sooner.
    for (let turns = 20 - (page % 20); turns > 0; turns--) await Promise.resolve();
    try {
      return { rows: [], total: 95, pages: 10, ...(await pageAt(page)) };
    } finally {
      inFlight -= 1;
    }
  };
  const onRows = (rows: Row[]) => seen.push(...rows.map(({ id }) => id));
  const options = { readPage, keyOf: ({ id }: Row) => id, onRows, concurrency, hasEqualRows, digest: sha256 };
  try {
    return { ...(await readWholeList(options)), seen, most, asked };
  } finally {
    expect(inFlight).toBe(0);
  }
}

const pageOf95 = (page: number) => ({ rows: rowsOf((page - 1) * 10, Math.min(95, page * 10)) });

describe('a list that is read whole', () => {
  it('is read several pages at a time, and comes in order', async () => {
    const list = await read(pageOf95);
    expect(list).toMatchObject({ isComplete: true, distinct: 95, total: 95, most: 4 });
    expect(list.seen).toEqual(rowsOf(0, 95).map(({ id }) => id));
  });

  it('may be empty, or a single page', async () => {
    expect(await read(() => ({ total: 0, pages: 0 }))).toMatchObject({ isComplete: true, distinct: 0, asked: [1] });
    const one = { rows: rowsOf(0, 3), total: 3, pages: 1 };
    expect(await read(() => one)).toMatchObject({ isComplete: true, distinct: 3, asked: [1] });
  });

  it('is not complete if a row moved to a page that was read before', async () => {
    const shifted = await read((page) => (page < 5 ? pageOf95(page) : { rows: pageOf95(page).rows.slice(1) }));
    expect(shifted).toMatchObject({ isComplete: false, total: 95 });
  });

  it('is not complete if a page names another total, and is not read on', async () => {
    const grown = await read((page) => ({ ...pageOf95(page), total: page < 3 ? 95 : 96 }), 1);
    expect(grown).toMatchObject({ isComplete: false, asked: [1, 2, 3] });
  });

  it('shows a row once, and is not read on if nothing new comes', async () => {
    const repeated = await read((page) => pageOf95(Math.min(page, 2)), 1);
    expect(repeated).toMatchObject({ isComplete: false, distinct: 20, asked: [1, 2, 3] });
    expect(repeated.seen).toHaveLength(20);
  });

  it('is read to its end if it has more pages than it says', async () => {
    const more = await read((page) => ({ ...pageOf95(page), pages: 4 }));
    expect(more).toMatchObject({ isComplete: true, distinct: 95 });
    expect(more.asked.at(-1)).toBe(10);
    const cut = await read((page) => ({ ...(page > 6 ? {} : pageOf95(page)), pages: 4 }));
    expect(cut).toMatchObject({ isComplete: false, distinct: 60, asked: [1, 2, 3, 4, 5, 6, 7] });
  });

  it('has about the pages that its rows fill, and at least one, whatever it says', async () => {
    const none = await read((page) => ({ ...pageOf95(page), pages: 0 }));
    expect(none).toMatchObject({ isComplete: true, distinct: 95, asked: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
    const many = await read((page) => ({ ...(page > 10 ? {} : pageOf95(page)), pages: 1_000_000_000 }));
    expect(many).toMatchObject({ isComplete: true, distinct: 95, asked: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
  });

  it('is not complete if its pages have more rows than the total that it names', async () => {
    for (const total of [10, 90]) {
      const list = await read((page) => ({ ...pageOf95(page), total }));
      expect(list).toMatchObject({ isComplete: false, isSteady: false, total });
    }
  });

  it('is complete with rows that have no id', async () => {
    const list = await read((page) => ({ rows: pageOf95(page).rows.slice(1), unnamed: 1 }));
    expect(list).toMatchObject({ isComplete: true, distinct: 95 });
    expect(list.seen).toHaveLength(85);
  });

  it('may have equal rows, which on two pages look like repeated ones', async () => {
    const equal = (pairs: number[]) => (page: number) => ({
      rows: pageOf95(page).rows.map(({ id }) => (pairs.includes(Number(id.slice(1))) ? { id: 'same' } : { id })),
    });
    const onOnePage = await read(equal([41, 42, 44]), 4, true);
    expect(onOnePage).toMatchObject({ isComplete: true, isSteady: true, distinct: 95 });
    expect(onOnePage.seen.filter((id) => id === 'same')).toHaveLength(3);
    const onTwo = await read(equal([89, 90, 91, 92, 93, 94]), 4, true);
    expect(onTwo).toMatchObject({ isComplete: false, isSteady: true, distinct: 94 });
    expect(onTwo.seen).toHaveLength(95);
    // The last page has nothing else.
    const last = await read(
      (page) => (page === 10 ? { rows: [{ id: 'n89' }], total: 91 } : { ...pageOf95(page), total: 91 }),
      4,
      true,
    );
    expect(last).toMatchObject({ isComplete: false, isSteady: true, distinct: 90 });
    // A page that repeats another whole, and one that is empty, are no such rows.
    for (const rows of [pageOf95(1).rows, []]) {
      const repeated = await read((page) => (page === 3 ? { rows } : pageOf95(page)), 4, true);
      expect(repeated).toMatchObject({ isComplete: false, isSteady: false });
    }
    const stuck = await read(() => ({ rows: rowsOf(0, 10), total: 20, pages: 2 }), 4, true);
    expect(stuck).toMatchObject({ isComplete: false, isSteady: false });
    const uncounted = await read((page) => ({ ...pageOf95(Math.min(page, 2)), isUncounted: true as const }), 4, true);
    expect(uncounted.seen).toHaveLength(20);
  });

  it('is read until nothing new comes if it does not say how long it is', async () => {
    const uncounted = (last: number) => (page: number) => ({
      ...pageOf95(Math.min(page, last)),
      isUncounted: true as const,
    });
    expect(await read(uncounted(3))).toMatchObject({
      isComplete: true,
      distinct: 30,
      total: null,
      asked: [1, 2, 3, 4],
    });
    expect(await read(uncounted(1))).toMatchObject({ distinct: 10, asked: [1, 2] });
    expect(await read(() => ({ isUncounted: true }))).toMatchObject({ distinct: 0, asked: [1] });
    // A server that always shows its first page.
    const full = { rows: rowsOf(0, 250), isUncounted: true as const };
    expect(await read(() => full)).toMatchObject({ isComplete: false, distinct: 250, total: null, asked: [1, 2] });
    const later = (page: number) => ({ ...pageOf95(page), ...(page > 1 ? { isUncounted: true as const } : {}) });
    expect(await read(later)).toMatchObject({ isComplete: false });
  });

  it('ends with the error of a page, after those in flight', async () => {
    const failing = (page: number) => (page >= 3 ? Promise.reject(new Error(`page ${page}`)) : pageOf95(page));
    await expect(read(failing)).rejects.toThrow('page 3');
  });
});
