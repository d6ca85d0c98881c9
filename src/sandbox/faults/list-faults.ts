import { failure, type Reply } from '../http/reply.ts';

const FILTER = 'filter[phone_number]';
const RECORDS = 'recordsPerPage';
const USUAL_RECORDS = 20;
const REFUSALS = {
  '400': (parameter: string) => failure(400, '10033', { parameter }),
  '413': (parameter: string) => failure(413, '10015', { parameter }),
  '414': (parameter: string) => failure(414, '10015', { parameter }),
  '422': (parameter: string) => failure(422, '10027', { parameter }),
} as const satisfies Record<string, (parameter: string) => Reply>;
/** The parameters that choose a page and its order. All others are filters. */
const NO_FILTER = /^(?:page|sort)|^recordsPerPage$/;

/** The most that one list request may ask for, and what happens to a request that asks for more. */
export type ListCap = { max: number; answer: keyof typeof REFUSALS | 'silent' };

/** How an API answers lists in another way than documented. */
export type ListFaults = {
  /** Of phone numbers in one request. */
  cap: ListCap | null;
  /** Of records in a page of the campaigns. */
  campaignCap: ListCap | null;
  /** The names of the endpoints that ignore filters, or `all`. */
  unfiltered: readonly string[];
};

const FORMS =
  'N (400 to a request for more than N), N:413, N:414 and N:422 (the same with that status), N:silent (only the first N)';

/** Parses one of the text forms of a list cap. Throws an Error with the reason and the forms. */
export function parseListCap(text: string): ListCap {
  const [, max = '', answer = '400'] = /^([1-9][0-9]{0,8})(?::(.*))?$/s.exec(text) ?? [];
  if (max === '' || !(answer === 'silent' || Object.hasOwn(REFUSALS, answer))) {
    throw new Error(`invalid list cap '${text}'. Forms: ${FORMS}.`);
  }
  return { max: Number(max), answer: answer as ListCap['answer'] };
}

/** Applies the faults to a query of an endpoint, which may change. Returns the refusal, or null. */
export function applyListFaults(faults: ListFaults, endpoint: string, query: URLSearchParams): Reply | null {
  if (faults.unfiltered.includes('all') || faults.unfiltered.includes(endpoint)) {
    for (const name of [...query.keys()]) if (!NO_FILTER.test(name)) query.delete(name);
  }
  if (endpoint === 'campaigns' && faults.campaignCap !== null) return applyCampaignCap(faults.campaignCap, query);
  return faults.cap === null ? null : applyNumbersCap(faults.cap, query);
}

function applyNumbersCap({ max, answer }: ListCap, query: URLSearchParams): Reply | null {
  const phoneNumbers = query.get(FILTER)?.split(',') ?? [];
  if (phoneNumbers.length <= max) return null;
  if (answer !== 'silent') return REFUSALS[answer](FILTER);
  query.set(FILTER, phoneNumbers.slice(0, max).join(','));
  return null;
}

function applyCampaignCap({ max, answer }: ListCap, query: URLSearchParams): Reply | null {
  const wanted = query.get(RECORDS);
  if (Number(wanted ?? USUAL_RECORDS) <= max) return null;
  if (wanted !== null && answer !== 'silent') return REFUSALS[answer](RECORDS);
  query.set(RECORDS, String(max));
  return null;
}
