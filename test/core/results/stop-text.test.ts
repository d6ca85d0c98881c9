import { describe, expect, it } from 'vitest';
import type { StopReason } from '../../../src/core/attempt/stop-reason.ts';
import { stopText } from '../../../src/core/results/stop-text.ts';
import { makeTally } from '../../support/make.ts';

const WHY = 'the detail';

describe('why a run stopped', () => {
  it.each([
    ['key_refused', 'The API refused the key: the detail. Set TELNYX_API_KEY to a valid key, then resume.'],
    ['account_refused', 'The API refused the account or the key: the detail.'],
    ['unreachable', 'The API cannot be reached: the detail.'],
    ['not_this_api', 'Something other than this API answered: the detail.'],
    ['redirected', 'Nothing was sent on: the detail. Check --base-url.'],
    [
      'write_not_kept',
      'Stopped: the API answered 200 and did not keep the change: the detail. undo restores what was changed, and resume sends the rest.',
    ],
    [
      'wave_not_kept',
      'Stopped: the detail. undo restores what was changed; resume goes on with the next wave if the others are kept.',
    ],
    [
      'order_mismatch',
      'Stopped: after a bulk order the account is not as it must be: the detail. Check these numbers, then resume: it sends the rest without orders. undo restores the rows that were changed, and no other numbers.',
    ],
    ['order_pending', 'Paused: the detail.'],
    ['gate_refused', 'Stopped: the detail. resume asks the gate again; undo restores what was changed.'],
    ['phone_number_mismatch', 'Ids and phone numbers do not belong together: the detail. Was one column sorted alone?'],
    ['max_failures', 'Stopped: too many failures: the detail.'],
    ['max_same_error', 'Stopped: too many failures: the detail.'],
    [
      'profiles_held',
      'Stopped: every profile with rows to send is held; held.csv says why. Fix the profile, then resume.',
    ],
    ['outage', 'Stopped: the API appears to be down: the detail.'],
    ['finish_by', 'Paused: the detail.'],
    ['stop_after', 'Paused: the detail.'],
    ['open_files', 'Stopped: the detail.'],
    ['server_wait', 'Stopped: the detail.'],
    ['worker_ended', 'Stopped: the detail.'],
    ['lease_lost', 'Stopped: the detail.'],
    ['internal', 'Stopped by an internal error, or by an error of this machine: the detail.'],
  ] satisfies [StopReason, string][])('by %s is said in a sentence', (reason, text) => {
    expect(stopText({ reason, detail: WHY }, null, makeTally({ unverified: 1 }))).toBe(text);
    expect(stopText({ reason, detail: WHY }, null, makeTally({}))).toBe(text);
  });

  it('by a wave names no command if the run is undone anyway', () => {
    for (const reason of ['wave_not_kept', 'gate_refused'] as const) {
      expect(stopText({ reason, detail: WHY }, null, makeTally({}), true)).toBe('Stopped: the detail.');
    }
    expect(stopText({ reason: 'order_mismatch', detail: WHY }, null, makeTally({}), true)).toBe(
      'Stopped: after a bulk order the account is not as it must be: the detail.',
    );
  });

  it('by a signal says whether everything in flight was finished', () => {
    const signal = { reason: 'signal', detail: 'SIGINT' } as const;
    expect(stopText(signal, null, makeTally({ updated: 3, failed: 2, unprocessed: 1 }))).toBe(
      'Stopped by SIGINT; what was in flight was finished.',
    );
    expect(stopText(signal, null, makeTally({ unverified: 1 }))).toBe(
      'Stopped by SIGINT; what could not be finished is unverified.',
    );
  });

  it('by an operator says the same', () => {
    const drained = { reason: 'drained', detail: 'alice' } as const;
    expect(stopText(drained, null, makeTally({ updated: 3 }))).toBe(
      'Drained by alice; what was in flight was finished.',
    );
    expect(stopText(drained, null, makeTally({ unverified: 1 }))).toBe(
      'Drained by alice; what could not be finished is unverified.',
    );
  });

  it('by an internal error says what was thrown, and not for another reason', () => {
    const failure = new Error('ENOSPC: no space left on device');
    const internal = { reason: 'internal', detail: WHY } as const;
    expect(stopText(internal, failure, makeTally({}))).toBe(
      'Stopped by an internal error, or by an error of this machine: ENOSPC: no space left on device.',
    );
    expect(stopText(internal, 'a text', makeTally({}))).toBe(
      'Stopped by an internal error, or by an error of this machine: the detail.',
    );
    expect(stopText({ reason: 'outage', detail: WHY }, failure, makeTally({}))).toBe(
      'Stopped: the API appears to be down: the detail.',
    );
  });
});
