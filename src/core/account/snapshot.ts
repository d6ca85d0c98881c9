import type { ShownSettings } from '../api/response.ts';
import { createDigestTable, type Digest, doubled } from '../input/digest-table.ts';
import { profileCell } from '../input/target.ts';

/** What is known of a number: nothing yet; its settings; that the account does not have it; or that it cannot be read. */
export type Known =
  | { state: 'unread' | 'absent' }
  | { state: 'unreadable'; why: string }
  | { state: 'found'; id: string; shown: ShownSettings };

/** How a number is named in a row; '' where it is not. */
export type Named = { id: string; phoneNumber: string };

/** How many of the numbers that rows name are still to be read: those named by id, those of them with a phone number
 * beside it, and those named by phone number alone. */
export type Demand = { ids: number; idsWithPhone: number; phones: number };

/** What has been read of the account, for the numbers that rows name: about 100 bytes each, and 28 for each other one. */
export type Account = {
  /** A row names a number. To be called for every row before anything is read. */
  want: (named: Named) => void;
  demand: () => Demand;
  isUnread: (named: Named) => boolean;
  /** A read has shown a number; gives whether a row names it. */
  add: (shown: ShownSettings) => boolean;
  /** The API does not have the number, or refuses to show it (`why`). */
  refuse: (named: Named, why: string | null) => void;
  /** Everything has been read: what has not been seen is not there. */
  close: () => void;
  of: (named: Named) => Known;
  /** Distinct ids that reads have shown, those included that no row names. */
  seen: () => number;
  /** Distinct ids that reads have shown on a profile. */
  seenOn: (profile: string) => number;
  /** The profiles that numbers which rows name are on. */
  profiles: () => string[];
  /** The organization that the first number has shown. */
  organization: () => string | null;
};

const UNREAD = 0;
const FOUND = 1;
const ABSENT = 2;
const UNREADABLE = 3;

// How rows name a number: by its phone number alone, by its id, by its id and with a phone number beside it.
const BY_PHONE = 0;
const BY_ID = 1;
const BY_BOTH = 2;

/** Short texts that come again and again, by small numbers. 0 is that nothing was shown. */
function createNames() {
  const numbers = new Map<string, number>();
  const names: string[] = [''];
  return {
    numberOf(name: string | undefined): number {
      if (name === undefined || name === '') return 0;
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, names.length);
      return names.push(name) - 1;
    },
    nameOf: (number: number) => names[number] as string,
  };
}

/** Phone numbers as numbers: `+` and at most 15 digits fit into a double. 0 is none, or one of another form. */
function packed(phoneNumber: string | undefined): number {
  return phoneNumber !== undefined && /^\+[1-9][0-9]{1,14}$/.test(phoneNumber) ? Number(phoneNumber.slice(1)) : 0;
}

/** An account of which nothing has been read. */
export function createAccount(digest: Digest): Account {
  const ids = createDigestTable(digest);
  const phones = createDigestTable(digest);
  const profiles = createNames();
  const products = createNames();
  const eligibles = createNames();
  const whys = createNames();
  const shownIds = createDigestTable(digest);
  // By the number of an id among those that rows name.
  let state = new Uint8Array(1024);
  let profile = new Uint32Array(1024);
  let product = new Uint32Array(1024);
  let eligible = new Uint32Array(1024);
  let phone = new Float64Array(1024);
  let asked = new Uint8Array(1024);
  // By the number of a phone number among those that name rows alone: 0 unread, 1 absent, else the number of its id + 2.
  let byPhone = new Uint32Array(1024);
  const idTexts = new Map<number, string>();
  const seenOn: number[] = [];
  let organization: string | null = null;
  const left: Demand = { ids: 0, idsWithPhone: 0, phones: 0 };

  function makeRoom(): void {
    if (phones.size() === byPhone.length) byPhone = doubled(byPhone);
    if (ids.size() < state.length) return;
    [state, asked] = [doubled(state), doubled(asked)];
    [profile, product, eligible, phone] = [doubled(profile), doubled(product), doubled(eligible), doubled(phone)];
  }

  function resolveForCommand(number: number, to: number): void {
    // One that only a phone number has led to was never to be read by its id.
    if (state[number] === UNREAD && asked[number] !== BY_PHONE) {
      left.ids -= 1;
      if (asked[number] === BY_BOTH) left.idsWithPhone -= 1;
    }
    state[number] = to;
  }

  function settlePhone(number: number, to: number): void {
    if (byPhone[number] === 0) left.phones -= 1;
    byPhone[number] = to;
  }

  /** The number of the id that a read has shown, where a row names it or its phone number; else -1. */
  function wantedOf(id: string, phoneNumber: string | undefined): number {
    const found = phoneNumber === undefined ? -1 : phones.find(phoneNumber);
    if (found < 0) return ids.find(id);
    makeRoom();
    const number = ids.numberOf(id);
    idTexts.set(number, id);
    settlePhone(found, number + 2);
    return number;
  }

  function shownOf(number: number): ShownSettings {
    const shown: ShownSettings = {};
    const cell = profiles.nameOf(profile[number] as number);
    if (cell !== '') shown.profile = cell === profileCell(null) ? null : cell;
    const productName = products.nameOf(product[number] as number);
    if (productName !== '') shown.product = productName;
    const list = eligibles.nameOf(eligible[number] as number);
    if (list !== '') shown.eligible = list.slice(1).split('\n').slice(0, -1);
    if (phone[number] !== 0) shown.phoneNumber = `+${phone[number]}`;
    return shown;
  }

  return {
    want({ id, phoneNumber }) {
      makeRoom();
      if (id === '') {
        const before = phones.size();
        if (phones.numberOf(phoneNumber) === before) left.phones += 1;
        return;
      }
      const before = ids.size();
      const number = ids.numberOf(id);
      if (number < before) return;
      left.ids += 1;
      asked[number] = phoneNumber === '' ? BY_ID : BY_BOTH;
      if (phoneNumber !== '') left.idsWithPhone += 1;
    },
    demand: () => ({ ...left }),
    isUnread({ id, phoneNumber }) {
      if (id === '') return byPhone[phones.find(phoneNumber)] === 0;
      return state[ids.find(id)] === UNREAD;
    },
    add(shown) {
      const { id, phoneNumber } = shown;
      if (id === undefined) return false;
      organization ??= shown.organizationId ?? null;
      const before = shownIds.size();
      if (shownIds.numberOf(id) === before && typeof shown.profile === 'string') {
        const on = profiles.numberOf(shown.profile);
        seenOn[on] = (seenOn[on] ?? 0) + 1;
      }
      const number = wantedOf(id, phoneNumber);
      if (number < 0) return false;
      resolveForCommand(number, FOUND);
      profile[number] = profiles.numberOf(profileCell(shown.profile));
      product[number] = products.numberOf(shown.product ?? '');
      eligible[number] =
        shown.eligible === undefined ? 0 : eligibles.numberOf(`:${shown.eligible.map((name) => `${name}\n`).join('')}`);
      phone[number] = packed(phoneNumber);
      return true;
    },
    refuse({ id, phoneNumber }, why) {
      if (id === '') {
        settlePhone(phones.find(phoneNumber), 1);
        return;
      }
      const number = ids.find(id);
      resolveForCommand(number, why === null ? ABSENT : UNREADABLE);
      if (why !== null) profile[number] = whys.numberOf(why);
    },
    close() {
      for (let number = 0; number < ids.size(); number++)
        if (state[number] === UNREAD) resolveForCommand(number, ABSENT);
      for (let number = 0; number < phones.size(); number++) if (byPhone[number] === 0) settlePhone(number, 1);
    },
    of({ id, phoneNumber }) {
      const known = id === '' ? phones.find(phoneNumber) : ids.find(id);
      if (known < 0) return { state: 'unread' };
      const found = id === '' ? (byPhone[known] as number) : known + 2;
      if (found < 2) return { state: found === 1 ? 'absent' : 'unread' };
      const number = found - 2;
      switch (state[number]) {
        case FOUND:
          return { state: 'found', id: id === '' ? (idTexts.get(number) as string) : id, shown: shownOf(number) };
        case ABSENT:
          return { state: 'absent' };
        case UNREADABLE:
          return { state: 'unreadable', why: whys.nameOf(profile[number] as number) };
        default:
          return { state: 'unread' };
      }
    },
    seen: shownIds.size,
    seenOn: (name) => seenOn[profiles.numberOf(name)] ?? 0,
    profiles() {
      const used = new Set<number>();
      for (let number = 0; number < ids.size(); number++)
        if (state[number] === FOUND) used.add(profile[number] as number);
      return [...used].map(profiles.nameOf).filter((name) => name !== '' && name !== profileCell(null));
    },
    organization: () => organization,
  };
}
