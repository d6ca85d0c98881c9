import { failure, type Reply, success } from '../http/reply.ts';
import { type Account, sortedNumbers, withPhoneNumbers } from './account.ts';
import type { SandboxNumber } from './state.ts';
import { isUuid } from './uuid.ts';
import { showNumber, showProfile } from './views.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 250;
const TYPES = ['tollfree', 'longcode', 'shortcode'];

type Page = { number: number; size: number };
type NumberFilter = {
  profile: string | null;
  phoneNumbers: string[] | null;
  contains: string | null;
  type: string | null;
};

/** One page of numbers, sorted by phone number. `profile` overrides the profile filter of the query. */
export function listNumbers(account: Account, query: URLSearchParams, profile: string | null = null): Reply {
  const page = readPage(query);
  if ('status' in page) return page;
  const filter = readFilter(query);
  if ('status' in filter) return filter;
  const direction = query.get('sort[phone_number]') ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc') return failure(400, '10032', { parameter: 'sort[phone_number]' });
  const rows = select(account, { ...filter, profile: profile ?? filter.profile });
  return pageOf(rows, page, direction, (number) => showNumber(account, number));
}

/** One page of profiles in their original order. Name filters are case-sensitive. */
export function listProfiles(account: Account, query: URLSearchParams): Reply {
  const page = readPage(query);
  if ('status' in page) return page;
  const name = query.get('filter[name]');
  const equals = query.get('filter[name][eq]');
  const contains = query.get('filter[name][contains]');
  const rows = [...account.profiles.values()].filter(
    (profile) =>
      (name === null || profile.name === name) &&
      (equals === null || profile.name === equals) &&
      (contains === null || profile.name.includes(contains)),
  );
  return pageOf(rows, page, 'asc', (profile) => showProfile(account, profile));
}

function pageOf<T>(rows: readonly T[], page: Page, direction: 'asc' | 'desc', show: (row: T) => unknown): Reply {
  const data: unknown[] = [];
  const start = (page.number - 1) * page.size;
  for (let index = start; index < Math.min(start + page.size, rows.length); index += 1) {
    // Index from the end instead of reversing: copying a million rows for each page would be slow.
    const row = rows[direction === 'asc' ? index : rows.length - 1 - index];
    if (row !== undefined) data.push(show(row));
  }
  const meta = {
    total_pages: Math.ceil(rows.length / page.size),
    total_results: rows.length,
    page_size: page.size,
    page_number: page.number,
  };
  return success({ data, meta });
}

function readPage(query: URLSearchParams): Page | Reply {
  const number = wholeNumber(query.get('page[number]'), 1);
  if (number === null) return failure(400, '10033', { parameter: 'page[number]' });
  const size = wholeNumber(query.get('page[size]'), DEFAULT_PAGE_SIZE);
  if (size === null || size > MAX_PAGE_SIZE) return failure(400, '10033', { parameter: 'page[size]' });
  return { number, size };
}

/** A whole number of at least 1, or null. */
function wholeNumber(text: string | null, fallback: number): number | null {
  if (text === null) return fallback;
  return /^[0-9]{1,15}$/.test(text) && Number(text) >= 1 ? Number(text) : null;
}

function readFilter(query: URLSearchParams): NumberFilter | Reply {
  const profile = query.get('filter[messaging_profile_id]');
  if (profile !== null && !isUuid(profile)) return failure(400, '10015', { parameter: 'filter[messaging_profile_id]' });
  const type = query.get('filter[type]');
  if (type !== null && !TYPES.includes(type)) return failure(400, '10032', { parameter: 'filter[type]' });
  return {
    profile: profile?.toLowerCase() ?? null,
    phoneNumbers: query.get('filter[phone_number]')?.split(',') ?? null,
    contains: query.get('filter[phone_number][contains]'),
    type,
  };
}

function select(account: Account, filter: NumberFilter): readonly SandboxNumber[] {
  const matches = (number: SandboxNumber) =>
    (filter.profile === null || number.messaging_profile_id === filter.profile) &&
    (filter.contains === null || number.phone_number.includes(filter.contains)) &&
    (filter.type === null || number.type === filter.type);
  if (filter.phoneNumbers !== null) return withPhoneNumbers(account, filter.phoneNumbers).filter(matches);
  if (filter.profile === null && filter.contains === null && filter.type === null) return sortedNumbers(account);
  const key = JSON.stringify(filter);
  const { revision, selection } = account;
  if (selection?.key === key && selection.revision === revision) return selection.rows;
  const rows = sortedNumbers(account).filter(matches);
  account.selection = { key, revision, rows };
  return rows;
}
