import { type Account, selectNumbers, withPhoneNumbers } from '../account/account.ts';
import { campaignOf } from '../account/campaign.ts';
import { CAMPAIGN_STATUSES, type SandboxCampaign, type SandboxNumber } from '../account/state.ts';
import { CREATED } from '../account/views.ts';
import { rowsOf, wholeNumber } from '../http/page.ts';
import { failure, type Reply, success } from '../http/reply.ts';

const MAX_PAGE_SIZE = 500; // an assumption: no maximum is documented
const BRAND = { id: '00000000-0000-4000-8000-00000000b000', tcrId: 'BSANDBX' };
const SORTS = ['assignmentStatus', 'createdAt', 'phoneNumber'].flatMap((name) => [name, `-${name}`]);

/** One page of the numbers that have a campaign. The form of its pages is not that of the other lists. */
export function listCampaigns(account: Account, query: URLSearchParams): Reply {
  const page = wholeNumber(query.get('page'), 1);
  if (page === null) return failure(400, '10033', { parameter: 'page' });
  const size = wholeNumber(query.get('recordsPerPage'), 20);
  if (size === null || size > MAX_PAGE_SIZE) return failure(400, '10033', { parameter: 'recordsPerPage' });
  const sort = query.get('sort') ?? '-createdAt';
  if (!SORTS.includes(sort)) return failure(400, '10032', { parameter: 'sort' });
  const wanted = (name: string, isIt: (value: string) => boolean) => {
    const value = query.get(`filter[${name}]`);
    return value === null || isIt(value);
  };
  const isOfBrand =
    wanted('tcr_brand_id', (id) => id === BRAND.tcrId) && wanted('telnyx_brand_id', (id) => id === BRAND.id);
  const filters = [...query].filter(([name]) => name.startsWith('filter'));
  const rows = selectNumbers(account, `campaigns ${JSON.stringify(filters)}`, (number) => {
    const campaign = campaignOf(number);
    if (campaign === null || !isOfBrand) return false;
    const isIt = (id: string) => id === campaign.id;
    return wanted('tcr_campaign_id', isIt) && wanted('telnyx_campaign_id', (id) => id === longIdOf(campaign));
  });
  const rank = (number: SandboxNumber) => CAMPAIGN_STATUSES.indexOf(campaignOf(number)?.status ?? 'ASSIGNED');
  const sorted = sort.endsWith('assignmentStatus') ? [...rows].sort((a, b) => rank(a) - rank(b)) : rows;
  // All of them were made at the same time, so that by createdAt they stay in the order of their numbers.
  const direction = sort.startsWith('-') && sort !== '-createdAt' ? 'desc' : 'asc';
  const records = rowsOf(sorted, { number: page, size }, direction, showCampaign);
  return success({ records, page, totalRecords: rows.length });
}

/** The campaign of one phone number. */
export function readCampaign(account: Account, phoneNumber: string): Reply {
  const [number] = withPhoneNumbers(account, [phoneNumber]);
  return number === undefined || campaignOf(number) === null ? failure(404, '10005') : success(showCampaign(number));
}

function showCampaign(number: SandboxNumber): Record<string, unknown> {
  const campaign: SandboxCampaign = campaignOf(number) ?? { id: '', status: 'ASSIGNED' };
  return {
    phoneNumber: number.phone_number,
    brandId: BRAND.id,
    tcrBrandId: BRAND.tcrId,
    campaignId: longIdOf(campaign),
    telnyxCampaignId: longIdOf(campaign),
    tcrCampaignId: campaign.id,
    assignmentStatus: campaign.status,
    failureReasons: campaign.failure_reasons ?? '',
    createdAt: CREATED,
    updatedAt: CREATED,
  };
}

/** The id that the service itself has for a campaign: the campaign id of the registry is a shorter one. */
function longIdOf({ id }: Pick<SandboxCampaign, 'id'>): string {
  const digits = Buffer.from(id.slice(-6)).toString('hex').padStart(12, '0');
  return `00000000-0000-4000-8000-${digits}`;
}
