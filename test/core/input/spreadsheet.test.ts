import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDoubleCheck, doubleDamage, spreadsheetDamage } from '../../../src/core/input/spreadsheet.ts';

describe('an id that a spreadsheet has read as a number', () => {
  it.each([
    '1293384261075731499.0',
    '1293384261075731499,00',
    '12345.0',
    '1,293,384,261,075,731,499',
    '1.293.384.261.075.731.499',
    '1 293 384 261 075 731 499',
    '1\u00a0293\u00a0384\u00a0261\u00a0075\u00a0731\u00a0499',
    '1\u202f293\u202f384\u202f261',
    "1'293'384'261'075'731'499",
    '1\u2019293\u2019384',
    '12,93,38,42,61,07,57,31,499',
    '1,293,384,261,075,731,499.00',
    '1_293_384_261_075_731_499',
  ])('%s is seen', (id) => {
    for (const roundedIds of [false, true]) {
      expect(spreadsheetDamage(id, roundedIds)).toMatchObject({
        code: 'id_looks_rounded',
        text: expect.stringContaining('export that column as text'),
      });
    }
  });

  it.each(['1.29338E+18', '-1,29338e18', '1.29338x10^18', '1.29338 \u00d7 10^18', '1.29338*10^+18'])(
    '%s is short',
    (id) => {
      expect(spreadsheetDamage(id, true)?.code).toBe('id_in_scientific_notation');
    },
  );

  it.each([
    '1293384261075731499',
    '5x1018',
    '12.5',
    '1,2,3',
    '1,293',
    '1 293,384 261',
    '1-293-384',
    'a.0',
    '1.293.38',
    '1_293_384',
  ])('%s is not one', (id) => {
    expect(spreadsheetDamage(id, false)).toBeNull();
  });
});

/** Whether the ids of a file look as if all of them had been doubles. */
function isDamaged(ids: readonly string[]): boolean {
  const check = createDoubleCheck();
  for (const id of ids) check.add(id);
  return check.isDamaged();
}

const digits = (length: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{${length - 1}}$`));
const long = fc.integer({ min: 17, max: 21 }).chain(digits);
const inFull = (id: string) => String(BigInt(Number(id)));
const shortest = (id: string) => String(Number(id)).replace(/^(.*)e\+21$/, '');

describe('ids that have all been doubles', () => {
  it.each([['in full', inFull] as const, ['in the shortest form', shortest] as const])(
    'are seen, %s',
    (_how, write) => {
      fc.assert(
        fc.property(fc.uniqueArray(digits(19), { minLength: 5, maxLength: 200 }), (ids) => {
          const damaged = ids.map(write);
          fc.pre(new Set(damaged).size >= 2);
          expect(isDamaged(damaged)).toBe(true);
          expect(isDamaged([...damaged, '123', 'abc', ''])).toBe(true);
        }),
      );
    },
  );

  it('are not suspected if one of them is intact', () => {
    fc.assert(
      fc.property(fc.array(long, { maxLength: 50 }), (ids) => {
        const intact = '1293384261075731499';
        expect(isDamaged([...ids.map(inFull), intact])).toBe(false);
        expect(isDamaged([intact, ...ids.map(inFull)])).toBe(false);
      }),
    );
  });

  it('need several different ids, because one may be like that by chance', () => {
    const [a, b, c] = ['1293384261075731456', '1293384261075731712', '1293384261075731968'] as const;
    expect(isDamaged([a])).toBe(false);
    expect(isDamaged([a, a, a])).toBe(false);
    expect(isDamaged([a, b])).toBe(true);
    expect(isDamaged([a, b, c])).toBe(true);
    // Every second id of 17 digits is a double.
    expect(isDamaged(['10000000000000002', '10000000000000004', '10000000000000006'])).toBe(false);
    expect(isDamaged([])).toBe(false);
  });

  it('need no more memory for more ids', () => {
    expect(isDamaged(Array.from({ length: 1000 }, (_, at) => String(1293384261075731456n + 256n * BigInt(at))))).toBe(
      true,
    );
  });

  it('are rejected, but not the short ones', () => {
    expect(doubleDamage('1293384261075731456')).toEqual({
      code: 'id_looks_rounded',
      text: 'phone_number_id "1293384261075731456" may have lost its last digits: every long id of the file has passed through a program that keeps 16 digits of a number; export that column as text (format it as text before the values are put in), or pass --allow-rounded-ids',
    });
    expect(doubleDamage('12345')).toBeNull();
    expect(doubleDamage('')).toBeNull();
  });
});
