import type { Account } from '../account/account.ts';
import { CREATED } from '../account/views.ts';
import { pageOf, readPage } from '../http/page.ts';
import { failure, type Reply } from '../http/reply.ts';

/** One page of the short codes of a profile. */
export function listShortCodes(account: Account, profileId: string, query: URLSearchParams): Reply {
  const profile = account.profiles.get(profileId.toLowerCase());
  if (profile === undefined) return failure(404, '10005');
  const page = readPage(query);
  if ('status' in page) return page;
  const rows = account.shortCodes.filter((shortCode) => shortCode.messaging_profile_id === profile.id);
  return pageOf(rows, page, 'asc', (shortCode) => ({
    record_type: 'short_code',
    ...shortCode,
    country_code: 'US',
    tags: [],
    created_at: CREATED,
    updated_at: CREATED,
  }));
}
