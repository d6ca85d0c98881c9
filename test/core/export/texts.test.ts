import { describe, expect, it } from 'vitest';
import {
  createExportCounts,
  type ExportCounts,
  exportWarnings,
  leftOutWarnings,
  profileLines,
} from '../../../src/core/export/texts.ts';

const warnings = (counts: Partial<ExportCounts>) => {
  const all = { ...createExportCounts(), ...counts };
  return [...leftOutWarnings(all), ...exportWarnings(all)];
};

describe('what is said about an export', () => {
  it('is nothing if all is as usual', () => {
    expect(warnings({ written: 5 })).toEqual([]);
  });

  it('tells of what is missing', () => {
    const one = { badIds: 1, notShown: 1, unknown: 1, withoutProfile: 1, withoutPhone: 1 };
    expect(warnings(one)).toEqual([
      '1 number left out: its id cannot be used in a request',
      '1 number left out: it shows neither profile nor product',
      '1 number left out: it does not show what the filters ask for',
      'the account does not show the profile of 1 number: that cell is empty, so apply leaves its profile alone',
      '1 number without a phone number in E.164, such as a short code: the id alone names it',
    ]);
    const two = { badIds: 2, notShown: 2, unknown: 2, withoutProfile: 2, withoutPhone: 2 };
    expect(warnings(two)).toEqual([
      '2 numbers left out: their ids cannot be used in a request',
      '2 numbers left out: they show neither profile nor product',
      '2 numbers left out: they do not show what the filters ask for',
      'the account does not show the profile of 2 numbers: that cell is empty, so apply leaves their profile alone',
      '2 numbers without a phone number in E.164, such as a short code: the id alone names them',
    ]);
  });

  it('names the profiles with the most numbers', () => {
    const named = (id: string) => id;
    const counts = createExportCounts();
    expect(profileLines(counts, named)).toEqual([]);
    for (const [id, n] of Object.entries({ a: 1, b: 2000, UNASSIGN: 30, '': 4 })) counts.byProfile.set(id, n);
    expect(profileLines(counts, named)).toEqual([
      '  2,000  on b',
      '     30  on no profile',
      '      4  on a profile that is not shown',
      '      1  on a',
    ]);
    for (const id of ['c', 'd', 'e']) counts.byProfile.set(id, 1);
    expect(profileLines(counts, named).at(-1)).toBe('  and on 2 more profiles');
  });
});
