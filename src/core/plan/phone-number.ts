import { isE164, phoneReadings } from '../input/phone.ts';
import { quoted } from '../text/text.ts';
import { guardPhone, type PlanEntry } from './entry.ts';

/** The phone number of a row, as the account has confirmed it or not. */
type Confirmation = {
  /** For the plan: that of the account, or else what the file says. */
  number: string;
  /** For messages: what the file says. */
  said: string;
  /** How the file writes it if not as E.164, and the account has confirmed it; else ''. */
  spelling: string;
  /** Whether the row must not be sent unless the account confirms it. */
  isUnconfirmed: boolean;
};

/** Compares the phone number of a draft with that of its number; undefined if the account does not show it. */
export function confirmPhone({ phoneNumber }: PlanEntry, shown: string | undefined): Confirmation {
  if (phoneNumber === '' || isE164(phoneNumber)) {
    return { number: phoneNumber, said: phoneNumber, spelling: '', isUnconfirmed: false };
  }
  if (shown !== undefined && phoneReadings(phoneNumber).includes(shown)) {
    return { number: shown, said: shown, spelling: phoneNumber, isUnconfirmed: false };
  }
  return { number: guardPhone(phoneNumber), said: quoted(phoneNumber), spelling: '', isUnconfirmed: true };
}

/** Says that a phone number does not name one number of the account. */
export function severalText(phoneNumber: string): string {
  const readings = phoneReadings(phoneNumber);
  const as = readings.length > 1 ? ` (${readings.join(', ')})` : '';
  return `the account has several numbers with the phone number ${quoted(phoneNumber)}${as}; write the id of one of them`;
}

/** Says that the account cannot confirm how a phone number is written. `said` is what the file says. */
export function unconfirmedText(said: string, why: string): string {
  return `phone_number ${said} is not in the form +18005550001 (E.164), and could not be confirmed: ${why}`;
}
