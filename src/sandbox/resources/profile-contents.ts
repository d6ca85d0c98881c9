import type { Account } from '../account/account.ts';
import { CREATED } from '../account/views.ts';
import { pageOf, readPage } from '../http/page.ts';
import { failure, type Reply } from '../http/reply.ts';

/** A request for what is on the profile with this id. */
type ContentsRequest = { profileId: string; query: URLSearchParams };

/** One page of the short codes of a profile. */
export function listShortCodes(account: Account, request: ContentsRequest): Reply {
  return pageOfProfile(account, request, account.shortCodes, (shortCode) => ({
    record_type: 'short_code',
    ...shortCode,
    country_code: 'US',
    tags: [],
    created_at: CREATED,
    updated_at: CREATED,
  }));
}

/** One page of the alphanumeric senders of a profile. */
export function listAlphanumericSenders(account: Account, request: ContentsRequest): Reply {
  return pageOfProfile(account, request, account.alphanumericSenders, (sender) => ({
    record_type: 'alphanumeric_sender_id',
    ...sender,
    organization_id: account.organizationId,
  }));
}

/** One page of the keyword answers of a profile. They do not show their profile. */
export function listKeywordAnswers(account: Account, request: ContentsRequest): Reply {
  const country = request.query.get('country_code');
  const ofCountry = account.keywordAnswers.filter((row) => country === null || row.country_code === country);
  return pageOfProfile(account, request, ofCountry, ({ messaging_profile_id: _profile, ...answer }) => ({
    ...answer,
    created_at: CREATED,
    updated_at: CREATED,
  }));
}

function pageOfProfile<T extends { messaging_profile_id: string | null }>(
  account: Account,
  { profileId, query }: ContentsRequest,
  rows: readonly T[],
  show: (row: T) => unknown,
): Reply {
  const profile = account.profiles.get(profileId.toLowerCase());
  if (profile === undefined) return failure(404, '10005');
  const page = readPage(query);
  if ('status' in page) return page;
  const onProfile = rows.filter((row) => row.messaging_profile_id?.toLowerCase() === profile.id);
  return pageOf(onProfile, page, 'asc', show);
}
