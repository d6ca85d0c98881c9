import type { ShownSettings } from '../api/response.ts';
import { createDigestTable, type Digest } from '../input/digest-table.ts';
import { createNumberTable } from './number-table.ts';
import { createPhoneTable } from './phone-table.ts';

/** What is known of a number: unread so far; its settings; not in the account; or that the API refuses to show it. */
export type NumberState =
  | { state: 'unread' | 'absent' }
  | { state: 'unreadable'; why: string }
  | { state: 'found'; id: string; shown: ShownSettings };

/** How a row names a number; '' if it does not name the id or the phone number. */
export type NumberKey = { id: string; phoneNumber: string };

/**
 * How many of the numbers that rows name are unread: those named by id, how many of these have a phone number beside
 * the id, and those named by phone number only.
 */
export type UnreadCounts = { ids: number; idsWithPhone: number; phones: number };

/** What was read of the account: about 100 bytes for each number that rows name, and 28 for each other number. */
export type AccountSnapshot = {
  /** Adds a number that a row names. Call it for every row before anything is read. */
  addWanted: (key: NumberKey) => void;
  unreadCounts: () => UnreadCounts;
  isUnread: (key: NumberKey) => boolean;
  /** Adds a number that a read has shown. Returns whether a row names it. */
  addShown: (shown: ShownSettings) => boolean;
  /** The API does not have the number (`why` is null), or refuses to show it. */
  addRefused: (key: NumberKey, why: string | null) => void;
  /** Everything was read: numbers that are still unread are not in the account. */
  markRestAbsent: () => void;
  stateOf: (key: NumberKey) => NumberState;
  /** Distinct ids that reads have shown, whether rows name them or not. */
  countShown: () => number;
  /** The same, on one profile. */
  countShownOn: (profile: string) => number;
  /** The profiles of the numbers that rows name. */
  profilesInUse: () => string[];
  /** The organization that the first number has shown. */
  organization: () => string | null;
};

/** Counts distinct numbers that reads have shown, and how many of them are on each profile. */
function createShownCounter(digest: Digest) {
  const ids = createDigestTable(digest);
  const onProfile = new Map<string, number>();
  return {
    add(id: string, { profile }: ShownSettings): void {
      const before = ids.size();
      const isNew = ids.numberOf(id) === before;
      if (isNew && typeof profile === 'string') onProfile.set(profile, (onProfile.get(profile) ?? 0) + 1);
    },
    count: ids.size,
    countOn: (profile: string) => onProfile.get(profile) ?? 0,
  };
}

/** Creates a snapshot of an account of which nothing has been read. */
export function createSnapshot(digest: Digest): AccountSnapshot {
  const ids = createDigestTable(digest);
  const numbers = createNumberTable();
  const phones = createPhoneTable(digest);
  const counter = createShownCounter(digest);
  /** The ids of numbers that rows name by phone number only. */
  const idTexts = new Map<number, string>();
  let organization: string | null = null;

  function indexOfId(id: string): number {
    numbers.makeRoom(ids.size());
    return ids.numberOf(id);
  }

  /** The index of a number that a read has shown, if a row names its id or its phone number; else -1. */
  function wantedIndex(id: string, phoneNumber: string | undefined): number {
    const position = phoneNumber === undefined ? -1 : phones.find(phoneNumber);
    if (position < 0) return ids.find(id);
    const index = indexOfId(id);
    idTexts.set(index, id);
    phones.setFound(position, index);
    return index;
  }

  return {
    addWanted({ id, phoneNumber }) {
      if (id === '') {
        phones.add(phoneNumber);
        return;
      }
      const before = ids.size();
      const index = indexOfId(id);
      if (index === before) numbers.addById(index, phoneNumber !== '');
    },
    unreadCounts: () => ({ ...numbers.unread(), phones: phones.unread() }),
    isUnread: ({ id, phoneNumber }) =>
      id === '' ? phones.isUnread(phones.find(phoneNumber)) : numbers.isUnread(ids.find(id)),
    addShown(shown) {
      const { id, phoneNumber } = shown;
      if (id === undefined) return false;
      organization ??= shown.organizationId ?? null;
      counter.add(id, shown);
      const index = wantedIndex(id, phoneNumber);
      if (index < 0) return false;
      numbers.setFound(index, shown);
      return true;
    },
    addRefused({ id, phoneNumber }, why) {
      if (id === '') phones.setAbsent(phones.find(phoneNumber));
      else if (why === null) numbers.setAbsent(ids.find(id));
      else numbers.setUnreadable(ids.find(id), why);
    },
    markRestAbsent() {
      for (let index = 0; index < ids.size(); index++) if (numbers.isUnread(index)) numbers.setAbsent(index);
      phones.markRestAbsent();
    },
    stateOf({ id, phoneNumber }) {
      const index = id === '' ? phones.numberAt(phones.find(phoneNumber)) : ids.find(id);
      if (typeof index === 'string') return { state: index };
      const known = numbers.at(index);
      if (known.state !== 'found') return known;
      return { state: 'found', id: id === '' ? (idTexts.get(index) as string) : id, shown: known.shown };
    },
    countShown: counter.count,
    countShownOn: counter.countOn,
    profilesInUse: () => numbers.profilesInUse(ids.size()),
    organization: () => organization,
  };
}
