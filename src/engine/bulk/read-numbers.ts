import type { NumberState } from '../../core/account/number-table.ts';
import type { NumbersQuery } from '../../core/account/read-strategy.ts';
import type { NumberKey } from '../../core/account/snapshot.ts';
import type { ShownSettings } from '../../core/api/response.ts';
import { countOn } from '../../core/profiles/contents.ts';
import { type AccountQuery, pageIn, Unread } from '../reading/account-query.ts';
import { lastPage, type NumberReadOptions, readById } from '../reading/number-reads.ts';
import { createListLimits, readByPhone } from '../reading/phone-reads.ts';

/** At most this many numbers that no list has shown are read by id. */
const MAX_READ_BY_ID = 10;

/**
 * What was read of the numbers of some rows. A number that is `found` under another id or phone number than its row
 * names is not the number of that row. `unread`: no list has shown it.
 */
export type ReadNumbers = { stateOf: (row: NumberKey) => NumberState };

/** A number on a profile, as its list shows it. `updatedAt` is '' if it is not shown. */
export type NumberOnProfile = { id: string; phoneNumber: string; updatedAt: string };

/** `concurrency`: reads in flight at the same time. */
type ReaderParts = { query: AccountQuery; ports: NumberReadOptions['ports']; concurrency: number };

/** What was read of a few numbers, which rows name by id and phone number. */
function createAccount(rows: readonly NumberKey[]) {
  const ids = new Set(rows.map(({ id }) => id));
  const idOf = new Map(rows.map(({ id, phoneNumber }) => [phoneNumber, id]));
  const states = new Map<string, NumberState>();
  return {
    isUnread: ({ id }: NumberKey) => ids.has(id) && !states.has(id),
    addShown(shown: ShownSettings): boolean {
      const { id = '', phoneNumber = '' } = shown;
      const named = ids.has(id) ? id : idOf.get(phoneNumber);
      // The number of another id may have the phone number of a row, whose own id counts more.
      if (named === undefined || (named !== id && states.has(named))) return false;
      states.set(named, { state: 'found', id, shown });
      return true;
    },
    addRefused({ id }: NumberKey, why: string | null): void {
      states.set(id, why === null ? { state: 'absent' } : { state: 'unreadable', why });
    },
    stateOf: ({ id }: NumberKey): NumberState => states.get(id) ?? { state: 'unread' },
  };
}

/**
 * Reads the numbers of bulk orders. What one order has shown about the lists that the server takes is known for the next
 * one. All of them throw Stopped.
 */
export function createNumberReader({ query, ports, concurrency }: ReaderParts) {
  const limits = createListLimits(true);

  async function readPage(numbers: NumbersQuery) {
    const what = `page ${numbers.page} of the list of profile ${numbers.profile}`;
    return pageIn(await query.read(what, (onSent) => ports.listNumbers(numbers, onSent)), 'numbers', what);
  }

  /** Null if the list of a profile cannot be read. */
  async function orNull<T>(read: () => Promise<T | null>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof Unread) return null;
      throw error;
    }
  }

  return {
    /**
     * Reads the numbers of rows from lists of their phone numbers, and the few that these do not show by id. `whole`:
     * with every field that the list shows. Throws Unread if no list can be read: with a status of LIST_REFUSED if the
     * server takes no list of phone numbers.
     */
    async read(rows: readonly NumberKey[], { whole = false }: { whole?: boolean } = {}): Promise<ReadNumbers> {
      const account = createAccount(rows);
      const listNumbers: typeof ports.listNumbers = (numbers, onSent) =>
        ports.listNumbers(whole ? { ...numbers, whole } : numbers, onSent);
      async function* batches() {
        yield rows;
      }
      const options = { account, query, ports: { ...ports, listNumbers }, rows: batches, concurrency };
      await readByPhone(options, limits);
      const left = rows.filter(account.isUnread);
      if (left.length <= MAX_READ_BY_ID) for (const row of left) await readById(options, row);
      return account;
    },
    /** Reads the numbers of a few rows by id, because lists may lag. */
    async readById(rows: readonly NumberKey[]): Promise<ReadNumbers> {
      const account = createAccount(rows);
      for (const row of rows) await readById({ account, query, ports }, row);
      return account;
    },
    /** How many numbers are on a profile; null if its list does not show that. */
    countOn: (profile: string): Promise<number | null> =>
      orNull(async () => countOn(await readPage({ page: 1, profile }), profile)),
    /** The numbers on a profile; null if they cannot be read, or fill more than `maxPages` pages. */
    numbersOn: (profile: string, maxPages: number): Promise<NumberOnProfile[] | null> =>
      orNull(async () => {
        const found: NumberOnProfile[] = [];
        let pages = 1;
        for (let page = 1; page <= pages; page++) {
          const shown = await readPage({ page, profile, whole: true });
          pages = lastPage(shown);
          if (pages > maxPages) return null;
          for (const { id = '', phoneNumber = '', updatedAt = '' } of shown.rows)
            found.push({ id, phoneNumber, updatedAt });
        }
        return found;
      }),
  };
}

export type NumberReader = ReturnType<typeof createNumberReader>;
