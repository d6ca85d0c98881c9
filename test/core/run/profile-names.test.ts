import { describe, expect, it } from 'vitest';
import { profileNames } from '../../../src/core/run/profile-names.ts';
import { makePlan } from '../../support/make.ts';

const move = (before: string, beforeName: string, target: string, targetName: string) => ({
  count: 1,
  profile_before: before,
  profile_before_name: beforeName,
  profile_target: target,
  profile_target_name: targetName,
  product_before: '',
  product_target: '',
});
const NOTHING = { short_codes: 0, alphanumeric_senders: 0, hosted_numbers: 0, keyword_answers: 0, opt_outs: 0 };
const left = (profile: string, name: string) => ({ profile, name, numbers: 0, ...NOTHING });

describe('the names of profiles', () => {
  it('are those in the moves of a plan, and of the profiles that numbers leave', () => {
    const plan = makePlan({
      moves: [move('a', 'A', 'b', 'B'), move('c', '', 'd', '')],
      left_behind: [left('a', 'A'), left('e', 'E'), left('f', '')],
    });
    expect(Object.fromEntries(profileNames({ plan }))).toEqual({ a: 'A', b: 'B', e: 'E' });
    expect(profileNames({ plan: null }).size).toBe(0);
  });
});
