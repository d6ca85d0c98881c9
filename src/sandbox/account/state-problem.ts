import { isListOfStrings, isObject } from '../http/body.ts';
import { CAMPAIGN_STATUSES, type SandboxState } from './state.ts';

const HEALTH = ['message_count', 'inbound_outbound_ratio', 'success_ratio', 'spam_ratio'];

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTextOrNull: Check = (value) => value === null || isText(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isCountOrNull: Check = (value) => value === null || isCount(value);
const orMissing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** Whether a value is a campaign, with one of the statuses. */
export const isCampaign: Check = (value) =>
  isObject(value) && isText(value.id) && CAMPAIGN_STATUSES.some((status) => status === value.status);
/** Whether a value is the health of a number. */
export const isHealth: Check = (value) => isObject(value) && HEALTH.every((name) => typeof value[name] === 'number');

const NUMBER: Record<string, Check> = {
  id: isText,
  phone_number: isText,
  type: isText,
  country_code: isText,
  messaging_profile_id: isTextOrNull,
  messaging_product: isText,
  eligible_messaging_products: (value) => value === null || isListOfStrings(value),
  tags: orMissing(isListOfStrings),
  traffic_type: orMissing(isText),
  features: orMissing(isObject),
  campaign: orMissing((value) => value === null || isCampaign(value)),
  health: orMissing((value) => value === null || isHealth(value)),
  hidden_fields: orMissing(isListOfStrings),
  updated_at: isText,
};
const FIELDS: Record<string, Record<string, Check>> = {
  numbers: NUMBER,
  hosted_numbers: NUMBER,
  profiles: { id: isText, name: isText, enabled: (value) => typeof value === 'boolean' },
  opt_outs: { from: isText, to: isText, messaging_profile_id: isTextOrNull, created_at: isText },
  short_codes: { id: isText, short_code: isText, messaging_profile_id: isTextOrNull },
  alphanumeric_senders: { id: isText, alphanumeric_sender_id: isText, messaging_profile_id: isText },
  keyword_answers: {
    id: isText,
    messaging_profile_id: isText,
    op: isText,
    keywords: isListOfStrings,
    country_code: isText,
    resp_text: orMissing(isText),
  },
  bulk_orders: {
    order_id: isText,
    messaging_profile_id: isTextOrNull,
    success: isListOfStrings,
    pending: isListOfStrings,
    failed: isListOfStrings,
    nth: orMissing(isCount),
    waiting: orMissing(isListOfStrings),
    has_moved: orMissing((value) => typeof value === 'boolean'),
    reads_left: isCountOrNull,
    due_at: orMissing((value) => value === null || (isText(value) && !Number.isNaN(Date.parse(value as string)))),
    reads_until_gone: orMissing(isCountOrNull),
    hidden_fields: orMissing(isListOfStrings),
  },
};
const REQUIRED = ['numbers', 'profiles'];

/** Parses the JSON of a state. Returns the state, or why it is none. */
export function parseState(text: string): SandboxState | string {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  return stateProblem(state) ?? (state as SandboxState);
}

/** Why a value is not a state from which a sandbox can start, or null if it is one. Unknown fields are ignored. */
function stateProblem(state: unknown): string | null {
  if (!isObject(state)) return 'it is not a JSON object';
  if (!orMissing(isText)(state.organization_id)) return 'organization_id is not a text';
  if (!orMissing(isCount)(state.revision)) return 'revision is not a count';
  for (const [list, fields] of Object.entries(FIELDS)) {
    const rows = state[list] ?? (REQUIRED.includes(list) ? null : []);
    if (!Array.isArray(rows)) return `${list} is not a list`;
    for (const [index, row] of rows.entries()) {
      if (!isObject(row)) return `${list}[${index}] is not an object`;
      const wrong = Object.entries(fields).find(([name, check]) => !check(row[name]));
      if (wrong !== undefined) return `${wrong[0]} of ${list}[${index}] is missing or has another form`;
    }
  }
  return null;
}
