import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileCell, profileRef, readProfileRef } from '../../../src/core/input/target.ts';
import { anyText } from '../../support/any-text.ts';
import { PROFILE } from '../../support/make.ts';

describe('a profile in a cell', () => {
  it.each([
    ['an id', 'p-1', 'p-1'],
    ['no profile', null, 'UNASSIGN'],
    ['not shown', undefined, ''],
  ])('is written for %s', (_, profile, cell) => {
    expect(profileCell(profile)).toBe(cell);
  });
});

describe('a profile that is named in place of its id', () => {
  it('is one word for plan.csv, whatever its name', () => {
    expect(profileRef('', 'Support, "EU" ü')).toBe('name:Support%2C%20%22EU%22%20%C3%BC');
    expect(profileRef(PROFILE, 'name:x')).toBe(`${PROFILE}name:name%3Ax`);
  });

  it('comes back with the id beside it', () => {
    const names = fc.oneof(
      anyText(30),
      fc.constantFrom('name:', 'name:name:x', '%41', '%', '+', '\n\r,";', '👩‍👧', PROFILE),
    );
    fc.assert(
      fc.property(fc.constantFrom('', PROFILE), names, (id, name) => {
        const ref = profileRef(id, name);
        expect(ref).toMatch(/^[!-~]*$/);
        expect(ref).not.toMatch(/[,"\s]/);
        expect(readProfileRef(ref)).toEqual({ id, name });
      }),
    );
  });

  it('has a question mark for half a character, which no file can hold', () => {
    expect(readProfileRef(profileRef('', 'a\ud800b\udfff'))).toEqual({ id: '', name: 'a?b?' });
    expect(readProfileRef(profileRef('', '\ud83d\ude00'))).toEqual({ id: '', name: '\ud83d\ude00' });
  });

  it.each(['', 'UNASSIGN', PROFILE])('is not %j', (target) => {
    expect(readProfileRef(target)).toBeNull();
  });
});
