import { describe, expect, it } from 'vitest';
import { localTime } from '../../src/core/finish-by.ts';
import type { PlanEntry } from '../../src/core/plan.ts';
import { dialectText, fitText, planText, rejectionText, timeNeeded } from '../../src/core/plan-text.ts';
import { createPreview } from '../../src/core/preview.ts';
import { ID, makeEntry, OTHER_PROFILE, PROFILE } from './make.ts';

function previewOf(entries: readonly PlanEntry[]) {
  const preview = createPreview();
  for (const entry of entries) preview.add(entry);
  return preview;
}

const TO = 'PATCH https://api.telnyx.com/v2/phone_numbers/{id}/messaging';
const PACE = { rate: 5, finish_by: null };
const NOW = new Date(2026, 0, 15, 22, 0).getTime();
const many = (n: number, changes: (at: number) => Partial<PlanEntry>) =>
  Array.from({ length: n }, (_, at) => makeEntry({ row: at + 1, line: at + 2, ...changes(at) }));

describe('the dialect', () => {
  it.each([
    [',', 'UTF-8, delimiter comma'],
    [';', 'UTF-8, delimiter semicolon'],
    ['\t', 'UTF-8, delimiter tab'],
    ['|', 'UTF-8, delimiter bar'],
  ])('with %j is named in words', (delimiter, text) => {
    expect(dialectText({ encoding: 'utf-8', delimiter })).toBe(text);
  });
});

describe('the least time', () => {
  it.each([
    [1, 5, 'about 200ms at 5/s'],
    [10_000, 5, 'about 33m 20s at 5/s'],
    [3, 0.5, 'about 6s at 0.5/s'],
    [0, 5, ''],
    [10_000, 'off', ''],
  ] as const)('of %d requests at %s is %j', (requests, rate, text) => {
    expect(timeNeeded(requests, rate)).toBe(text);
  });
});

describe('the time until a run is to end', () => {
  const six = localTime(new Date(2026, 0, 16, 6, 0).getTime());

  it.each([
    [3600, 1, '+1h', 'Within 1h: it fits'],
    [3599, 1, '+1h', 'Within 1h: it fits'],
    [3601, 1, '+1h', 'Within 1h: it does not fit, about 3,600 of 3,601 rows will be sent; resume sends the others'],
    [2, 0.5, '+3900ms', 'Within 3.9s: it does not fit, about 1 of 2 rows will be sent; resume sends the others'],
    [1, 5, '+0', 'Within 0ms: it does not fit, about 0 of 1 row will be sent; resume sends the others'],
    [144_000, 5, '06:00', `Until ${six}: it fits`],
    [
      144_001,
      5,
      '06:00',
      `Until ${six}: it does not fit, about 144,000 of 144,001 rows will be sent; resume sends the others`,
    ],
    [9_999_999, 'off', '06:00', `Until ${six}: it fits`],
    [9_999_999, 'off', '+1ms', 'Within 1ms: it fits'],
    [1, 5, null, ''],
  ] as const)('for %d requests at %s until %s: %s', (requests, rate, finishBy, text) => {
    expect(fitText(requests, rate, finishBy, NOW)).toBe(text);
  });

  it.each(['10:01', '22:00'])('has gone by, or is too far ahead: %s', (finishBy) => {
    const missed = localTime(
      new Date(2026, 0, 16, finishBy === '10:01' ? 10 : 22, finishBy === '10:01' ? 1 : 0).getTime(),
    );
    expect(fitText(1, 5, finishBy, NOW)).toBe(`--finish-by ${finishBy} would be ${missed}: apply refuses that now`);
  });
});

describe('the text of a plan', () => {
  it('has totals, targets, the first rows, and the time it takes', () => {
    const entries = [
      makeEntry({ row: 1, line: 2 }),
      makeEntry({ row: 2, line: 3 }),
      makeEntry({ row: 3, line: 4, profileTarget: 'UNASSIGN', productTarget: 'P2P' }),
      makeEntry({ row: 4, line: 5, profileTarget: '', productTarget: 'A2P' }),
      makeEntry({ row: 5, line: 6, action: 'rejected', reason: 'bad_id' }),
      makeEntry({ row: 6, line: 7, action: 'duplicate' }),
    ];
    expect(planText(previewOf(entries), PACE, TO, NOW)).toBe(
      `
6 rows: 4 to send, 1 rejected, 1 duplicate

  rows  to profile                            to product
     2  3fa85f64-5717-4562-b3fc-2c963f66afa6  keep
     1  UNASSIGN                              P2P
     1  keep                                  A2P

First of them:
  line 2: ${ID} -> ${PROFILE}, keep
  line 3: ${ID} -> ${PROFILE}, keep
  line 4: ${ID} -> UNASSIGN, P2P

PATCH https://api.telnyx.com/v2/phone_numbers/{id}/messaging: about 800ms at 5/s
`,
    );
  });

  it('says no time where nothing paces the requests', () => {
    const text = planText(previewOf([makeEntry()]), { ...PACE, rate: 'off' }, 'To the stand-in', NOW);
    expect(text).toMatch(/, keep\n\nTo the stand-in\n$/);
    expect(text).toContain('\n1 row: 1 to send, 0 rejected, 0 duplicates\n');
  });

  it('says whether it fits into the time that there is', () => {
    const text = planText(previewOf(many(11, () => ({}))), { rate: 5, finish_by: '+2s' }, 'To the stand-in', NOW);
    expect(text.slice(text.indexOf('To the stand-in'))).toBe(
      `To the stand-in: about 2.2s at 5/s
Within 2s: it does not fit, about 10 of 11 rows will be sent; resume sends the others
`,
    );
    const until = localTime(new Date(2026, 0, 15, 22, 1).getTime());
    expect(planText(previewOf([makeEntry()]), { rate: 'off', finish_by: '22:01' }, 'To the stand-in', NOW)).toContain(
      `\n\nTo the stand-in\nUntil ${until}: it fits\n`,
    );
    expect(planText(previewOf([]), { rate: 5, finish_by: '+2s' }, TO, NOW)).toBe(
      '\n0 rows: 0 to send, 0 rejected, 0 duplicates\n',
    );
  });

  it('says no more than the totals when there is nothing to send', () => {
    expect(planText(previewOf([makeEntry({ action: 'rejected' })]), PACE, TO, NOW)).toBe(
      '\n1 row: 0 to send, 1 rejected, 0 duplicates\n',
    );
    expect(planText(previewOf([]), PACE, TO, NOW)).toBe('\n0 rows: 0 to send, 0 rejected, 0 duplicates\n');
  });

  it('shows no first rows where those that were kept have turned out to repeat an id', () => {
    const preview = previewOf(many(21, () => ({})));
    for (const entry of many(20, () => ({}))) preview.replace(entry, { ...entry, action: 'duplicate' });
    expect(planText(preview, PACE, TO, NOW)).toBe(
      `
21 rows: 1 to send, 0 rejected, 20 duplicates

  rows  to profile                            to product
     1  ${PROFILE}  keep

PATCH https://api.telnyx.com/v2/phone_numbers/{id}/messaging: about 200ms at 5/s
`,
    );
  });

  it('groups the digits of great numbers', () => {
    const rejected = many(12_345, () => ({ action: 'rejected' }));
    const text = planText(previewOf([...many(54_321, () => ({})), ...rejected]), PACE, TO, NOW);
    expect(text).toContain('\n66,666 rows: 54,321 to send, 12,345 rejected, 0 duplicates\n');
    expect(text).toContain(
      `\n    rows  to profile                            to product\n  54,321  ${PROFILE}  keep\n`,
    );
  });

  it('shows eight targets, and says how many there are beside them', () => {
    const eight = planText(previewOf(many(8, (at) => ({ profileTarget: `p${at}` }))), PACE, TO, NOW);
    const nine = planText(previewOf(many(9, (at) => ({ profileTarget: `p${at}` }))), PACE, TO, NOW);
    const eleven = planText(previewOf(many(11, (at) => ({ profileTarget: `p${at}` }))), PACE, TO, NOW);
    expect(eight).toContain('  p7 ');
    expect(eight).not.toContain('more target');
    expect(nine).toContain('\n  and 1 more target\n');
    expect(nine).not.toContain('  p8 ');
    expect(eleven).toContain('\n  and 3 more targets\n');
  });

  it('fits 80 columns where product ids are short', () => {
    const entries = many(50_000, (at) => ({
      line: 1_000_000,
      profileTarget: at % 2 === 0 ? PROFILE : OTHER_PROFILE,
      productTarget: 'A2P',
    }));
    for (const line of planText(previewOf(entries), PACE, '', NOW).split('\n'))
      expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('the text of the rejections', () => {
  const rejected = (row: number, reason: string) =>
    makeEntry({ row, line: row + 1, action: 'rejected', reason, note: `note ${row}` });

  it('is nothing where there are none', () => {
    expect(rejectionText(previewOf([makeEntry()]), 'runs/x/results.csv')).toBe('');
  });

  it('has line, code and note of each, one under the other', () => {
    const preview = previewOf([rejected(1, 'bad_id'), rejected(1233, 'nothing_to_change')]);
    expect(rejectionText(preview, 'runs/x/results.csv')).toBe(
      `
2 rows rejected:
  line    2  bad_id             note 1
  line 1234  nothing_to_change  note 1233
`,
    );
  });

  it('has the first twenty, and says where the others are', () => {
    const first = (n: number) => previewOf(Array.from({ length: n }, (_, at) => rejected(at + 1, 'bad_id')));
    expect(rejectionText(first(20), 'r.csv')).not.toContain('more');
    expect(rejectionText(first(21), 'r.csv')).toContain('\n  and 1 more: all of them are in r.csv\n');
    const lines = rejectionText(first(1025), 'runs/x/results.csv').split('\n');
    expect(lines[1]).toBe('1,025 rows rejected:');
    expect(lines[21]).toBe('  line 21  bad_id  note 20');
    expect(lines[22]).toBe('  and 1,005 more: all of them are in runs/x/results.csv');
    expect(lines).toHaveLength(24);
  });
});
