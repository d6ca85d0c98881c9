import { isNumberType } from '../account/number-types.ts';
import { CAMPAIGN_STATUSES } from '../account/state.ts';
import { isCampaign, isHealth } from '../account/state-problem.ts';
import { isUuid } from '../account/uuid.ts';
import { isListOfStrings, isObject } from '../http/body.ts';

type Field = { isValid: (value: unknown) => boolean; text: string };

const NAME: Field = { isValid: (value) => typeof value === 'string' && value !== '', text: 'a non-empty string' };
const PROFILE: Field = { isValid: (value) => value === null || isUuid(value), text: 'a UUID or null' };
const isText = (value: unknown) => typeof value === 'string';
const CAMPAIGN: Field = {
  isValid: (value) => value === null || (isObject(value) && fieldProblem(value, CAMPAIGN_FIELDS) === null),
  text: `null, or an object with id, failure_reasons and a status of ${CAMPAIGN_STATUSES.join(', ')}`,
};
const HEALTH: Field = {
  isValid: (value) => value === null || (isObject(value) && fieldProblem(value, HEALTH_FIELDS) === null),
  text: 'null, or an object with the numbers message_count, inbound_outbound_ratio, success_ratio and spam_ratio',
};
const CAMPAIGN_FIELDS: Record<string, Field> = {
  id: NAME,
  status: { isValid: (value) => CAMPAIGN_STATUSES.some((status) => status === value), text: 'a status' },
  failure_reasons: { isValid: isText, text: 'a string' },
};
const COUNT_OR_RATIO: Field = { isValid: (value) => typeof value === 'number' && value >= 0, text: 'a number' };
const HEALTH_FIELDS: Record<string, Field> = {
  message_count: COUNT_OR_RATIO,
  inbound_outbound_ratio: COUNT_OR_RATIO,
  success_ratio: COUNT_OR_RATIO,
  spam_ratio: COUNT_OR_RATIO,
};
const CHANGES: Record<string, Field> = {
  messaging_profile_id: PROFILE,
  messaging_product: NAME,
  campaign: CAMPAIGN,
  health: HEALTH,
};
const CHANGE_FIELDS: Record<string, Field> = {
  id: NAME,
  ...CHANGES,
  remove: { isValid: (value) => value === true, text: 'true' },
};
const ADD_FIELDS: Record<string, Field> = {
  id: NAME,
  phone_number: {
    isValid: (value) => value === null || (typeof value === 'string' && /^\+[1-9][0-9]{1,14}$/.test(value)),
    text: 'an E.164 number or null',
  },
  type: { isValid: isNumberType, text: 'long-code, toll-free, short-code or another spelling of them' },
  messaging_profile_id: PROFILE,
  messaging_product: NAME,
  eligible_messaging_products: {
    isValid: (value) => value === null || isListOfStrings(value),
    text: 'a list of strings or null',
  },
  eligibility_hidden: { isValid: (value) => typeof value === 'boolean', text: 'true or false' },
  country_code: {
    isValid: (value) => isText(value) && /^[A-Z]{2}$/.test(value as string),
    text: 'two capital letters',
  },
  tags: { isValid: isListOfStrings, text: 'a list of strings' },
  hidden_fields: { isValid: isListOfStrings, text: 'a list of strings' },
  campaign: { ...CAMPAIGN, isValid: (value) => value === null || isCampaign(value) },
  health: { ...HEALTH, isValid: (value) => value === null || isHealth(value) },
};
const OPT_OUT_KEY: Record<string, Field> = { from: NAME, to: NAME, messaging_profile_id: PROFILE };
const OPT_OUT_FIELDS: Record<string, Field> = {
  ...OPT_OUT_KEY,
  keyword: { isValid: (value) => value === null || isText(value), text: 'a string or null' },
  created_at: { isValid: (value) => isText(value) && !Number.isNaN(Date.parse(value as string)), text: 'a time' },
};
/** The edits that are one field with an object, and the fields that this must have. */
const OBJECT_EDITS: Record<string, { fields: Record<string, Field>; required: readonly string[] }> = {
  add: { fields: ADD_FIELDS, required: ['id'] },
  add_opt_out: { fields: OPT_OUT_FIELDS, required: Object.keys(OPT_OUT_FIELDS) },
  remove_opt_out: { fields: OPT_OUT_KEY, required: Object.keys(OPT_OUT_KEY) },
};

/**
 * What is wrong with the form of an edit, or null. An unknown field is an error too: with a mistyped field name, the
 * edit would do nothing and a test would prove nothing.
 */
export function editProblem(edit: unknown): string | null {
  if (!isObject(edit)) return 'it is not a JSON object';
  for (const [name, { fields, required }] of Object.entries(OBJECT_EDITS)) {
    if (edit[name] === undefined) continue;
    if (Object.keys(edit).length > 1) return `${name} must be the only field`;
    return isObject(edit[name]) ? fieldProblem(edit[name], fields, required) : `${name} must be an object`;
  }
  const problem = fieldProblem(edit, CHANGE_FIELDS, ['id']);
  if (problem !== null) return problem;
  const isChange = Object.keys(CHANGES).some((name) => edit[name] !== undefined);
  if (edit.remove === true) return isChange ? 'remove allows no other field than id' : null;
  return isChange ? null : `there is nothing to change: set ${Object.keys(CHANGES).join(', ')} or remove`;
}

function fieldProblem(
  given: Record<string, unknown>,
  fields: Record<string, Field>,
  required: readonly string[] = [],
): string | null {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) return `there is no field '${name}'; expected ${Object.keys(fields).join(', ')}`;
    if (!field.isValid(value)) return `${name} must be ${field.text}`;
  }
  const missing = required.find((name) => given[name] === undefined);
  return missing === undefined ? null : `${missing} is missing`;
}
