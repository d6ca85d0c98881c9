import { createDigestTable, type Digest, doubled } from '../input/digest-table.ts';

const UNREAD = 0;
const ABSENT = 1;
/** Larger values are the index of the number, plus this. */
const FOUND = 2;

/** The phone numbers that rows name without an id: about 32 bytes each. Positions come from `find`. */
export function createPhoneTable(digest: Digest) {
  const phones = createDigestTable(digest);
  let values = new Uint32Array(1024);
  let unread = 0;

  function set(position: number, value: number): void {
    if (values[position] === UNREAD) unread -= 1;
    values[position] = value;
  }

  return {
    add(phoneNumber: string): void {
      const before = phones.size();
      if (before === values.length) values = doubled(values);
      if (phones.numberOf(phoneNumber) === before) unread += 1;
    },
    /** The position of a phone number; -1 if no row names it. */
    find: phones.find,
    unread: () => unread,
    isUnread: (position: number) => values[position] === UNREAD,
    /** A read has shown which number it is, by the index of its id. */
    setFound: (position: number, index: number) => set(position, index + FOUND),
    setAbsent: (position: number) => set(position, ABSENT),
    markRestAbsent(): void {
      for (let at = 0; at < phones.size(); at++) if (values[at] === UNREAD) set(at, ABSENT);
    },
    /** The index of its number, or why there is none. */
    numberAt(position: number): number | 'unread' | 'absent' {
      const value = values[position] ?? UNREAD;
      if (value >= FOUND) return value - FOUND;
      return value === ABSENT ? 'absent' : 'unread';
    },
  };
}
