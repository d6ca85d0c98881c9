import type { SandboxNumber, SandboxProfile, SandboxState } from './state.ts';

/** A number to start with; whatever is left out is made. */
export type NumberInput = {
  id: string;
  phone_number?: string | null;
  messaging_profile_id?: string | null;
  messaging_product?: string;
  /** null: unknown, so that any product is accepted. */
  eligible_messaging_products?: readonly string[] | null;
  /** Leaves the eligible products out of answers. */
  eligibility_hidden?: boolean;
};

/** A profile to start with; whatever is left out is made. */
export type ProfileInput = Pick<SandboxProfile, 'id'> & Partial<SandboxProfile>;

const MOST_NUMBERS = 9_999_999; // seven digits follow +1800 and the prefix of the ids
const BEGINNING = '2026-01-01T00:00:00.000Z';
const BOTH: readonly string[] = ['A2P', 'P2P'];
const ONLY_A2P: readonly string[] = ['A2P'];
const TOLL_FREE = ['+1800', '+1833', '+1844', '+1855', '+1866', '+1877', '+1888'];

/**
 * A starting account. Counts make the same numbers and profiles each time; lists keep what they say, the first entry
 * winning where an id comes twice. Throws RangeError for a count that is not a whole number from 0 to 9,999,999, and
 * for more made phone numbers than that.
 */
export function makeState(
  numbers: number | Iterable<NumberInput>,
  profiles: number | Iterable<ProfileInput>,
): SandboxState {
  const madeProfiles =
    typeof profiles === 'number'
      ? count(profiles, 'profiles').map((index) => makeProfile({ id: profileId(index) }, index))
      : [...profiles].map((given, index) => makeProfile(given, index + 1));
  const madeNumbers =
    typeof numbers === 'number'
      ? count(numbers, 'numbers').map((index) => makeNumber(index, madeProfiles))
      : completeNumbers([...numbers]);
  return { numbers: madeNumbers, profiles: madeProfiles };
}

function count(howMany: number, what: string): number[] {
  if (!Number.isInteger(howMany) || howMany < 0 || howMany > MOST_NUMBERS) {
    throw new RangeError(`the sandbox can make 0 to ${MOST_NUMBERS} ${what}, not ${howMany}`);
  }
  return Array.from({ length: howMany }, (_, index) => index + 1);
}

function profileId(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

function makeProfile(given: ProfileInput, index: number): SandboxProfile {
  // Defaults stand in for what is left out, never for null: a profile without a webhook is one to be warned about.
  const {
    name = `Profile ${index}`,
    enabled = true,
    webhook_url = `https://example.com/webhooks/${index}`,
    webhook_api_version = '2',
    whitelisted_destinations = ['US'],
    number_pool_settings = null,
    daily_spend_limit = '0.00',
    daily_spend_limit_enabled = false,
  } = given;
  return {
    id: given.id.toLowerCase(),
    name,
    enabled,
    webhook_url,
    webhook_api_version,
    whitelisted_destinations,
    number_pool_settings,
    daily_spend_limit,
    daily_spend_limit_enabled,
  };
}

function madePhoneNumber(index: number): string {
  if (index > MOST_NUMBERS) throw new RangeError(`the sandbox can make ${MOST_NUMBERS} phone numbers at most`);
  return `+1800${String(index).padStart(7, '0')}`;
}

function makeNumber(index: number, profiles: readonly SandboxProfile[]): SandboxNumber {
  return {
    // The last digit is a 1, so that no id looks as if a spreadsheet had rounded it.
    id: `12933842610${String(index).padStart(7, '0')}1`,
    phone_number: madePhoneNumber(index),
    type: 'tollfree',
    country_code: 'US',
    messaging_profile_id: profiles[(index - 1) % profiles.length]?.id ?? null,
    messaging_product: 'A2P',
    eligible_messaging_products: index % 10 === 0 ? ONLY_A2P : BOTH,
    updated_at: BEGINNING,
  };
}

function completeNumbers(given: readonly NumberInput[]): SandboxNumber[] {
  const taken = new Set<string>();
  for (const { phone_number } of given) if (phone_number) taken.add(phone_number);
  const freePhoneNumber = freePhoneNumbers(0, (phoneNumber) => taken.has(phoneNumber));
  const byId = new Map<string, SandboxNumber>();
  for (const number of given) {
    if (!byId.has(number.id)) byId.set(number.id, completeNumber(number, freePhoneNumber));
  }
  return [...byId.values()];
}

/** Gives made phone numbers one after the other, from the one after `index` on, without those that are taken. */
export function freePhoneNumbers(index: number, isTaken: (phoneNumber: string) => boolean): () => string {
  let made = index;
  return () => {
    do made += 1;
    while (isTaken(madePhoneNumber(made)));
    return madePhoneNumber(made);
  };
}

/** A number with everything that was left out; `freePhoneNumber` is asked only where it has no phone number. */
export function completeNumber(given: NumberInput, freePhoneNumber: () => string): SandboxNumber {
  const phoneNumber = given.phone_number || freePhoneNumber();
  const { eligible_messaging_products = BOTH } = given;
  return {
    id: given.id,
    phone_number: phoneNumber,
    type: TOLL_FREE.some((prefix) => phoneNumber.startsWith(prefix)) ? 'tollfree' : 'longcode',
    country_code: 'US',
    messaging_profile_id: given.messaging_profile_id?.toLowerCase() || null,
    messaging_product: given.messaging_product ?? 'A2P',
    eligible_messaging_products,
    ...(given.eligibility_hidden ? { eligibility_hidden: true } : {}),
    updated_at: BEGINNING,
  };
}
