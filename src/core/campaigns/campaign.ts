import type { ShownSettings } from '../api/response.ts';
import { isAnId } from '../input/cell-checks.ts';
import { isE164 } from '../input/phone.ts';

/** What is known of the campaign of a number; null if it is unknown. A number without one has the status NONE. */
export type CampaignState = { campaign: string; status: string } | null;

/** Of a number that is on no campaign. */
export const NO_CAMPAIGN = { campaign: '', status: 'NONE' } as const;

const NORTH_AMERICAN = /^\+1[2-9][0-9]{9}$/;
const TOLL_FREE = /^\+18(00|22|33|44|55|66|77|88)/;

/**
 * Whether a number may be on a 10DLC campaign: a US long code. If the account does not show the country of a number, or
 * a type that is known, its phone number decides.
 */
export function isUsLongCode(phoneNumber: string, { type, country }: Pick<ShownSettings, 'type' | 'country'>): boolean {
  if (!NORTH_AMERICAN.test(phoneNumber) || (country ?? 'US') !== 'US') return false;
  if (type === 'tollfree' || type === 'shortcode') return false;
  return type === 'longcode' || !TOLL_FREE.test(phoneNumber);
}

/** How the campaign of a number has changed. `lost`: it is on none now. */
export type CampaignChange = 'unchanged' | 'lost' | 'changed' | 'unknown';

/** A status that one of both does not show is no change. */
export function campaignChange(before: CampaignState, after: CampaignState): CampaignChange {
  if (before === null || after === null) return 'unknown';
  if (before.campaign !== after.campaign) return after.campaign === '' ? 'lost' : 'changed';
  const isSame = before.status === after.status || before.status === '' || after.status === '';
  return isSame ? 'unchanged' : 'changed';
}

export const CAMPAIGN_COLUMNS = [
  'phone_number',
  'campaign_before',
  'status_before',
  'campaign_after',
  'status_after',
  'changed',
] as const;

const CHANGED: Record<CampaignChange, string> = { unchanged: 'no', lost: 'yes', changed: 'yes', unknown: '' };

/** The cells of a number, in the order of CAMPAIGN_COLUMNS. None of them needs quotes. */
export function campaignCells(phoneNumber: string, before: CampaignState, after: CampaignState): string[] {
  const cells = [before, after].flatMap((state) => [state?.campaign ?? '', state?.status ?? '']);
  return [phoneNumber, ...cells, CHANGED[campaignChange(before, after)]];
}

const STATUS = /^[A-Z][A-Z0-9_]*$/;

/**
 * Reads the number of a line of campaigns.csv, and what its campaign was before. Null if this program has not written
 * it: a spreadsheet may have.
 */
export function campaignLine(line: string): { phoneNumber: string; before: CampaignState } | null {
  const [phoneNumber = '', campaign = '', status = ''] = line.split(',');
  const isOurs = isE164(phoneNumber) && (campaign === '' || isAnId(campaign)) && (status === '' || STATUS.test(status));
  if (!isOurs) return null;
  return { phoneNumber, before: campaign === '' && status === '' ? null : { campaign, status } };
}
