import { makeContents } from './generate-contents.ts';
import { type NumberType, type PlainType, spelled, typeOf } from './number-types.ts';
import type { SandboxNumber, SandboxProfile, SandboxState } from './state.ts';
import { CREATED } from './views.ts';

/** A starting number. Missing fields are made up. */
export type NumberInput = {
  id: string;
  phone_number?: string | null;
  /** Default: what the phone number suggests, in one of the spellings of the API. */
  type?: NumberType;
  messaging_profile_id?: string | null;
  messaging_product?: string;
  /** null: unknown, so any product is accepted. */
  eligible_messaging_products?: readonly string[] | null;
  /** Whether answers omit the eligible products. */
  eligibility_hidden?: boolean;
  /** Default: US. */
  country_code?: string;
  tags?: readonly string[];
} & Pick<SandboxNumber, 'campaign' | 'health' | 'hidden_fields'>;

/** A starting profile. Missing fields are made up. */
export type ProfileInput = Pick<SandboxProfile, 'id'> & Partial<SandboxProfile>;

const TOLL_FREE_FIRST = 20;
const MAX_NUMBERS = 9_999_999; // seven digits follow +1800 and the prefix of the ids
const ALL_PRODUCTS: readonly string[] = ['A2P', 'P2P'];
const ONLY_A2P: readonly string[] = ['A2P'];

/**
 * A starting account. A count always makes the same numbers or profiles. Of list entries with the same id, the first
 * wins. Throws RangeError for a count that is not a whole number from 0 to 9,999,999, and if more phone numbers than
 * that are needed.
 */
export function makeState(
  numbers: number | Iterable<NumberInput>,
  profiles: number | Iterable<ProfileInput>,
): SandboxState {
  const allProfiles =
    typeof profiles === 'number'
      ? indexes(profiles, 'profiles').map((index) => makeProfile({ id: profileId(index) }, index))
      : [...profiles].map((given, index) => makeProfile(given, index + 1));
  const allNumbers =
    typeof numbers === 'number'
      ? indexes(numbers, 'numbers').map((index) => makeNumber(index, allProfiles))
      : completeNumbers([...numbers]);
  return {
    numbers: allNumbers,
    profiles: allProfiles,
    ...makeContents(allNumbers, allProfiles),
  };
}

function indexes(count: number, what: string): number[] {
  if (!Number.isInteger(count) || count < 0 || count > MAX_NUMBERS) {
    throw new RangeError(`expected 0 to ${MAX_NUMBERS} ${what}, got ${count}`);
  }
  return Array.from({ length: count }, (_, index) => index + 1);
}

function profileId(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

function makeProfile(given: ProfileInput, index: number): SandboxProfile {
  // Defaults replace missing fields, never null: a profile without a webhook must stay one, because it is warned about.
  const {
    name = `Profile ${index}`,
    enabled = true,
    webhook_url = `https://example.com/webhooks/${index}`,
    webhook_api_version = '2',
    whitelisted_destinations = ['US'],
    number_pool_settings = null,
    daily_spend_limit = '0.00',
    daily_spend_limit_enabled = false,
    ...others
  } = given;
  return {
    ...others,
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
  if (index > MAX_NUMBERS) throw new RangeError(`the sandbox can make at most ${MAX_NUMBERS} phone numbers`);
  return `+1800${String(index).padStart(7, '0')}`;
}

/** The types of a made account, whatever its phone numbers are: examples name those by the index of the number. */
function madeType(index: number): PlainType {
  if (index <= TOLL_FREE_FIRST) return 'tollfree';
  if (index % 23 === 0) return 'shortcode';
  return index % 3 === 0 ? 'longcode' : 'tollfree';
}

function makeNumber(index: number, profiles: readonly SandboxProfile[]): SandboxNumber {
  const phoneNumber = madePhoneNumber(index);
  return {
    // The last digit is 1, because an id that ends in zeros looks rounded by a spreadsheet.
    id: `12933842610${String(index).padStart(7, '0')}1`,
    phone_number: phoneNumber,
    type: spelled(madeType(index), phoneNumber),
    country_code: 'US',
    messaging_profile_id: profiles[(index - 1) % profiles.length]?.id ?? null,
    messaging_product: 'A2P',
    eligible_messaging_products: index % 10 === 0 ? ONLY_A2P : ALL_PRODUCTS,
    updated_at: CREATED,
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

/** Returns a function that returns the next made phone number after `index` that is not taken. */
export function freePhoneNumbers(index: number, isTaken: (phoneNumber: string) => boolean): () => string {
  let last = index;
  return () => {
    do last += 1;
    while (isTaken(madePhoneNumber(last)));
    return madePhoneNumber(last);
  };
}

/** Fills in the missing fields of a number. Calls `freePhoneNumber` only if the phone number is missing. */
export function completeNumber(given: NumberInput, freePhoneNumber: () => string): SandboxNumber {
  const phoneNumber = given.phone_number || freePhoneNumber();
  const { eligible_messaging_products = ALL_PRODUCTS, tags, campaign, health, hidden_fields } = given;
  return {
    id: given.id,
    phone_number: phoneNumber,
    type: given.type ?? typeOf(phoneNumber),
    country_code: given.country_code ?? 'US',
    messaging_profile_id: given.messaging_profile_id?.toLowerCase() || null,
    messaging_product: given.messaging_product ?? 'A2P',
    eligible_messaging_products,
    ...(given.eligibility_hidden ? { eligibility_hidden: true } : {}),
    ...definedOf({ tags, campaign, health, hidden_fields }),
    updated_at: CREATED,
  };
}

/** The fields that are set. A field with the value undefined would differ from a missing one in snapshots. */
function definedOf<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
