import { afterEach, describe, expect, it, vi } from 'vitest';
import { CommandError } from '../../../src/app/errors.ts';
import { checkPlanAge, maxPlanAgeMs } from '../../../src/app/planning/check-plan.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { AT, inputOf, makeRun, NO_PLAN } from '../../support/app/run-directories.ts';
import { manifest } from '../../support/io/manifests.ts';
import { tempDir } from '../../support/temp.ts';

const HOUR = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

describe('maxPlanAgeMs', () => {
  it.each<[string, Manifest['settings'], number | null, number]>([
    ['7 days', {}, null, 7 * 24 * HOUR],
    ['a day where the account was not read', { offline: 'true' }, null, 24 * HOUR],
    ['7 days where --offline was turned off', { offline: 'false' }, null, 7 * 24 * HOUR],
    ['as long as --max-plan-age says', {}, HOUR, HOUR],
    ['as long as --max-plan-age says, where the account was not read', { offline: 'true' }, 48 * HOUR, 48 * HOUR],
  ])('is %s', (_, settings, max_plan_age, expected) => {
    expect(maxPlanAgeMs({ manifest: manifest({ settings }) }, { max_plan_age })).toBe(expected);
  });
});

describe('checkPlanAge', () => {
  /** What comes of a plan that is so old. */
  function refusal(age: number, changes: Partial<Manifest>, max_plan_age: number | null = null) {
    vi.useFakeTimers({ now: Date.parse(AT) + age, toFake: ['Date'] });
    const run = makeRun(tempDir(), 1, changes);
    try {
      checkPlanAge(run, { max_plan_age }, contextOf());
      return null;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { exit, code, message } = error;
      return { exit, code, message };
    }
  }
  const made = { plan: { ...NO_PLAN, at: AT } };

  it('lets a plan pass to the last moment, and no longer', () => {
    expect(refusal(HOUR, made, HOUR)).toBeNull();
    expect(refusal(7 * 24 * HOUR, made)).toBeNull();
    expect(refusal(HOUR + 1, made, HOUR)).toMatchObject({ exit: 8, code: 'stale_plan' });
    expect(refusal(7 * 24 * HOUR + 1, made)).toMatchObject({ exit: 8, code: 'stale_plan' });
    expect(refusal(25 * HOUR, { ...made, settings: { offline: 'true' } })).toMatchObject({ exit: 8 });
    // A clock that was set back makes no plan old.
    expect(refusal(-HOUR, made, HOUR)).toBeNull();
  });

  it('says how old it is, how old it may be, and how to plan again', () => {
    const { message } = refusal(8 * 24 * HOUR, made) as { message: string };
    expect(message).toMatch(/^The plan of run \S+ is 8d old, and --max-plan-age allows 7d: nothing was sent\. /);
    expect(message).toMatch(/ Plan again: telnyx-reassign plan \/data\/numbers\.csv$/);
    const piped = refusal(8 * 24 * HOUR, { ...made, input: inputOf(null, 'ab12') }) as { message: string };
    expect(piped.message).toMatch(/nothing was sent\.$/);
  });

  it('uses the age of the run if the plan does not say when it was made', () => {
    const old = { plan: { ...NO_PLAN, at: '' }, created_at: AT };
    expect(refusal(HOUR, old, HOUR)).toBeNull();
    expect(refusal(HOUR + 1, old, HOUR)).toMatchObject({ code: 'stale_plan' });
  });
});
