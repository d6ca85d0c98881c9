import { isAnId, isAProduct, isUnassign } from '../input/cell-checks.ts';
import { asObject, asTexts, type Clean, type Fields } from './json-fields.ts';
import type { Health, ShownSettings } from './response.ts';

/** Whether an answer may name a profile so. Ids of profiles are UUIDs; another server may have others that look like an id. */
export function isShownProfileId(id: string): boolean {
  return isAnId(id) && !isUnassign(id);
}

/**
 * A value that a number has; null if it has none. A value that no input could have counts as not shown: an undo would
 * write it, and it stands in files for people.
 */
function shownValue(value: unknown, clean: Clean, isValid: (text: string) => boolean): string | null | undefined {
  if (value === null || value === '') return null;
  const text = typeof value === 'string' ? clean(value) : '';
  return isValid(text) ? text : undefined;
}

/** A longer word is not one that the API has. */
const MAX_WORD = 40;
const COUNTRY = /^[a-z]{2}$/i;
/** The types of numbers, in the spelling of this program. */
export const TYPES = ['longcode', 'tollfree', 'shortcode'];

/** A type without what its spellings differ in. */
export const plainType = (text: string) => text.toLowerCase().replace(/[\s_-]/g, '');

function word(value: unknown, clean: Clean): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return clean(value).slice(0, MAX_WORD);
}

/** The type of a number, of which the API has two spellings: `long-code` and `longcode`. */
function numberType(value: unknown, clean: Clean): string | undefined {
  const shown = word(value, clean);
  const plain = plainType(shown ?? '');
  return TYPES.includes(plain) ? plain : shown;
}

/** Figures about the messages of a number; undefined if the answer has none of them. */
function readHealth(value: unknown): Health | undefined {
  const shown = asObject(value);
  if (shown === null) return undefined;
  const figure = (one: unknown) => (typeof one === 'number' && Number.isFinite(one) ? one : null);
  const health = {
    messages: figure(shown.message_count),
    success: figure(shown.success_ratio),
    spam: figure(shown.spam_ratio),
  };
  return Object.values(health).every((one) => one === null) ? undefined : health;
}

export function readSettings(data: Fields, clean: Clean): ShownSettings {
  const settings: ShownSettings = {};
  if (typeof data.id === 'string') settings.id = clean(data.id);
  if (typeof data.phone_number === 'string') settings.phoneNumber = clean(data.phone_number);
  if (typeof data.organization_id === 'string') settings.organizationId = clean(data.organization_id);
  const profile = shownValue(data.messaging_profile_id, clean, isShownProfileId);
  if (profile !== undefined) settings.profile = profile?.toLowerCase() ?? null;
  const product = shownValue(data.messaging_product, clean, isAProduct);
  if (product !== undefined) settings.product = product;
  const eligible = asTexts(data.eligible_messaging_products, clean);
  if (eligible !== undefined) settings.eligible = eligible;
  const type = numberType(data.type, clean);
  if (type !== undefined) settings.type = type;
  if (typeof data.country_code === 'string' && COUNTRY.test(data.country_code)) {
    settings.country = data.country_code.toUpperCase();
  }
  const traffic = word(data.traffic_type, clean);
  if (traffic !== undefined) settings.traffic = traffic;
  const tags = asTexts(data.tags, clean);
  if (tags !== undefined) settings.tags = tags;
  const health = readHealth(data.health);
  if (health !== undefined) settings.health = health;
  return settings;
}

/** What a change of profile changes too, and what changes by itself. */
const CHANGES_TOO = /^(messaging_profile|(updated_at|created_at|health|record_type)$)/;
/** A number of this API shows about 15 fields. */
const MAX_FIELDS = 200;

/** A value as JSON that is the same whatever the order of lists and fields. */
function plainJson(value: unknown, clean: Clean): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map((item) => plainJson(item, clean)))].sort().join()}]`;
  const fields = asObject(value);
  if (fields === null) return JSON.stringify(typeof value === 'string' ? clean(value) : value);
  const shown = Object.entries(fields).map(
    ([name, field]) => `${JSON.stringify(clean(name))}:${plainJson(field, clean)}`,
  );
  return `{${shown.sort().join()}}`;
}

/** The settings of a number with all fields that a change of profile must not change. */
export function readWholeSettings(data: Fields, clean: Clean): ShownSettings {
  const names = Object.keys(data).filter((name) => !CHANGES_TOO.test(name));
  const others = names.slice(0, MAX_FIELDS).map((name) => [clean(name), plainJson(data[name], clean)]);
  const settings = { ...readSettings(data, clean), others: Object.fromEntries(others) };
  return typeof data.updated_at === 'string' ? { ...settings, updatedAt: clean(data.updated_at) } : settings;
}
