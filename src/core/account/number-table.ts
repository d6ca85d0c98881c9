import type { ShownSettings } from '../api/response.ts';
import { isE164 } from '../input/phone.ts';
import { profileCell } from '../input/target.ts';
import { doubled } from './digest-table.ts';

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
    phone: new Float64Array(1024),
    makeRoom(index: number): void {
      if (index < columns.state.length) return;
      columns.state = doubled(columns.state);
      columns.namedBy = doubled(columns.namedBy);
      columns.profile = doubled(columns.profile);
      columns.product = doubled(columns.product);
      columns.eligible = doubled(columns.eligible);
      columns.phone = doubled(columns.phone);
    },
  };
  return columns;
}

/** Stores texts that repeat once, and refers to them by small integers. 0 means that nothing was shown. */
function createTextPool() {
  const texts = [''];
  const indexes = new Map([['', 0]]);
  return {
    indexOf(text: string): number {
      const known = indexes.get(text);
      if (known !== undefined) return known;
      indexes.set(text, texts.length);
      return texts.push(text) - 1;
    },
    textAt: (index: number) => texts[index] as string,
  };
}

/** A list as one text. An empty list differs from one that was not shown: it starts with a colon. */
function listText(list: string[] | undefined): string {
  return list === undefined ? '' : `:${list.map((name) => `${name}\n`).join('')}`;
}

/** What reads have shown of each number, by the index of its id: 22 bytes a number. */
export function createNumberTable() {
  const columns = createColumns();
  const profiles = createTextPool();
  const products = createTextPool();
  const eligibleLists = createTextPool();
  const reasons = createTextPool();
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

  function shownAt(index: number): ShownSettings {
    const shown: ShownSettings = {};
    const profile = profiles.textAt(columns.profile[index] as number);
    if (profile !== '') shown.profile = profile === profileCell(null) ? null : profile;
    const product = products.textAt(columns.product[index] as number);
    if (product !== '') shown.product = product;
    const eligible = eligibleLists.textAt(columns.eligible[index] as number);
    if (eligible !== '') shown.eligible = eligible.slice(1).split('\n').slice(0, -1);
    if (columns.phone[index] !== 0) shown.phoneNumber = `+${columns.phone[index]}`;
    return shown;
  }

  return {
    /** Call this before an index is used for the first time. */
    makeRoom: columns.makeRoom,
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
      columns.phone[index] = packed(shown.phoneNumber);
    },
    setAbsent: (index: number) => setState(index, ABSENT),
    setUnreadable(index: number, why: string): void {
      setState(index, UNREADABLE);
      columns.profile[index] = reasons.indexOf(why);
    },
    /** What is known of the number with this index; `id` is its id. */
    stateAt(index: number, id: string): NumberState {
      switch (columns.state[index]) {
        case FOUND:
          return { state: 'found', id, shown: shownAt(index) };
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
