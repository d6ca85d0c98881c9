import { type NumberReadOptions, unreadPhoneNumbers } from './number-reads.ts';

/** Phone numbers in one request: the documented limit, less those of one row with several readings. */
export const OWNERS_BATCH = 990;

/** Which phone numbers the account has, with their ids, and which it has not. Others are unknown. */
type Owners = { ids: ReadonlyMap<string, string>; absent: ReadonlySet<string> };
export const NOTHING_KNOWN: Owners = { ids: new Map(), absent: new Set() };

export type OwnerLookup = ReturnType<typeof createOwnerLookup>;

/** Looks up phone numbers with the endpoint that takes many of them, and shows only their ids. */
export function createOwnerLookup({ account, query, ports }: NumberReadOptions) {
  const lookup = {
    /** False once the endpoint could not be used. */
    isAvailable: true,
    /** Asks who owns these phone numbers; nothing is known if the endpoint cannot be used. */
    async ask(phoneNumbers: readonly string[]): Promise<Owners> {
      if (!lookup.isAvailable) return NOTHING_KNOWN;
      const what = 'the owner of phone numbers';
      const result = await query.read(what, (onSent) => ports.verifyOwnership(phoneNumbers, onSent), 'optional');
      if ('body' in result && result.body.kind === 'ownership') {
        const { found, notFound } = result.body;
        return { ids: new Map(found.map(({ id, phoneNumber }) => [phoneNumber, id])), absent: new Set(notFound) };
      }
      lookup.isAvailable = false;
      return NOTHING_KNOWN;
    },
    /** Reads a number of which only this endpoint has shown the id. */
    async read(id: string, phoneNumber: string): Promise<void> {
      const result = await query.read(`number ${id}`, (onSent) => ports.read({ id }, onSent), 'number');
      const shown = 'body' in result && result.body.kind === 'settings' ? result.body.settings : {};
      account.addShown({ phoneNumber, ...shown, id });
      if ('refusedStatus' in result) {
        account.addRefused({ id, phoneNumber }, result.refusedStatus === 404 ? null : result.description);
      }
    },
  };
  return lookup;
}

/**
 * Reads the numbers that rows name by phone number alone without lists of phone numbers. Returns false if the endpoint
 * for owners cannot be used.
 */
export async function readByOwner(options: NumberReadOptions): Promise<boolean> {
  const { account } = options;
  const owners = createOwnerLookup(options);
  for await (const batch of unreadPhoneNumbers(options, OWNERS_BATCH)) {
    const { ids, absent } = await owners.ask(batch);
    // Also if it says nothing of some of them.
    if (batch.some((phoneNumber) => !ids.has(phoneNumber) && !absent.has(phoneNumber))) return false;
    for (const phoneNumber of batch) {
      const named = { id: '', phoneNumber };
      if (!account.isUnread(named)) continue;
      const id = ids.get(phoneNumber);
      if (id !== undefined) await owners.read(id, phoneNumber);
      else account.addRefused(named, null);
    }
  }
  return true;
}
