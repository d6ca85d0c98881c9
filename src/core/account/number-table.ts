import type { ShownSettings } from '../api/response.ts';
import { isE164 } from '../input/phone.ts';
import { profileCell } from '../input/target.ts';
import { doubled } from './digest-table.ts';
import { createNumberDetails } from './number-details.ts';
import { createTextPool, listOf, listText, MAX_WORDS } from './text-pool.ts';

const UNREAD = 0;
const FOUND = 1;
const ABSENT = 2;
const UNREADABLE = 3;

// How rows name a number: by its phone number only, by its id, or by its id with a phone number beside it.
const BY_PHONE = 0;
const BY_ID = 1;
const BY_BOTH = 2;

/**
 * What is known of a number: unread so far; its settings; not in the account; that several numbers of the account are
 * meant; or that the API refuses to show it.
 */
export type NumberState =
  | { state: 'unread' | 'absent' | 'ambiguous' }
  | { state: 'unreadable'; why: string }
  | { state: 'found'; id: string; shown: ShownSettings };

/** Converts a phone number to a number: `+` and at most 15 digits fit into a double. 0 is none, or another form. */
function packed(phoneNumber: string | undefined): number {
  return phoneNumber !== undefined && isE164(phoneNumber) ? Number(phoneNumber.slice(1)) : 0;
}

/** The columns of the table, as typed arrays that grow together. */
function createColumns() {
  const columns = {
    state: new Uint8Array(1024),
    namedBy: new Uint8Array(1024),
    /** Of a number that is unreadable: why. */
    profile: new Uint32Array(1024),
    product: new Uint32Array(1024),
    eligible: new Uint32Array(1024),
    type: new Uint16Array(1024),
    country: new Uint16Array(1024),
    phone: new Float64Array(1024),
    makeRoom(index: number): void {
      if (index < columns.state.length) return;
      columns.state = doubled(columns.state);
      columns.namedBy = doubled(columns.namedBy);
      columns.profile = doubled(columns.profile);
      columns.product = doubled(columns.product);
      columns.eligible = doubled(columns.eligible);
      columns.type = doubled(columns.type);
      columns.country = doubled(columns.country);
      columns.phone = doubled(columns.phone);
    },
  };
  return columns;
}

type NumberColumns = ReturnType<typeof createColumns>;

/** What the columns refer to. `words`: types and countries. */
function createPools() {
  return {
    profiles: createTextPool(),
    products: createTextPool(),
    eligibleLists: createTextPool(),
    reasons: createTextPool(),
    words: createTextPool(MAX_WORDS),
  };
}

type Pools = ReturnType<typeof createPools>;

/** What was shown of a number, without its details. */
function shownAt(columns: NumberColumns, pools: Pools, index: number): ShownSettings {
  const { profiles, products, eligibleLists, words } = pools;
  const shown: ShownSettings = {};
  const profile = profiles.textAt(columns.profile[index] as number);
  if (profile !== '') shown.profile = profile === profileCell(null) ? null : profile;
  const product = products.textAt(columns.product[index] as number);
  if (product !== '') shown.product = product;
  const eligible = listOf(eligibleLists.textAt(columns.eligible[index] as number));
  if (eligible !== undefined) shown.eligible = eligible;
  const type = words.textAt(columns.type[index] as number);
  if (type !== '') shown.type = type;
  const country = words.textAt(columns.country[index] as number);
  if (country !== '') shown.country = country;
  if (columns.phone[index] !== 0) shown.phoneNumber = `+${columns.phone[index]}`;
  return shown;
}

/** What reads have shown of each number, by the index of its id: 26 bytes a number, and more with details. */
export function createNumberTable(withDetails: boolean) {
  const columns = createColumns();
  const pools = createPools();
  const { profiles, products, eligibleLists, reasons, words } = pools;
  const details = withDetails ? createNumberDetails() : null;
  const unread = { ids: 0, idsWithPhone: 0 };

  function setState(index: number, to: number): void {
    const namedBy = columns.namedBy[index];
    // A number that only its phone number led to was never to be read by its id.
    if (columns.state[index] === UNREAD && namedBy !== BY_PHONE) {
      unread.ids -= 1;
      if (namedBy === BY_BOTH) unread.idsWithPhone -= 1;
    }
    columns.state[index] = to;
  }

  return {
    /** Call this before an index is used for the first time. */
    makeRoom(index: number): void {
      columns.makeRoom(index);
      details?.makeRoom(index);
    },
    /** A row names this new number by its id. */
    addById(index: number, hasPhoneNumber: boolean): void {
      columns.namedBy[index] = hasPhoneNumber ? BY_BOTH : BY_ID;
      unread.ids += 1;
      if (hasPhoneNumber) unread.idsWithPhone += 1;
    },
    /** Numbers that rows name by id and that are still unread. */
    unread: () => ({ ...unread }),
    isUnread: (index: number) => columns.state[index] === UNREAD,
    setFound(index: number, shown: ShownSettings): void {
      setState(index, FOUND);
      columns.profile[index] = profiles.indexOf(profileCell(shown.profile));
      columns.product[index] = products.indexOf(shown.product ?? '');
      columns.eligible[index] = eligibleLists.indexOf(listText(shown.eligible));
      columns.type[index] = words.indexOf(shown.type ?? '');
      columns.country[index] = words.indexOf(shown.country ?? '');
      columns.phone[index] = packed(shown.phoneNumber);
      details?.set(index, shown);
    },
    setAbsent: (index: number) => setState(index, ABSENT),
    setUnreadable(index: number, why: string): void {
      setState(index, UNREADABLE);
      columns.profile[index] = reasons.indexOf(why);
    },
    /** What is known of the number with this index; `id` is its id. */
    stateAt(index: number, id: string): NumberState {
      switch (columns.state[index]) {
        case FOUND: {
          const shown = shownAt(columns, pools, index);
          details?.addTo(shown, index);
          return { state: 'found', id, shown };
        }
        case ABSENT:
          return { state: 'absent' };
        case UNREADABLE:
          return { state: 'unreadable', why: reasons.textAt(columns.profile[index] as number) };
        default:
          return { state: 'unread' };
      }
    },
    /** The profiles of the first `size` numbers, as far as they were found. */
    profilesInUse(size: number): string[] {
      const used = new Set<number>();
      for (let at = 0; at < size; at++) if (columns.state[at] === FOUND) used.add(columns.profile[at] as number);
      return [...used].map(profiles.textAt).filter((name) => name !== '' && name !== profileCell(null));
    },
  };
}
