import type { StopCause } from '../attempt/stop-reason.ts';
import { visible } from '../text/visible.ts';
import type { Tally } from './tally.ts';

/** What to do next. Not for a run that undoes itself. */
const AFTER_STOP = {
  wave_not_kept: ' undo restores what was changed; resume goes on with the next wave if the others are kept.',
  order_mismatch:
    ' Check these numbers, then resume: it sends the rest without orders. undo restores the rows that were changed, and no other numbers.',
  gate_refused: ' resume asks the gate again; undo restores what was changed.',
};

/**
 * Why a run stopped, for its summary. `failure` is what was thrown, if the reason is `internal`. `undoes`: it is undone
 * by --undo-on-failure.
 */
export function stopText({ reason, detail }: StopCause, failure: unknown, { counts }: Tally, undoes = false): string {
  switch (reason) {
    case 'signal':
      return `Stopped by ${detail}; ${counts.unverified > 0 ? 'what could not be finished is unverified' : 'what was in flight was finished'}.`;
    case 'drained':
      return `Drained by ${detail}; ${counts.unverified > 0 ? 'what could not be finished is unverified' : 'what was in flight was finished'}.`;
    case 'key_refused':
      return `The API refused the key: ${detail}. Set TELNYX_API_KEY to a valid key, then resume.`;
    case 'account_refused':
      return `The API refused the account or the key: ${detail}.`;
    case 'unreachable':
      return `The API cannot be reached: ${detail}.`;
    case 'not_this_api':
      return `Something other than this API answered: ${detail}.`;
    case 'redirected':
      return `Nothing was sent on: ${detail}. Check --base-url.`;
    case 'phone_number_mismatch':
      return `Ids and phone numbers do not belong together: ${detail}. Was one column sorted alone?`;
    case 'write_not_kept':
      return `Stopped: the API answered 200 and did not keep the change: ${detail}. undo restores what was changed, and resume sends the rest.`;
    case 'wave_not_kept':
    case 'gate_refused':
      return `Stopped: ${detail}.${undoes ? '' : AFTER_STOP[reason]}`;
    case 'order_mismatch':
      return `Stopped: after a bulk order the account is not as it must be: ${detail}.${undoes ? '' : AFTER_STOP[reason]}`;
    case 'max_failures':
    case 'max_same_error':
      return `Stopped: too many failures: ${detail}.`;
    case 'profiles_held':
      return 'Stopped: every profile with rows to send is held; held.csv says why. Fix the profile, then resume.';
    case 'outage':
      return `Stopped: the API appears to be down: ${detail}.`;
    case 'order_pending':
    case 'finish_by':
    case 'stop_after':
      return `Paused: ${detail}.`;
    case 'worker_ended':
    case 'lease_lost':
    case 'queue_lost':
    case 'open_files':
    case 'server_wait':
      return `Stopped: ${detail}.`;
    case 'internal':
      return `Stopped by an internal error, or by an error of this machine: ${failure instanceof Error ? visible(failure.message) : detail}.`;
  }
}
