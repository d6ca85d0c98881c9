import { plainType, TYPES } from '../api/parse-settings.ts';
import type { ShownSettings } from '../api/response.ts';
import { cleanCell } from '../input/cell.ts';
import { checkProduct, isUnassign } from '../input/cell-checks.ts';
import type { Settings } from '../settings/schema.ts';
import { quoted } from '../text/text.ts';

/** What numbers must have to be exported; a filter that is not set is absent. */
export type Filters = {
  /** Null: the number is on no profile. */
  profile?: string | null;
  product?: string;
  type?: string;
  country?: string;
  /** Digits, perhaps with a plus in front. */
  contains?: string;
  tag?: string;
};

/** A profile as it was typed, to be found in the account; null stands for none. Absent: numbers on any profile. */
export type TypedFilters = Omit<Filters, 'profile'> & { typedProfile?: string | null };

type FilterSettings = Pick<Settings, 'profile' | 'product' | 'type' | 'country' | 'contains' | 'tag'>;

/** What stands for no profile; a profile of that name is chosen by its id. */
const isNone = (text: string) => text.toLowerCase() === 'none' || isUnassign(text);

/** Reads the flags that choose numbers. Returns all errors together. */
export function readFilters(settings: FilterSettings): TypedFilters | { errors: string[] } {
  const errors: string[] = [];
  const filters: TypedFilters = {};
  const wrong = (flag: string, expected: string, text: string) =>
    errors.push(`--${flag} must be ${expected}, not ${quoted(text)}`);
  const { profile, product, type, country, contains, tag } = settings;
  if (profile !== null) filters.typedProfile = isNone(cleanCell(profile)) ? null : profile;
  if (product !== null) {
    filters.product = product.trim();
    if (checkProduct(filters.product) !== null) wrong('product', 'a product such as A2P', product);
  }
  if (type !== null) {
    filters.type = plainType(type);
    if (!TYPES.includes(filters.type)) wrong('type', 'longcode, tollfree or shortcode', type);
  }
  if (country !== null) {
    filters.country = country.trim().toUpperCase();
    if (!/^[A-Z]{2}$/.test(filters.country)) wrong('country', 'two letters such as US', country);
  }
  if (contains !== null) {
    filters.contains = contains.replace(/[\s().-]/g, '');
    if (!/^\+?[0-9]{1,15}$/.test(filters.contains)) wrong('contains', 'digits such as 312555', contains);
  }
  if (tag !== null) filters.tag = tag.trim();
  return errors.length > 0 ? { errors } : filters;
}

type Verdict = 'chosen' | 'other' | 'unknown';

/**
 * Whether filters choose a number. `unknown`: the account does not show a field that decides. What a server has filtered
 * is checked too, because it may ignore a filter.
 */
export function chooses(filters: Filters, shown: ShownSettings): Verdict {
  const verdicts: Verdict[] = [];
  const compare = <T>(wanted: T | undefined, has: T | undefined, isSame: (value: T) => boolean) => {
    if (wanted === undefined) return;
    if (has === undefined) verdicts.push('unknown');
    else verdicts.push(isSame(has) ? 'chosen' : 'other');
  };
  const { profile, product, type, country, contains, tag } = filters;
  compare(profile, shown.profile, (value) => value === profile);
  compare<string | null>(product, shown.product, (value) => value === product);
  compare(type, shown.type, (value) => value === type);
  compare(country, shown.country, (value) => value === country);
  compare(contains, shown.phoneNumber, (value) => value.includes(contains as string));
  compare<string | readonly string[]>(tag, shown.tags, (value) => value.includes(tag as string));
  if (verdicts.includes('other')) return 'other';
  return verdicts.includes('unknown') ? 'unknown' : 'chosen';
}
