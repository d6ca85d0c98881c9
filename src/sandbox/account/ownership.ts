import { type Body, isListOfStrings, isObject, refuseBody } from '../http/body.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import { type Account, withPhoneNumbers } from './account.ts';

const MAX_PHONE_NUMBERS = 1000;
const E164 = /^\+[1-9][0-9]{1,14}$/;
const POINTER = '/phone_numbers';

/** Answers which of up to 1,000 phone numbers the account has, with their ids. It shows no profile and no product. */
export function verifyOwnership(account: Account, body: Body): Reply {
  const refusal = refuseBody(body);
  if (refusal !== null) return refusal;
  const wanted = isObject(body.value) ? body.value.phone_numbers : undefined;
  if (!isListOfStrings(wanted) || wanted.length === 0) return failure(400, '10015', { pointer: POINTER });
  if (wanted.length > MAX_PHONE_NUMBERS) return failure(422, '10027', { pointer: POINTER });
  const invalid = wanted.findIndex((phoneNumber) => !E164.test(phoneNumber));
  if (invalid >= 0) return failure(422, '10016', { pointer: `${POINTER}/${invalid}` });
  const found = withPhoneNumbers(account, wanted);
  const known = new Set(found.map((number) => number.phone_number));
  return success({
    data: {
      record_type: 'number_ownership_verification',
      found: found.map((number) => ({ id: number.id, number_val_e164: number.phone_number })),
      not_found: [...new Set(wanted)].filter((phoneNumber) => !known.has(phoneNumber)),
    },
  });
}
