import type { RowReason } from '../plan/reason.ts';
import type { Cause } from './tally.ts';

/** What to do about a row that is not at its target, by its reason. The first sentence is the name of a column too. */
const BY_REASON: Record<Exclude<RowReason, '' | 'confirmed_by_read'>, string> = {
  missing_id: 'Fill in the id of the number. Then apply the file again.',
  bad_id: 'Fix the id of the number. Then apply the file again.',
  id_in_scientific_notation: 'Export the ids again, as text. A spreadsheet has rounded them.',
  id_looks_rounded:
    'Export the ids again, as text. A spreadsheet has rounded them; --allow-rounded-ids sends ids that are right.',
  id_is_a_phone_number: 'Put the id of the number there, or name the column phone_number.',
  bad_profile_id: 'Write the UUID of the profile, or UNASSIGN. Then apply the file again.',
  bad_product: 'Fix the product. Then apply the file again.',
  bad_phone_number: 'Write the number with a plus and its country code. Then apply the file again.',
  ambiguous_cell: 'Leave the cell empty to keep the value, or write UNASSIGN.',
  nothing_to_change: 'Fill in a profile or a product, or remove the row.',
  unassign_not_allowed: 'Add --allow-unassign if the number is to leave its profile.',
  wrong_number_of_cells: 'Give the row as many cells as the header. A delimiter in a cell needs quotes.',
  repeated_header: 'Remove the row. It is the header again.',
  conflict: 'Keep one row of the number. The others ask for other targets.',
  not_found: 'Check the id and the API key. This account does not have the number.',
  phone_number_mismatch: 'Check ids and phone numbers. They do not belong together.',
  not_eligible: 'Choose a product for which the number is eligible.',
  unknown_profile: 'Check the profile and the API key. This account does not have the profile.',
  profile_disabled: 'Enable the profile in the portal, or choose another one. Then retry.',
  ambiguous_profile_name: 'Name the profile by its UUID.',
  api_error: 'Read the error columns of the results, fix the cause, then retry.',
  attempts_exhausted: 'Retry later. The error was temporary.',
  response_mismatch: 'Check the number in the portal, then retry. The API did not apply the whole change.',
  write_not_kept: 'Ask Telnyx support before you retry. The API confirmed the change and did not keep it.',
  wave_not_kept: 'Check who or what changed the number after it was reassigned. Then retry.',
  redirected: 'Check --base-url. The API redirects requests, and redirects are never followed.',
  not_at_target: 'Retry. The number does not have its target.',
  read_failed: 'Retry. The number is read first, and sent only if it is not at its target.',
  interrupted: 'Resume the run, or retry. The number is read first, because it may have been changed.',
  order_pending:
    'Resume the run. It reads the order and its numbers again, and sends the rest 20 minutes after the last change.',
  drifted: 'Check who changed the number. To overwrite it, retry with --only held.',
  profile_stopped: 'Fix or release the profile. Then retry with --only failed,held.',
  before_unknown: 'Set the value by hand. The run did not read what the number had.',
  unread: 'Undo again when the number can be read.',
};

/** Of `api_error` and `attempts_exhausted`: what to do about a code of the API, as far as it says more than the reason. */
const BY_CODE = new Map(
  Object.entries({
    '10001': 'Check in the portal that the number is active.',
    '10005': BY_REASON.not_found,
    '10006': 'Check the id of the number. The API does not know ids of this form.',
    '10010': 'Give the API key access to the number, then retry.',
    '10012': 'Find in the portal what uses the number, then retry.',
    '10013': BY_REASON.unknown_profile,
    '10017': BY_REASON.unknown_profile,
    '10021': 'Find in the portal what uses the number, then retry.',
    '10022': 'Check the id of the number. The API does not know ids of this form.',
    '10035': 'Ask Telnyx support to unlock the number, then retry.',
    '10036': 'Retry in some minutes. Telnyx is still processing the number.',
    '10038': 'Ask Telnyx support to enable the product for the account, then retry.',
    '10039': 'Ask Telnyx support to enable the product for the account, then retry.',
    '40100': 'Enable messaging for the number in the portal, then retry.',
    '40150': 'Register the toll-free number for messaging, then retry.',
    '40151': 'Retry tomorrow. Messaging is still being enabled for the number.',
    '40155': 'Send Telnyx a letter of authorization for the number, then retry.',
    '40320': 'Retry later. The number cannot be used for the moment.',
    '40323': 'Retry once. If messaging cannot be activated then either, ask Telnyx support.',
    '40324': BY_REASON.not_eligible,
  }),
);

const NO_ANSWER = 'Check the network, then retry. The API did not answer.';
const DENIED = 'Give the API key access to the number, then retry.';

/** The first sentence of the advice for a cause, without its full stop: what to do. */
export function firstAdvice(cause: Cause): string {
  return adviceOf(cause).replace(/\.( .*)?$/, '');
}

/** What to do about a cause why rows are not at their target: one or two sentences. */
export function adviceOf({ reason, error_code: code, http_status: http }: Cause): string {
  if (reason !== 'api_error' && reason !== 'attempts_exhausted') {
    return BY_REASON[reason === '' || reason === 'confirmed_by_read' ? 'api_error' : reason];
  }
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  if (reason === 'attempts_exhausted') return http === null ? NO_ANSWER : BY_REASON.attempts_exhausted;
  if (http === 404) return BY_REASON.not_found;
  return http === 403 ? DENIED : BY_REASON.api_error;
}
