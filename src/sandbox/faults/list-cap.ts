import { failure, type Reply } from '../http/reply.ts';

const FILTER = 'filter[phone_number]';
const REFUSALS = {
  '400': () => failure(400, '10033', { parameter: FILTER }),
  '413': () => failure(413, '10015', { parameter: FILTER }),
  '414': () => failure(414, '10015', { parameter: FILTER }),
  '422': () => failure(422, '10027', { parameter: FILTER }),
} as const satisfies Record<string, () => Reply>;

/** The most phone numbers that one list request may name, and what happens to a request that names more. */
export type ListCap = { max: number; answer: keyof typeof REFUSALS | 'silent' };

const FORMS =
  'N (400 to a request that names more than N numbers), N:413, N:414 and N:422 (the same with that status), N:silent (only the first N are looked up)';

/** Parses one of the text forms of a list cap. Throws an Error with the reason and the forms. */
export function parseListCap(text: string): ListCap {
  const [, max = '', answer = '400'] = /^([1-9][0-9]{0,8})(?::(.*))?$/s.exec(text) ?? [];
  if (max === '' || !(answer === 'silent' || Object.hasOwn(REFUSALS, answer))) {
    throw new Error(`invalid list cap '${text}'. Forms: ${FORMS}.`);
  }
  return { max: Number(max), answer: answer as ListCap['answer'] };
}

/** Applies the cap to a query. Returns the refusal, or null after the list in the query was cut if it was too long. */
export function applyListCap({ max, answer }: ListCap, query: URLSearchParams): Reply | null {
  const phoneNumbers = query.get(FILTER)?.split(',') ?? [];
  if (phoneNumbers.length <= max) return null;
  if (answer !== 'silent') return REFUSALS[answer]();
  query.set(FILTER, phoneNumbers.slice(0, max).join(','));
  return null;
}
