import { pageOf, readPage } from '../http/page.ts';
import { failure, type Reply } from '../http/reply.ts';
import { type Account, ageLists, listed, selectNumbers, sortedNumbers, withPhoneNumbers } from './account.ts';
import { PLAIN_TYPES, plainTypeOf } from './number-types.ts';
import type { SandboxNumber } from './state.ts';
import { isUuid } from './uuid.ts';
import { showNumber, showProfile } from './views.ts';

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
  ageLists(account);
  const rows = select(account, { ...filter, profile: profile ?? filter.profile });
  return pageOf(rows, page, direction, (number) => showNumber(account, listed(account, number)));
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

function readFilter(query: URLSearchParams): NumberFilter | Reply {
  const profile = query.get('filter[messaging_profile_id]');
  if (profile !== null && !isUuid(profile)) return failure(400, '10015', { parameter: 'filter[messaging_profile_id]' });
  const type = query.get('filter[type]');
  if (type !== null && !PLAIN_TYPES.includes(type)) return failure(400, '10032', { parameter: 'filter[type]' });
  return {
    profile: profile?.toLowerCase() ?? null,
    phoneNumbers: query.get('filter[phone_number]')?.split(',') ?? null,
    contains: query.get('filter[phone_number][contains]'),
    type,
  };
}

function select(account: Account, filter: NumberFilter): readonly SandboxNumber[] {
  const matches = (number: SandboxNumber) =>
    (filter.profile === null || listed(account, number).messaging_profile_id === filter.profile) &&
    (filter.contains === null || number.phone_number.includes(filter.contains)) &&
    (filter.type === null || plainTypeOf(number.type) === filter.type);
  if (filter.phoneNumbers !== null) return withPhoneNumbers(account, filter.phoneNumbers).filter(matches);
  if (filter.profile === null && filter.contains === null && filter.type === null) return sortedNumbers(account);
  return selectNumbers(account, JSON.stringify(filter), matches);
}
