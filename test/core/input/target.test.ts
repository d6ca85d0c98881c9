import { describe, expect, it } from 'vitest';
import { profileCell } from '../../../src/core/input/target.ts';

describe('a profile in a cell', () => {
  it.each([
    ['an id', 'p-1', 'p-1'],
    ['no profile', null, 'UNASSIGN'],
    ['not shown', undefined, ''],
  ])('is written for %s', (_, profile, cell) => {
    expect(profileCell(profile)).toBe(cell);
  });
});
