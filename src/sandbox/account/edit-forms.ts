import { isListOfStrings, isObject } from '../http/body.ts';
import type { NumberInput } from './generate.ts';
import { isNumberType } from './number-types.ts';
import { isUuid } from './uuid.ts';

/** An edit by another client: changes, removes or adds a number. A profile of null means none. */
export type AccountEdit =
  | { id: string; messaging_profile_id?: string | null; messaging_product?: string; remove?: true }
  | { add: NumberInput };

/** An edit that happens just before request number `atRequest` under /v2 is answered, counting from 1. */
export type Edit = AccountEdit & { atRequest: number };

const FORMS =
  'N:ID=PROFILE_UUID (move to that profile), N:ID=UNASSIGN (remove from its profile), ' +
  'N:ID=PRODUCT (switch to that product), N:ID=REMOVE (remove from the account), each just before request N is answered';

// Much shorter than a UUID, so that a mistyped UUID is not read as a product.
const PRODUCT = /^[A-Za-z0-9_.-]{1,24}$/;

/** Parses one of the four text forms of an edit. Throws an Error with the reason and the list of forms. */
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
  throw refusal(text, `'${value}' is not a profile, UNASSIGN, a product or REMOVE`);
}

function refusal(text: string, reason: string): Error {
  return new Error(`invalid edit '${text}': ${reason}. Forms: ${FORMS}.`);
}

type Field = { isValid: (value: unknown) => boolean; text: string };

const NAME: Field = { isValid: (value) => typeof value === 'string' && value !== '', text: 'a non-empty string' };
const PROFILE: Field = { isValid: (value) => value === null || isUuid(value), text: 'a UUID or null' };
const CHANGE_FIELDS: Record<string, Field> = {
  id: NAME,
  messaging_profile_id: PROFILE,
  messaging_product: NAME,
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
};

/**
 * What is wrong with the form of an edit, or null. An unknown field is an error too: with a mistyped field name, the
 * edit would do nothing and a test would prove nothing.
 */
export function editProblem(edit: unknown): string | null {
  if (!isObject(edit)) return 'it is not a JSON object';
  if (edit.add !== undefined) {
    if (Object.keys(edit).length > 1) return 'add must be the only field';
    return isObject(edit.add) ? fieldProblem(edit.add, ADD_FIELDS) : 'add must be an object';
  }
  const problem = fieldProblem(edit, CHANGE_FIELDS);
  if (problem !== null) return problem;
  const changes = [edit.messaging_profile_id, edit.messaging_product].filter((value) => value !== undefined).length;
  if (edit.remove === true) return changes > 0 ? 'remove allows no other field than id' : null;
  return changes > 0 ? null : 'there is nothing to change: set messaging_profile_id, messaging_product or remove';
}

function fieldProblem(given: Record<string, unknown>, fields: Record<string, Field>): string | null {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) return `there is no field '${name}'; expected ${Object.keys(fields).join(', ')}`;
    if (!field.isValid(value)) return `${name} must be ${field.text}`;
  }
  return given.id === undefined ? 'id is missing' : null;
}
