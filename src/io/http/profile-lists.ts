import { PAGE_ROWS } from '../../core/account/read-strategy.ts';
import type { ContentList } from '../../core/profiles/contents.ts';

type ListRequest = { path: string; query: Record<string, string | number> };

const PAGE = { 'page[number]': 1, 'page[size]': PAGE_ROWS };

/** Where the first page of what is on a profile is read. */
export function profileListRequest(list: ContentList, profile: string): ListRequest {
  const own = `messaging_profiles/${encodeURIComponent(profile)}`;
  const filtered = { ...PAGE, 'filter[messaging_profile_id]': profile };
  switch (list) {
    case 'short_codes':
      return { path: `${own}/short_codes`, query: PAGE };
    case 'alphanumeric_senders':
      return { path: `${own}/alphanumeric_sender_ids`, query: PAGE };
    case 'keyword_answers':
      // No paging is documented for it.
      return { path: `${own}/autoresp_configs`, query: {} };
    case 'keyword_answers_paged':
      return { path: `${own}/autoresp_configs`, query: PAGE };
    case 'hosted_numbers':
      return { path: 'messaging_hosted_numbers', query: filtered };
    case 'hosted_numbers_2':
      return { path: 'messaging/hosted/numbers', query: filtered };
    case 'opt_outs':
      return { path: 'messaging_optouts', query: filtered };
    default:
      return list satisfies never;
  }
}
