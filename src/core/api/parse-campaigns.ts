import { isAnId } from '../input/cell-checks.ts';
import { isE164 } from '../input/phone.ts';
import { asObject, type Clean, type Fields } from './json-fields.ts';
import { readJson } from './parse-body.ts';
import type { Body, ShownCampaign } from './response.ts';

/** `ASSIGNED`, `PENDING_UNASSIGNMENT`, and what another version of the API may say. */
const STATUS = /^[A-Z][A-Z0-9_]{0,39}$/;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** E.164; null for a text that is none. */
function phoneOf(value: unknown): string | null {
  const text = textOf(value).trim();
  return [text, `+${text}`].find(isE164) ?? null;
}

/** Null for a row that says nothing: of no phone number, without campaign and status, or with an id that cannot be one. */
function readCampaign(row: Fields, clean: Clean): ShownCampaign | null {
  const phoneNumber = phoneOf(row.phoneNumber);
  const campaign = clean(textOf(row.campaignId) || textOf(row.tcrCampaignId));
  if (phoneNumber === null || !(campaign === '' || isAnId(campaign))) return null;
  const said = clean(textOf(row.assignmentStatus)).toUpperCase();
  const status = STATUS.test(said) ? said : '';
  return campaign === '' && status === '' ? null : { phoneNumber, campaign, status };
}

/** Reads a page of phone numbers with their campaigns. A row that cannot be read is left out. */
export function readCampaignsPage(text: string, clean: Clean): Body {
  return readJson(text, clean, ({ records, totalRecords: total }) => {
    if (!Array.isArray(records)) return null;
    const rows = records.map((record) => readCampaign(asObject(record) ?? {}, clean)).filter((row) => row !== null);
    const isCount = typeof total === 'string' ? /^[0-9]{1,15}$/.test(total) : Number.isSafeInteger(total);
    return { kind: 'campaigns', rows, total: isCount && Number(total) >= 0 ? Number(total) : null };
  });
}

/** Reads the campaign of one phone number, as a page of one. */
export function readOneCampaign(text: string, clean: Clean): Body {
  return readJson(text, clean, (body) => {
    const row = readCampaign(body, clean);
    return row === null ? null : { kind: 'campaigns', rows: [row], total: 1 };
  });
}
