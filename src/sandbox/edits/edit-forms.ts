import type { NumberInput } from '../account/generate.ts';
import { CAMPAIGN_STATUSES, type SandboxCampaign, type SandboxHealth, type SandboxOptOut } from '../account/state.ts';
import { isUuid } from '../account/uuid.ts';

/** A change of a number. A profile or campaign of null means none. Of health and campaign, missing fields stay. */
export type NumberEdit = {
  id: string;
  messaging_profile_id?: string | null;
  messaging_product?: string;
  campaign?: Partial<SandboxCampaign> | null;
  health?: Partial<SandboxHealth> | null;
  remove?: true;
};

/** An edit by another client: changes, removes or adds a number, or adds or removes an opt-out. */
export type AccountEdit =
  | NumberEdit
  | { add: NumberInput }
  | { add_opt_out: SandboxOptOut }
  | { remove_opt_out: OptOutKey };

/** What is unique to an opt-out. */
export type OptOutKey = Pick<SandboxOptOut, 'from' | 'to' | 'messaging_profile_id'>;

/** An edit that happens just before request number `atRequest` under /v2 is answered, counting from 1. */
export type Edit = AccountEdit & { atRequest: number };

const FORMS =
  'N:ID=PROFILE_UUID (move to that profile), N:ID=UNASSIGN (remove from its profile), ' +
  'N:ID=PRODUCT (switch to that product), N:ID=CAMPAIGN:none (lose the campaign), N:ID=CAMPAIGN:STATUS (give it that ' +
  'status), N:ID=SUCCESS:0.5 (give the number that success ratio), N:ID=REMOVE (remove from the account), each just ' +
  'before request N is answered';

// Much shorter than a UUID, so that a mistyped UUID is not read as a product.
const PRODUCT = /^[A-Za-z0-9_.-]{1,24}$/;

/** Parses one of the text forms of an edit. Throws an Error with the reason and the list of forms. */
export function parseEdit(text: string): Edit {
  const colon = text.indexOf(':');
  if (colon < 0) throw refusal(text, 'it does not say before which request');
  const request = text.slice(0, colon);
  if (!/^[1-9][0-9]{0,8}$/.test(request)) throw refusal(text, `'${request}' is not the number of a request`);
  const equals = text.indexOf('=', colon);
  if (equals < 0) throw refusal(text, 'it does not say what to change');
  const id = text.slice(colon + 1, equals);
  if (!/^[A-Za-z0-9_-]+$/.test(id)) throw refusal(text, `'${id}' is not the id of a number`);
  const edit = { atRequest: Number(request), id };
  const value = text.slice(equals + 1);
  if (isUuid(value)) return { ...edit, messaging_profile_id: value.toLowerCase() };
  if (/^unassign$/i.test(value)) return { ...edit, messaging_profile_id: null };
  if (/^remove$/i.test(value)) return { ...edit, remove: true };
  if (PRODUCT.test(value)) return { ...edit, messaging_product: value };
  const watched = parseWatched(value);
  if (watched !== null) return { ...edit, ...watched };
  throw refusal(text, `'${value}' is not a profile, UNASSIGN, a product, CAMPAIGN:..., SUCCESS:... or REMOVE`);
}

/** Parses the forms with a colon, or returns null. */
function parseWatched(value: string): Pick<NumberEdit, 'campaign' | 'health'> | null {
  const [, name = '', given = ''] = /^(campaign|success):(.+)$/i.exec(value) ?? [];
  if (name.toLowerCase() === 'success') {
    return isRatio(given) ? { health: { success_ratio: Number(given) } } : null;
  }
  if (name === '') return null;
  if (/^none$/i.test(given)) return { campaign: null };
  const status = CAMPAIGN_STATUSES.find((one) => one === given.toUpperCase());
  return status === undefined ? null : { campaign: { status } };
}

function isRatio(text: string): boolean {
  return /^[01](?:\.[0-9]{1,9})?$/.test(text) && Number(text) <= 1;
}

function refusal(text: string, reason: string): Error {
  return new Error(`invalid edit '${text}': ${reason}. Forms: ${FORMS}.`);
}
