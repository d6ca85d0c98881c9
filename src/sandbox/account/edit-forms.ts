import { isListOfStrings, isObject } from '../http/body.ts';
import type { NumberInput } from './generate.ts';
import { isUuid } from './uuid.ts';

/** What somebody else does to the account: changes or removes a number, or adds one. A profile of null is none. */
export type AccountEdit =
  | { id: string; messaging_profile_id?: string | null; messaging_product?: string; remove?: true }
  | { add: NumberInput };

/** An edit that happens just before the request with this number under /v2 is answered, counting from 1. */
export type Edit = AccountEdit & { atRequest: number };

const FORMS =
  'N:ID=PROFILE_UUID (moved to that profile), N:ID=UNASSIGN (taken off its profile), ' +
  'N:ID=PRODUCT (switched to that product), N:ID=REMOVE (gone from the account), each just before request N is answered';

// Much shorter than a UUID, so that a mistyped one is not taken for a product.
const PRODUCT = /^[A-Za-z0-9_.-]{1,24}$/;

/** Reads one of the four text forms of an edit. Throws an Error that says what is wrong and lists the forms. */
export function parseEdit(text: string): Edit {
  const colon = text.indexOf(':');
  if (colon < 0) throw refusal(text, 'it does not say before which request');
  const moment = text.slice(0, colon);
  if (!/^[1-9][0-9]{0,8}$/.test(moment)) throw refusal(text, `'${moment}' is not the number of a request`);
  const equals = text.indexOf('=', colon);
  if (equals < 0) throw refusal(text, 'it does not say what becomes of the number');
  const id = text.slice(colon + 1, equals);
  if (!/^[A-Za-z0-9_-]+$/.test(id)) throw refusal(text, `'${id}' is not the id of a number`);
  const edit = { atRequest: Number(moment), id };
  const value = text.slice(equals + 1);
  if (isUuid(value)) return { ...edit, messaging_profile_id: value.toLowerCase() };
  if (/^unassign$/i.test(value)) return { ...edit, messaging_profile_id: null };
  if (/^remove$/i.test(value)) return { ...edit, remove: true };
  if (PRODUCT.test(value)) return { ...edit, messaging_product: value };
  throw refusal(text, `'${value}' is not a profile, UNASSIGN, a product or REMOVE`);
}

function refusal(text: string, reason: string): Error {
  return new Error(`bad edit '${text}': ${reason}. Forms: ${FORMS}.`);
}

type Field = { fits: (value: unknown) => boolean; text: string };

const NAME: Field = { fits: (value) => typeof value === 'string' && value !== '', text: 'a string that is not empty' };
const PROFILE: Field = { fits: (value) => value === null || isUuid(value), text: 'a UUID or null' };
const CHANGED: Record<string, Field> = {
  id: NAME,
  messaging_profile_id: PROFILE,
  messaging_product: NAME,
  remove: { fits: (value) => value === true, text: 'true' },
};
const ADDED: Record<string, Field> = {
  id: NAME,
  phone_number: {
    fits: (value) => value === null || (typeof value === 'string' && /^\+[1-9][0-9]{1,14}$/.test(value)),
    text: 'an E.164 number or null',
  },
  messaging_profile_id: PROFILE,
  messaging_product: NAME,
  eligible_messaging_products: {
    fits: (value) => value === null || isListOfStrings(value),
    text: 'a list of strings or null',
  },
  eligibility_hidden: { fits: (value) => typeof value === 'boolean', text: 'true or false' },
};

/**
 * What is wrong with the form of an edit, or null. A field that nobody knows is wrong too: a mistyped one would be
 * an edit that does nothing, and a test that proves nothing.
 */
export function editProblem(edit: unknown): string | null {
  if (!isObject(edit)) return 'it is not a JSON object';
  if (edit.add !== undefined) {
    if (Object.keys(edit).length > 1) return 'add stands alone';
    return isObject(edit.add) ? fieldProblem(edit.add, ADDED) : 'add must be an object';
  }
  const problem = fieldProblem(edit, CHANGED);
  if (problem !== null) return problem;
  const changes = [edit.messaging_profile_id, edit.messaging_product].filter((value) => value !== undefined).length;
  if (edit.remove === true) return changes > 0 ? 'remove goes with nothing but the id' : null;
  return changes > 0 ? null : 'there is nothing to change: give messaging_profile_id, messaging_product or remove';
}

function fieldProblem(given: Record<string, unknown>, fields: Record<string, Field>): string | null {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) return `there is no field '${name}', only ${Object.keys(fields).join(', ')}`;
    if (!field.fits(value)) return `${name} must be ${field.text}`;
  }
  return given.id === undefined ? 'id is missing' : null;
}
