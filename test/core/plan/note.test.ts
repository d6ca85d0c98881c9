import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nowNote, parseNote, productNote, settingsText, unreadNote } from '../../../src/core/plan/note.ts';

const NOTHING = { isUnread: false, isEligibleUnknown: false, now: '' };

describe('a note of plan.csv', () => {
  it.each([
    [unreadNote('HTTP 403'), 'could not be read: HTTP 403'],
    [
      productNote({ isEligibleUnknown: true, losesMms: false }),
      'the account does not say which products this number may have',
    ],
    [
      productNote({ isEligibleUnknown: true, losesMms: true }),
      'the account does not say which products this number may have; loses MMS',
    ],
    [productNote({ isEligibleUnknown: false, losesMms: true }), 'loses MMS'],
    [productNote({ isEligibleUnknown: false, losesMms: false }), ''],
    [nowNote('p', 'A2P'), 'now: profile p, product A2P'],
    [nowNote('', 'A2P', 'profile q is disabled'), 'now: product A2P; profile q is disabled'],
    [nowNote('', ''), 'now: '],
  ])('is text for people: %s', (note, text) => {
    expect(note).toBe(text);
  });

  it('that says nothing that is read back has no facts', () => {
    for (const note of ['', 'loses MMS', 'the account has no profile now: p']) expect(parseNote(note)).toEqual(NOTHING);
  });
});

describe('what a note says is read back', () => {
  it('of a number that could not be read, whatever the reason', () => {
    fc.assert(
      fc.property(fc.string(), (why) => {
        expect(parseNote(unreadNote(why))).toEqual({ ...NOTHING, isUnread: true });
      }),
    );
  });

  it('of a change of the product', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), (isEligibleUnknown, losesMms) => {
        expect(parseNote(productNote({ isEligibleUnknown, losesMms }))).toEqual({ ...NOTHING, isEligibleUnknown });
      }),
    );
  });

  it('of what a number has now, whatever its texts and whatever follows', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (profile, product, why) => {
        const now = settingsText(profile, product).replaceAll(';', ',');
        expect(parseNote(nowNote(profile, product, why))).toEqual({ ...NOTHING, now });
      }),
    );
    expect(parseNote(nowNote('p', 'A2P; B')).now).toBe('profile p, product A2P, B');
  });
});
