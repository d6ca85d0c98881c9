import { type Body, isListOfStrings, isObject, refuseBody } from '../http/body.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import { type Account, changeNumber, type NumberChange } from './account.ts';
import { changeOfSideEffect, type SideEffect } from './side-effects.ts';
import type { SandboxNumber } from './state.ts';
import { isUuid } from './uuid.ts';
import { showNumber } from './views.ts';

/** A part of a change. */
type Part = 'all' | 'without product' | 'nothing';

/** What a write keeps and what its answer shows, each `all` by default, and what else it does. A fault may change them. */
export type WriteParts = { kept?: Part; shown?: Part; sideEffect?: SideEffect };

/**
 * Applies a PATCH of one number, all of it or nothing. A field that is missing or null keeps its value. An empty
 * profile id unassigns the number. Order of the checks: body, number, form of the values, profile, product.
 */
export function updateNumber(account: Account, id: string, body: Body, parts: WriteParts = {}): Reply {
  const refusal = refuseBody(body);
  if (refusal !== null) return refusal;
  if (!isObject(body.value)) return failure(400, '10015', { detail: 'The body is not a JSON object.' });
  const number = account.numbers.get(id);
  if (number === undefined) return failure(404, '10005');
  const change = readChange(account, number, body.value);
  if ('status' in change) return change;
  const kept = { ...partOf(change, parts.kept), ...changeOfSideEffect(number, parts.sideEffect) };
  if (Object.keys(kept).length > 0) changeNumber(account, number, kept);
  return success({ data: showNumber(account, { ...number, ...partOf(change, parts.shown) }) });
}

function partOf(change: NumberChange, part: Part = 'all'): NumberChange {
  const { messaging_product: _product, ...others } = change;
  if (part === 'nothing') return {};
  return part === 'all' ? change : others;
}

function readChange(account: Account, number: SandboxNumber, fields: Record<string, unknown>): NumberChange | Reply {
  const { messaging_profile_id: profile = null, messaging_product: product = null, tags = null } = fields;
  const change: NumberChange = {};
  if (profile !== null) {
    if (profile !== '' && !isUuid(profile)) return failure(400, '10015', { pointer: '/messaging_profile_id' });
    change.messaging_profile_id = profile === '' ? null : profile.toLowerCase();
  }
  if (product !== null) {
    if (typeof product !== 'string') return failure(400, '10015', { pointer: '/messaging_product' });
    change.messaging_product = product;
  }
  if (tags !== null) {
    if (!isListOfStrings(tags)) return failure(400, '10015', { pointer: '/tags' });
    change.tags = tags;
  }
  if (change.messaging_profile_id && !account.profiles.has(change.messaging_profile_id)) {
    return failure(422, '10017', { pointer: '/messaging_profile_id' });
  }
  const { messaging_product: target } = change;
  if (target !== undefined && number.eligible_messaging_products?.includes(target) === false) {
    return failure(422, '40324', { pointer: '/messaging_product' });
  }
  return change;
}
