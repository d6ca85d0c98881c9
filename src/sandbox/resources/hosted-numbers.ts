import type { Account } from '../account/account.ts';
import { isUuid } from '../account/uuid.ts';
import { showNumber } from '../account/views.ts';
import { pageOf, readPage } from '../http/page.ts';
import { failure, type Reply } from '../http/reply.ts';

/** One page of the hosted numbers: numbers of another carrier that send and receive here. */
export function listHostedNumbers(account: Account, query: URLSearchParams): Reply {
  const page = readPage(query);
  if ('status' in page) return page;
  const profile = query.get('filter[messaging_profile_id]');
  if (profile !== null && !isUuid(profile)) return failure(400, '10015', { parameter: 'filter[messaging_profile_id]' });
  const phoneNumber = query.get('filter[phone_number]');
  const contains = query.get('filter[phone_number][contains]') ?? '';
  const direction = query.get('sort[phone_number]') ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc') return failure(400, '10032', { parameter: 'sort[phone_number]' });
  const rows = account.hostedNumbers.filter(
    (number) =>
      (profile === null || number.messaging_profile_id?.toLowerCase() === profile.toLowerCase()) &&
      (phoneNumber === null || number.phone_number === phoneNumber) &&
      number.phone_number.includes(contains),
  );
  return pageOf(rows, page, direction, (number) => showNumber(account, number));
}
