import { quoted } from '../text/text.ts';

// A note is text for people. Some are read back, but only here, because plan.csv has no column for what they say.
const UNREAD = 'could not be read: ';
const PRODUCTS_UNKNOWN = 'the account does not say which products this number may have';
const LOSES_MMS = 'loses MMS';
const NOW = 'now: ';
const SEPARATOR = '; ';

/** The note of a row that is sent although its number could not be read. */
export function unreadNote(why: string): string {
  return `${UNREAD}${why}`;
}

/** The note of a row that changes its product. */
export function productNote(change: { isEligibleUnknown: boolean; losesMms: boolean }): string {
  const parts = [change.isEligibleUnknown ? PRODUCTS_UNKNOWN : '', change.losesMms ? LOSES_MMS : ''];
  return parts.filter((part) => part !== '').join(SEPARATOR);
}

/** Adds how the file writes a phone number, if the account had to confirm it; '' if it did not. */
export function withSpelling(note: string, spelling: string): string {
  const said = spelling === '' ? '' : `the file writes the phone number as ${quoted(spelling).replaceAll(';', ',')}`;
  return [note, said].filter((part) => part !== '').join(SEPARATOR);
}

/** A profile and a product in words; '' if neither is known. */
export function settingsText(profile: string, product: string): string {
  const parts = [profile === '' ? '' : `profile ${profile}`, product === '' ? '' : `product ${product}`];
  return parts.filter((part) => part !== '').join(', ');
}

/** The note of a row that is held when it is planned: what its number has now, and why it is held if that is more. */
export function nowNote(profile: string, product: string, why = ''): string {
  // The separator may be in a text of the account, where it must not end what is read back.
  const now = settingsText(profile, product).replaceAll(';', ',');
  return `${NOW}${now}${why === '' ? '' : `${SEPARATOR}${why}`}`;
}

/** What a note says that other code needs. `now`: what the number had when it was planned; '' if the note has none. */
export function parseNote(note: string): { isUnread: boolean; isEligibleUnknown: boolean; now: string } {
  const [first = ''] = note.split(SEPARATOR, 1);
  return {
    isUnread: note.startsWith(UNREAD),
    isEligibleUnknown: first === PRODUCTS_UNKNOWN,
    now: first.startsWith(NOW) ? first.slice(NOW.length) : '',
  };
}
