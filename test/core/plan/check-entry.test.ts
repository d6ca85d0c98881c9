import { describe, expect, it } from 'vitest';
import { entryProblem } from '../../../src/core/plan/check-entry.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { makeEntry } from '../../support/make.ts';

const problem = (changes: Partial<PlanEntry>) => entryProblem(makeEntry({ row: 7, ...changes }), 7);

describe('an entry of plan.csv', () => {
  it.each<Partial<PlanEntry>>([
    {},
    { profileTarget: 'UNASSIGN', productTarget: 'A2P', phoneNumber: '+18005550001' },
    { profileTarget: '' },
    { action: 'unchanged', reason: 'drifted' },
    { action: 'held', reason: 'before_unknown' },
    { action: 'duplicate', note: 'same id' },
    { action: 'rejected', id: "'=x", phoneNumber: "'=x", reason: 'bad_id', profileTarget: '' },
    { action: 'rejected', id: '', reason: 'missing_id' },
  ])('that this program can have written passes: %j', (changes) => {
    expect(problem(changes)).toBeNull();
  });

  it.each<[string, Partial<PlanEntry>]>([
    ['row 7 is missing', { row: 8 }],
    ['row 7 is missing', { row: Number.NaN }],
    ['row 7 has a line that no plan has', { line: 0 }],
    ['row 7 has a line that no plan has', { line: 1.5 }],
    ['row 7 has an action that no plan has', { action: 'send' as never }],
    ['row 7 has a reason that no plan has', { reason: 'toString' as never }],
    ['row 7 has a phone number that no plan has', { phoneNumber: '=1' }],
    ['row 7 has an id that no plan has', { id: '' }],
    ['row 7 has an id that no plan has', { id: '..' }],
    ['row 7 has an id that no plan has', { id: 'a/../b' }],
    ['row 7 has an id that no plan has', { action: 'duplicate', id: '=HYPERLINK("x")' }],
    ['row 7 has an id that no plan has', { action: 'rejected', reason: 'bad_id', id: '=HYPERLINK("x")' }],
    ['row 7 has a profile that no plan has', { profileTarget: 'name:x' }],
    ['row 7 has a profile that no plan has', { profileTarget: 'unassign' }],
    ['row 7 has a product that no plan has', { productTarget: 'a b' }],
  ])('%s: %j', (message, changes) => {
    expect(problem(changes)).toBe(message);
  });
});
