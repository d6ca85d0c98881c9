import { phoneReadings } from '../input/phone.ts';
import { createDigestTable, type Digest, doubled } from './digest-table.ts';

const UNREAD = 0;
const ABSENT = 1;
/** Several numbers of the account have this phone number. */
const AMBIGUOUS = 2;
/** Larger values are the index of the number, plus this. */
const FOUND = 3;

/** The phone numbers that rows name without an id: about 32 bytes each. Positions come from `find`. */
export function createPhoneTable(digest: Digest) {
  const phones = createDigestTable(digest);
  let values = new Uint32Array(1024);
  let unread = 0;

  function set(position: number, value: number): void {
    if (values[position] === UNREAD) unread -= 1;
    values[position] = value;
  }

  function numberAt(position: number): number | 'unread' | 'absent' | 'ambiguous' {
    const value = values[position] ?? UNREAD;
    if (value >= FOUND) return value - FOUND;
    if (value === AMBIGUOUS) return 'ambiguous';
    return value === ABSENT ? 'absent' : 'unread';
  }

  function addReading(phoneNumber: string): void {
    const before = phones.size();
    if (before === values.length) values = doubled(values);
    if (phones.numberOf(phoneNumber) === before) unread += 1;
  }

  return {
    /** Adds a phone number of a row, in any spelling, by everything that it may stand for. */
    add: (phoneNumber: string) => phoneReadings(phoneNumber).forEach(addReading),
    /** The position of a phone number in E.164; -1 if no row names it. */
    find: phones.find,
    unread: () => unread,
    /** Whether something that a phone number of a row may stand for is unread. */
    isUnread: (phoneNumber: string) =>
      phoneReadings(phoneNumber).some((reading) => values[phones.find(reading)] === UNREAD),
    /** A read has shown which number it is, by the index of its id. */
    setFound(position: number, index: number): void {
      const known = values[position] as number;
      set(position, known < AMBIGUOUS || known === index + FOUND ? index + FOUND : AMBIGUOUS);
    },
    setAbsent: (position: number) => set(position, ABSENT),
    markRestAbsent(): void {
      for (let at = 0; at < phones.size(); at++) if (values[at] === UNREAD) set(at, ABSENT);
    },
    /** The index of the only number that a phone number of a row can mean, or why there is none. */
    numberOf(phoneNumber: string): ReturnType<typeof numberAt> {
      const known = phoneReadings(phoneNumber).map((reading) => numberAt(phones.find(reading)));
      if (known.length === 0 || known.includes('unread')) return 'unread';
      const [found = 'absent', ...others] = known.filter((number) => number !== 'absent');
      return others.length === 0 ? found : 'ambiguous';
    },
  };
}
