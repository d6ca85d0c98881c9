import type { ShownSettings } from '../api/response.ts';
import { isAnId } from '../input/cell-checks.ts';
import { quoted } from '../text/text.ts';
import { createDigestTable, type Digest } from './digest-table.ts';
import { createNumberTable, type NumberState } from './number-table.ts';
import { createPhoneTable } from './phone-table.ts';

/** How a row names a number; '' if it does not name the id or the phone number, which may be in another spelling. */
export type NumberKey = { id: string; phoneNumber: string };

/** Unread numbers that rows name by id, how many of these have a phone number too, and by phone number only. */
export type UnreadCounts = { ids: number; idsWithPhone: number; phones: number };

/** What was read of the account: about 100 bytes for each number that rows name, and 28 for each other number. */
export type AccountSnapshot = ReturnType<typeof createSnapshot>;

/**
 * Creates a snapshot of an account of which nothing has been read. `details`: it keeps the traffic type, tags and figures
 * of numbers too.
 */
export function createSnapshot(digest: Digest, { details = false }: { details?: boolean } = {}) {
  const ids = createDigestTable(digest);
  const numbers = createNumberTable(details);
  const phones = createPhoneTable(digest);
  // All numbers that reads have shown, and how many of them are on each profile.
  const shownIds = createDigestTable(digest);
  const shownOn = new Map<string, number>();
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
    /** Adds a number that a row names. Call it for every row before anything is read. */
    addWanted({ id, phoneNumber }: NumberKey): void {
      const before = ids.size();
      if (id === '') phones.add(phoneNumber);
      else if (indexOfId(id) === before) numbers.addById(before, phoneNumber !== '');
    },
    unreadCounts: (): UnreadCounts => ({ ...numbers.unread(), phones: phones.unread() }),
    isUnread: ({ id, phoneNumber }: NumberKey) =>
      id === '' ? phones.isUnread(phoneNumber) : numbers.isUnread(ids.find(id)),
    /** Adds a number that a read has shown. Returns whether a row names it. */
    addShown(shown: ShownSettings): boolean {
      const { id, phoneNumber, profile } = shown;
      if (id === undefined) return false;
      organization ??= shown.organizationId ?? null;
      const before = shownIds.size();
      const isNew = shownIds.numberOf(id) === before;
      if (isNew && typeof profile === 'string') shownOn.set(profile, (shownOn.get(profile) ?? 0) + 1);
      const index = wantedIndex(id, phoneNumber);
      if (index < 0) return false;
      // It would become part of the URL of a write, and of files for people.
      if (isAnId(id)) numbers.setFound(index, shown);
      else numbers.setUnreadable(index, `the account shows it with the id ${quoted(id)}, which cannot be an id`);
      return true;
    },
    /** The API does not have the number (`why` is null), or refuses to show it. */
    addRefused({ id, phoneNumber }: NumberKey, why: string | null): void {
      if (id === '') phones.setAbsent(phones.find(phoneNumber));
      else if (why === null) numbers.setAbsent(ids.find(id));
      else numbers.setUnreadable(ids.find(id), why);
    },
    /** Everything was read: numbers that are still unread are not in the account. */
    markRestAbsent(): void {
      for (let index = 0; index < ids.size(); index++) if (numbers.isUnread(index)) numbers.setAbsent(index);
      phones.markRestAbsent();
    },
    stateOf({ id, phoneNumber }: NumberKey): NumberState {
      const index = id === '' ? phones.numberOf(phoneNumber) : ids.find(id);
      if (typeof index === 'string') return { state: index };
      return numbers.stateAt(index, id || (idTexts.get(index) as string));
    },
    /** Distinct ids that reads have shown, whether rows name them or not. */
    countShown: shownIds.size,
    /** The same, on one profile. */
    countShownOn: (profile: string) => shownOn.get(profile) ?? 0,
    /** The profiles of the numbers that rows name. */
    profilesInUse: () => numbers.profilesInUse(ids.size()),
    /** The organization that the first number has shown. */
    organization: () => organization,
  };
}
