import { hasHidden } from '../text/visible.ts';
import {
  coveredFields,
  type Field,
  type HeaderNeeds,
  knownFields,
  MAX_PRINTED_NAME,
  mapHeader,
  normalName,
} from './header.ts';

type Guess = readonly [field: Field, column: string];

/** What the names of columns have in common that people use instead of ours, in the form of `normalName`. */
const LOOKS_LIKE: readonly (readonly [Field, RegExp])[] = [
  ['phone_number_id', /^(?!.*profile).*(id|uuid|identifier)$/],
  ['messaging_profile_id', /profile(?!.*name)/],
  ['messaging_profile_name', /profile.*name/],
  ['messaging_product', /product/],
  ['phone_number', /phone|number|msisdn|e164|^did$|^tn$|^tel/],
];

/** Every choice of some of the guesses: the larger first, and those that name numbers by id before all others. */
function choicesOf(guesses: readonly Guess[]): Guess[][] {
  const choices = Array.from({ length: 2 ** guesses.length }, (_, bits) =>
    guesses.filter((_guess, at) => (bits >> at) & 1),
  );
  const byPhone = (choice: readonly Guess[]) => (choice.some(([field]) => field === 'phone_number') ? 1 : 0);
  return choices.sort((a, b) => byPhone(a) - byPhone(b) || b.length - a.length);
}

/**
 * Guesses which columns of a refused header are meant, as values of --map. They replace those of this call, of which
 * some may name a column that is not there. Null if no guess makes the header acceptable.
 */
export function guessMap(
  header: readonly string[],
  map: Partial<Record<Field, string>>,
  needs: HeaderNeeds,
): string[] | null {
  const names = header.filter((name) => name.length <= MAX_PRINTED_NAME && !hasHidden(name));
  // An empty name says that there is no such column.
  const isThere = (column: string) => column === '' || names.some((name) => normalName(name) === normalName(column));
  const given = Object.entries(map).filter(([, column]) => isThere(column));
  const unknown = names.filter((name) => knownFields([name]) === 0);
  const covered = coveredFields(needs.constants ?? {});
  const guesses = LOOKS_LIKE.flatMap(([field, pattern]): Guess[] => {
    if (covered.includes(field)) return [];
    const like = unknown.filter((name) => pattern.test(normalName(name)));
    return like.length === 1 && !given.some(([known]) => known === field) ? [[field, like[0] as string]] : [];
  });
  for (const choice of choicesOf(guesses)) {
    const all = [...given, ...choice] as Guess[];
    const mapped = mapHeader(header, Object.fromEntries(all), 1, needs);
    if (!('error' in mapped)) return all.map(([field, column]) => `${field}=${column.trim()}`);
  }
  return null;
}
