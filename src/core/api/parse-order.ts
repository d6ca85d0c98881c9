import { isAnId } from '../input/cell-checks.ts';
import { isE164 } from '../input/phone.ts';
import { asObject, type Clean } from './json-fields.ts';
import { readJson } from './parse-body.ts';
import type { Body } from './response.ts';

/** Where orders are placed and read: the path of the API's document, and that of one of its pages. */
export const ORDER_PATHS = ['messaging_numbers_bulk_updates', 'messaging_numbers/bulk_updates'] as const;
export type OrderPath = (typeof ORDER_PATHS)[number];

/** Numbers to move to one profile. */
export type OrderRequest = { path: OrderPath; profile: string; phoneNumbers: readonly string[] };

/** Ten times what any order has. The rest of a longer list is not read. */
const MAX_NUMBERS = 10_000;
/** A longer text is no phone number, however it is written. */
const MAX_PHONE_TEXT = 40;

/** A phone number of a list as plus and digits; null if the entry is none. */
function phoneOf(entry: unknown): string | null {
  const shown = asObject(entry)?.phone_number ?? entry;
  const text = typeof shown === 'string' || Number.isSafeInteger(shown) ? String(shown) : '';
  if (text.length > MAX_PHONE_TEXT || !/^[+0-9 ().-]+$/.test(text)) return null;
  const phoneNumber = `+${text.replace(/[^0-9]/g, '')}`;
  return isE164(phoneNumber) ? phoneNumber : null;
}

/** The phone numbers of a list. `isWhole`: it was there, and all of its entries could be read. */
function readList(value: unknown): { phoneNumbers: string[]; isWhole: boolean } {
  if (!Array.isArray(value)) return { phoneNumbers: [], isWhole: false };
  const phoneNumbers = value
    .slice(0, MAX_NUMBERS)
    .map(phoneOf)
    .filter((phoneNumber) => phoneNumber !== null);
  return { phoneNumbers, isWhole: phoneNumbers.length === value.length };
}

/** Reads an order. A body that shows neither its id nor one of its lists is not one. */
export function readOrder(text: string, clean: Clean): Body {
  return readJson(text, clean, ({ data }) => {
    const { order_id: shownId, ...lists } = asObject(data) ?? {};
    const id = typeof shownId === 'string' ? clean(shownId) : '';
    const [success, pending, failed] = [readList(lists.success), readList(lists.pending), readList(lists.failed)];
    const all = [success, pending, failed];
    // It becomes a part of a URL.
    const order = {
      id: isAnId(id) ? id : '',
      success: success.phoneNumbers,
      pending: pending.phoneNumbers,
      failed: failed.phoneNumbers,
      isComplete: all.every(({ isWhole }) => isWhole),
    };
    const isOrder = order.id !== '' || [lists.success, lists.pending, lists.failed].some(Array.isArray);
    return isOrder ? { kind: 'order', order } : null;
  });
}
