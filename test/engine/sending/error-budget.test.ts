import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/attempt/outcome.ts';
import { createErrorBudget } from '../../../src/engine/sending/error-budget.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { entry, PROFILE, UNGUARDED } from '../../support/engine/fake-world.ts';
import { makeFailure } from '../../support/make.ts';

const OTHER = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';

type Limits = Parameters<typeof createErrorBudget>[1];

const updated = makeFailure({ status: 'updated', reason: '', httpStatus: 200, errorCode: '', errorTitle: '' });
const exhausted = makeFailure({ reason: 'attempts_exhausted', retryable: true, httpStatus: 425, errorCode: '' });

/** A budget alone. `count` counts the same outcome for several rows to one profile. */
function make(limits: Partial<Limits>, earlier = { ended: 0, permanent: 0 }) {
  const stop = createStop();
  const budget = createErrorBudget(stop, { ...UNGUARDED, ...limits }, earlier);
  let row = 0;
  return {
    stop,
    budget,
    count(times: number, one: Outcome, profileTarget = PROFILE) {
      let last: ReturnType<typeof budget.count> = null;
      for (let n = 0; n < times; n++) {
        row += 1;
        last = budget.count(entry(row, { profileTarget }), { ...one, row });
      }
      return last;
    },
    reason: () => stop.asked()?.reason ?? null,
  };
}

const number = (value: number): Partial<Limits> => ({ max_failures: { value, percent: false } });
const percent = (value: number): Partial<Limits> => ({ max_failures: { value, percent: true } });

describe('--max-failures with a number', () => {
  it('stops when more rows than that have failed, and not before', () => {
    const made = make(number(7));
    made.count(7, makeFailure());
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.stop.asked()).toEqual({
      reason: 'max_failures',
      detail: '8 of 8 rows sent failed for good (--max-failures 7); e.g. row 8 (line 9, id n8): 422 10015 Bad Request',
    });
  });

  it('stops at the first failure with 0', () => {
    const made = make(number(0));
    made.count(50, updated);
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.reason()).toBe('max_failures');
  });

  it('continues the counts of earlier sessions', () => {
    const made = make(number(7), { ended: 100, permanent: 6 });
    made.count(1, makeFailure());
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.stop.asked()?.detail).toMatch(/^8 of 102 rows sent failed for good /);
  });

  it.each([
    ['given up after retries', exhausted],
    [
      'unverified',
      makeFailure({ status: 'unverified', reason: 'attempts_exhausted', retryable: true, httpStatus: 503 }),
    ],
    ['updated', updated],
  ])('does not count rows that are %s', (_, one) => {
    const made = make(number(0));
    made.count(500, one);
    expect(made.reason()).toBeNull();
  });
});

describe('--max-failures with a percentage', () => {
  it('does not stop before 20 rows have failed, and stops at the 20th', () => {
    const made = make(percent(5));
    made.count(19, makeFailure());
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.stop.asked()?.detail).toMatch(/^20 of 20 rows sent failed for good \(--max-failures 5%\)/);
  });

  it('stops above the percentage, and not at it', () => {
    const made = make(percent(5));
    made.count(380, updated);
    made.count(20, makeFailure());
    // 20 of 400 are 5 %, and 21 of 401 are more.
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.stop.asked()?.detail).toMatch(/^21 of 401 rows sent /);
  });

  it('counts every outcome among the rows sent, also of earlier sessions', () => {
    const made = make(percent(5), { ended: 300, permanent: 20 });
    made.count(50, updated);
    made.count(49, exhausted);
    made.count(1, makeFailure());
    // 21 of 400.
    expect(made.stop.asked()?.detail).toMatch(/^21 of 400 rows sent /);
    const enough = make(percent(5), { ended: 300, permanent: 20 });
    enough.count(70, updated);
    enough.count(49, exhausted);
    enough.count(1, makeFailure());
    // 21 of 420.
    expect(enough.reason()).toBeNull();
  });

  it('accepts a fraction of a percent', () => {
    const made = make(percent(0.5));
    made.count(3980, updated);
    made.count(20, makeFailure());
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.reason()).toBe('max_failures');
  });

  it('never stops with 100 %', () => {
    const made = make(percent(100));
    made.count(5000, makeFailure());
    expect(made.reason()).toBeNull();
  });
});

describe('--max-same-error', () => {
  it('stops at that many failures of one status and code, and not at one less', () => {
    const made = make({ max_same_error: 20 });
    made.count(19, makeFailure());
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.stop.asked()).toEqual({
      reason: 'max_same_error',
      detail:
        '20 rows failed with 422 10015 and none was updated in between (--max-same-error 20); ' +
        'e.g. row 20 (line 21, id n20): 422 10015 Bad Request',
    });
  });

  it('starts again with every updated row', () => {
    const made = make({ max_same_error: 20 });
    made.count(19, makeFailure());
    made.count(1, updated, OTHER);
    made.count(19, makeFailure());
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure());
    expect(made.reason()).toBe('max_same_error');
  });

  it('counts every status and code by itself, and is not interrupted by others', () => {
    const made = make({ max_same_error: 20 });
    for (let n = 0; n < 19; n++) {
      made.count(1, makeFailure());
      made.count(1, makeFailure({ errorCode: '10016' }));
      made.count(1, makeFailure({ httpStatus: 404 }));
      made.count(1, makeFailure({ httpStatus: 404, errorCode: '' }));
      made.count(1, makeFailure({ status: 'unverified', httpStatus: 503, errorCode: '' }));
    }
    expect(made.reason()).toBeNull();
    made.count(1, makeFailure({ httpStatus: 404, errorCode: '' }));
    expect(made.stop.asked()?.detail).toMatch(/^20 rows failed with 404 and none /);
  });

  it('counts rows that were given up after retries, and none without a status', () => {
    const made = make({ max_same_error: 20 });
    made.count(100, makeFailure({ httpStatus: null, errorCode: 'ECONNREFUSED', retryable: true }));
    expect(made.reason()).toBeNull();
    made.count(20, exhausted);
    expect(made.reason()).toBe('max_same_error');
  });
});

describe('failures that name the profile', () => {
  const about = makeFailure({ httpStatus: 404, errorCode: '10017', errorTitle: 'No such resource' });

  it.each([
    ['code 10013', { errorCode: '10013' }],
    ['code 10017', { errorCode: '10017' }],
    ['the pointer', { errorCode: '10015', errorPointer: '/messaging_profile_id' }],
  ])('(by %s) hold it at the 20th, and do not stop the run', (_, more) => {
    const made = make({ ...number(0), max_same_error: 2 });
    expect(made.count(19, makeFailure(more))).toBeNull();
    expect(made.budget.isHeld(entry(100))).toBe(false);
    expect(made.count(1, makeFailure(more))).toEqual({
      profile: PROFILE,
      why: expect.stringMatching(
        `^20 rows to profile ${PROFILE} failed with none updated in between, e\\.g\\. row 20 `,
      ),
    });
    expect(made.budget.isHeld(entry(100))).toBe(true);
    expect(made.budget.isHeld(entry(100, { profileTarget: OTHER }))).toBe(false);
    expect(made.reason()).toBeNull();
    // It is reported once.
    expect(made.count(5, makeFailure(more))).toBeNull();
  });

  it('are counted from 0 again after an updated row to that profile, and not to another', () => {
    const made = make({});
    made.count(19, about);
    made.count(1, updated);
    expect(made.count(19, about)).toBeNull();
    made.count(1, updated, OTHER);
    expect(made.count(1, about)).toMatchObject({ profile: PROFILE });
  });

  it('are counted for each profile', () => {
    const made = make({});
    made.count(19, about);
    made.count(19, about, OTHER);
    expect(made.budget.isHeld(entry(1))).toBe(false);
    expect(made.count(1, about, OTHER)).toMatchObject({ profile: OTHER });
    expect(made.budget.isHeld(entry(1))).toBe(false);
  });

  it.each([
    ['unassigns', 'UNASSIGN'],
    ['leaves the profile as it is', ''],
  ])('are ordinary failures for a row that %s', (_, profileTarget) => {
    const made = make({ max_same_error: 20 });
    made.count(20, about, profileTarget);
    expect(made.reason()).toBe('max_same_error');
    expect(made.budget.isHeld(entry(1, { profileTarget }))).toBe(false);
  });

  it('do not count as failures of --max-failures, but as rows sent', () => {
    const made = make(percent(5));
    made.count(390, about);
    made.count(20, makeFailure());
    // 20 of 410.
    expect(made.reason()).toBeNull();
  });

  it('do not include another pointer', () => {
    const made = make({});
    made.count(50, makeFailure({ errorPointer: '/messaging_product' }));
    expect(made.budget.isHeld(entry(1))).toBe(false);
  });
});
