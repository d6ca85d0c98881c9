import { describe, expect, it } from 'vitest';
import type { RejectionCode } from '../../../src/core/input/rejection.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import {
  type AccountText,
  dialectText,
  fitText,
  heldText,
  type PlanTextOptions,
  planText,
  rejectionText,
  timeNeeded,
} from '../../../src/core/plan/plan-text.ts';
import { createPreview, type Preview } from '../../../src/core/plan/preview.ts';
import type { Reason } from '../../../src/core/plan/reason.ts';
import { localTime } from '../../../src/core/settings/finish-by.ts';
import { ID, makeEntry, OTHER_PROFILE, PROFILE } from '../../support/make.ts';

function previewOf(entries: readonly PlanEntry[]) {
  const preview = createPreview();
  for (const entry of entries) preview.add(entry);
  return preview;
}

const TO = 'PATCH https://api.telnyx.com/v2/phone_numbers/{id}/messaging';
const PACE = { rate: 5, finish_by: null };
const NOW = new Date(2026, 0, 15, 22, 0).getTime();
const UNTIL = NOW + 7 * 86_400_000;

/** The plan text with the settings of these tests, but for `changes`. */
function textOf(preview: Preview, changes: Partial<PlanTextOptions> = {}): string {
  const options = { settings: PACE, sentTo: TO, now: NOW, validUntil: UNTIL, account: null, digest: null };
  return planText(preview, { ...options, ...changes });
}
const valid = `The plan is valid until ${localTime(UNTIL)} (--max-plan-age)`;
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

describe('the targets of every row', () => {
  it.each([
    [{ to_profile: PROFILE, to_product: 'A2P' }, `profile ${PROFILE}, product A2P`],
    [{ to_profile: 'Support' }, 'profile "Support"'],
    [{ to_profile: 'UNASSIGN' }, 'no profile (UNASSIGN)'],
    [{ to_product: 'P2P' }, 'product P2P'],
  ])('are said if flags give them: %j', (constants, text) => {
    for (const entry of [makeEntry(), makeEntry({ action: 'unchanged' })]) {
      const [, line] = textOf(previewOf([entry]), { settings: { ...PACE, ...constants } }).split('\n');
      expect(line).toBe(`Targets: every row to ${text}`);
    }
  });
});

describe('the least time', () => {
  it.each([
    [1, 5, 'about 200ms at 5/s'],
    [10_000, 5, 'about 33m 20s at 5/s'],
    [3, 0.5, 'about 6s at 0.5/s'],
    [0, 5, ''],
    [10_000, 'off', ''],
    [10_000, 'auto', 'about 33m 20s at 5/s, the initial rate of auto'],
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
    [18_000, 'auto', '+1h', 'Within 1h: it fits'],
    [
      18_001,
      'auto',
      '+1h',
      'Within 1h: it does not fit at 5/s, the initial rate of auto, about 18,000 of 18,001 rows will be sent; resume sends the others',
    ],
    [9_999_999, 'off', '06:00', `Until ${six}: it fits`],
    [9_999_999, 'off', '+1ms', 'Within 1ms: it fits'],
    [1, 5, null, ''],
  ] as const)('for %d requests at %s until %s: %s', (requests, rate, finishBy, text) => {
    expect(fitText(requests, { rate }, finishBy, NOW)).toBe(text);
  });

  it('is used up by waves that wait', () => {
    expect(fitText(10, { rate: 'off', waitsMs: 3_600_000 }, '+1h', NOW)).toBe('Within 1h: it fits');
    expect(fitText(10, { rate: 'off', waitsMs: 3_600_001 }, '+1h', NOW)).toBe(
      'Within 1h: it does not fit, because the waves wait 1h in all; resume sends the rows that are left',
    );
  });

  it.each(['10:01', '22:00'])('has gone by, or is too far ahead: %s', (finishBy) => {
    const missed = localTime(
      new Date(2026, 0, 16, finishBy === '10:01' ? 10 : 22, finishBy === '10:01' ? 1 : 0).getTime(),
    );
    expect(fitText(1, { rate: 5 }, finishBy, NOW)).toBe(
      `--finish-by ${finishBy} would be ${missed}: apply refuses that now`,
    );
  });
});

describe('the text of a plan', () => {
  it('has what is around the moves before where it is sent', () => {
    const text = textOf(previewOf([makeEntry()]), { around: ['Stays behind', '  x'], sentTo: 'PATCH x' });
    expect(text).toContain('\n\nStays behind\n  x\n\nPATCH x');
  });

  it('has the waves before the time that they have to fit into', () => {
    const waves = { lines: ['In 2 waves'], waitsMs: 3_600_000 };
    const text = textOf(previewOf([makeEntry()]), { waves, settings: { rate: 5, finish_by: '+1h' } });
    expect(text).toContain('at 5/s\nIn 2 waves\nWithin 1h: it does not fit, because the waves wait 1h in all');
  });

  it('has the orders before where it is sent, and counts their requests in place of rows', () => {
    const entries = many(1000, () => ({}));
    const orders = { lines: ['By bulk orders', '  the others'], requests: 40 };
    const settings = { rate: 5, finish_by: '+4s' };
    const text = textOf(previewOf(entries), { orders, settings, sentTo: 'To the sandbox, 40 requests' });
    expect(text.slice(text.indexOf('\n\nBy bulk'))).toBe(`

By bulk orders
  the others
To the sandbox, 40 requests: about 8s at 5/s
Within 4s: it does not fit, about 20 of 40 requests will be sent; resume sends the others
${valid}
`);
    const none = textOf(previewOf([makeEntry()]), { orders: { lines: ['No bulk orders'], requests: null } });
    expect(none).toContain(`\n\nNo bulk orders\n${TO}: about 200ms at 5/s\n`);
  });

  it('has totals, moves, the first rows, and the time it takes', () => {
    const entries = [
      makeEntry({ row: 1, line: 2 }),
      makeEntry({ row: 2, line: 3 }),
      makeEntry({ row: 3, line: 4, profileTarget: 'UNASSIGN', productTarget: 'P2P' }),
      makeEntry({ row: 4, line: 5, profileTarget: '', productTarget: 'A2P' }),
      makeEntry({ row: 5, line: 6, action: 'rejected', reason: 'bad_id' }),
      makeEntry({ row: 6, line: 7, action: 'duplicate' }),
    ];
    expect(textOf(previewOf(entries))).toBe(
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
${valid}
`,
    );
  });

  it('says no time if nothing paces the requests', () => {
    const text = textOf(previewOf([makeEntry()]), { settings: { ...PACE, rate: 'off' }, sentTo: 'To the sandbox' });
    expect(text).toMatch(/, keep\n\nTo the sandbox\nThe plan is valid until .*\n$/);
    expect(text).toContain('\n1 row: 1 to send, 0 rejected, 0 duplicates\n');
  });

  it('says whether it fits into the time that there is', () => {
    const settings = { rate: 5, finish_by: '+2s' };
    const text = textOf(previewOf(many(11, () => ({}))), { settings, sentTo: 'To the sandbox' });
    expect(text.slice(text.indexOf('To the sandbox'))).toBe(
      `To the sandbox: about 2.2s at 5/s
Within 2s: it does not fit, about 10 of 11 rows will be sent; resume sends the others
${valid}
`,
    );
    const until = localTime(new Date(2026, 0, 15, 22, 1).getTime());
    expect(
      textOf(previewOf([makeEntry()]), { settings: { rate: 'off', finish_by: '22:01' }, sentTo: 'To the sandbox' }),
    ).toContain(`\n\nTo the sandbox\nUntil ${until}: it fits\n`);
    expect(textOf(previewOf([]), { settings: { rate: 5, finish_by: '+2s' } })).toBe(
      '\n0 rows: 0 to send, 0 rejected, 0 duplicates\n',
    );
  });

  it('says no more than the totals when there is nothing to send', () => {
    expect(textOf(previewOf([makeEntry({ action: 'rejected' })]))).toBe(
      '\n1 row: 0 to send, 1 rejected, 0 duplicates\n',
    );
    expect(textOf(previewOf([]))).toBe('\n0 rows: 0 to send, 0 rejected, 0 duplicates\n');
  });

  it('shows no first rows if those that were kept have turned out to repeat an id', () => {
    const preview = previewOf(many(21, () => ({})));
    for (const entry of many(20, () => ({}))) preview.replace(entry, { ...entry, action: 'duplicate' });
    expect(textOf(preview)).toBe(
      `
21 rows: 1 to send, 0 rejected, 20 duplicates

  rows  to profile                            to product
     1  ${PROFILE}  keep

PATCH https://api.telnyx.com/v2/phone_numbers/{id}/messaging: about 200ms at 5/s
${valid}
`,
    );
  });

  it('groups the digits of great numbers', () => {
    const rejected = many(12_345, () => ({ action: 'rejected' }));
    const text = textOf(previewOf([...many(54_321, () => ({})), ...rejected]));
    expect(text).toContain('\n66,666 rows: 54,321 to send, 12,345 rejected, 0 duplicates\n');
    expect(text).toContain(
      `\n    rows  to profile                            to product\n  54,321  ${PROFILE}  keep\n`,
    );
  });

  it('shows eight moves, and says how many more there are', () => {
    const eight = textOf(previewOf(many(8, (at) => ({ profileTarget: `p${at}` }))));
    const nine = textOf(previewOf(many(9, (at) => ({ profileTarget: `p${at}` }))));
    const eleven = textOf(previewOf(many(11, (at) => ({ profileTarget: `p${at}` }))));
    expect(eight).toContain('  p7 ');
    expect(eight).not.toContain('more kind');
    expect(nine).toContain('\n  and 1 more kind of change\n');
    expect(nine).not.toContain('  p8 ');
    expect(eleven).toContain('\n  and 3 more kinds of change\n');
  });

  it('fits 80 columns if product ids are short', () => {
    const entries = many(50_000, (at) => ({
      line: 1_000_000,
      profileTarget: at % 2 === 0 ? PROFILE : OTHER_PROFILE,
      productTarget: 'A2P',
    }));
    for (const line of textOf(previewOf(entries), { sentTo: '' }).split('\n'))
      expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('the text of a plan for which the account was read', () => {
  const THIRD = '9c858901-8a57-4791-81fe-4c455b099bc9';
  const names: Record<string, string> = { [PROFILE]: 'Support', [OTHER_PROFILE]: 'Sales EU and the rest of it' };
  const read = (changes: Partial<AccountText> = {}): AccountText => ({
    how: 'Read 6 numbers in 1 request (by name)',
    nameOf: (profile) => names[profile] ?? '',
    notes: [],
    ...changes,
  });

  it('says how, what changes from what to what with names, what to know, and until when it holds', () => {
    const entries = [
      makeEntry({ row: 1, line: 2, profileBefore: OTHER_PROFILE, productBefore: 'A2P', productTarget: 'P2P' }),
      makeEntry({ row: 2, line: 3, profileBefore: OTHER_PROFILE, productBefore: 'A2P', productTarget: 'P2P' }),
      makeEntry({ row: 3, line: 4, profileBefore: 'UNASSIGN', profileTarget: THIRD, productBefore: 'A2P' }),
      makeEntry({ row: 4, line: 5, profileTarget: '', profileBefore: PROFILE, productTarget: 'A2P' }),
      makeEntry({ row: 5, line: 6, profileTarget: 'UNASSIGN' }),
      makeEntry({ row: 6, line: 7, action: 'unchanged', profileBefore: PROFILE }),
      makeEntry({ row: 7, line: 8, action: 'rejected' }),
      makeEntry({ row: 8, line: 9, action: 'duplicate' }),
    ];
    const notes = ['opt-outs stay with the profile that a number leaves', "5 % of the account's 100 numbers change"];
    expect(textOf(previewOf(entries), { account: read({ notes }) })).toBe(
      `
Read 6 numbers in 1 request (by name)
8 rows: 5 to change, 1 unchanged, 1 rejected, 1 duplicate

  rows  change
     2  profile ${OTHER_PROFILE} (Sales EU and the res...)
             -> ${PROFILE} (Support)
        product A2P -> P2P
     1  profile UNASSIGN
             -> ${THIRD}
     1  product unknown -> A2P
     1  profile unknown
             -> UNASSIGN

First of them:
  line 2: ${ID} -> ${PROFILE}, P2P
  line 3: ${ID} -> ${PROFILE}, P2P
  line 4: ${ID} -> ${THIRD}, keep

note: opt-outs stay with the profile that a number leaves
note: 5 % of the account's 100 numbers change

PATCH https://api.telnyx.com/v2/phone_numbers/{id}/messaging: about 1s at 5/s
${valid}
`,
    );
  });

  it('shows held rows in the totals if there are any', () => {
    const entries = [
      makeEntry({ row: 1 }),
      makeEntry({ row: 2, action: 'held' }),
      makeEntry({ row: 3, action: 'held' }),
    ];
    expect(textOf(previewOf(entries), { account: read() })).toContain(
      '\n3 rows: 1 to change, 0 unchanged, 2 held, 0 rejected, 0 duplicates\n',
    );
    expect(textOf(previewOf(entries))).toContain('\n3 rows: 1 to send, 2 held, 0 rejected, 0 duplicates\n');
  });

  it('says no more than how it was read and the totals when there is nothing to change', () => {
    const entries = many(2, () => ({ action: 'unchanged' }));
    const text = textOf(previewOf(entries), { account: read({ notes: ['a note'] }) });
    expect(text).toBe(
      '\nRead 6 numbers in 1 request (by name)\n2 rows: 0 to change, 2 unchanged, 0 rejected, 0 duplicates\n',
    );
  });

  it('does not say again how it was read if that has been said', () => {
    const text = textOf(previewOf([makeEntry()]), { account: read({ how: '' }) });
    expect(text).toMatch(/^\n1 row: 1 to change, 0 unchanged/);
  });

  it('says until when it holds after what fits into the time that there is', () => {
    const text = textOf(previewOf([makeEntry()]), { settings: { rate: 5, finish_by: '+2s' }, account: read() });
    expect(text).toContain(`at 5/s\nWithin 2s: it fits\n${valid}\n`);
  });

  it('shows a name from outside with its control characters as text', () => {
    const text = textOf(previewOf([makeEntry()]), { account: read({ nameOf: () => 'a\u001b[2Jb' }) });
    expect(text).toContain(`${PROFILE} (a\\x1b[2Jb)`);
  });

  it('fits 80 columns, with names and great numbers too', () => {
    const entries = many(60_000, (at) => ({
      line: 1_000_000,
      profileBefore: at % 2 === 0 ? OTHER_PROFILE : PROFILE,
      profileTarget: at % 2 === 0 ? PROFILE : OTHER_PROFILE,
      productBefore: 'A2P',
      productTarget: 'P2P',
    }));
    const account = read({ nameOf: () => 'x'.repeat(300), notes: ['a note'] });
    for (const line of textOf(previewOf(entries), { sentTo: '', account }).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  });
});

describe('the text of the rejections', () => {
  const rejected = (row: number, reason: RejectionCode) =>
    makeEntry({ row, line: row + 1, action: 'rejected', reason, note: `note ${row}` });

  it('is nothing if there are none', () => {
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

describe('the text of the rows that are held', () => {
  const held = (row: number, reason: Reason) =>
    makeEntry({ row, line: row + 1, action: 'held', reason, note: `now: product P${row}` });

  it('is nothing if there are none', () => {
    expect(heldText(previewOf([makeEntry(), makeEntry({ action: 'rejected' })]), 'runs/x/held.csv')).toBe('');
  });

  it('has line, code and note of each, and no rejection', () => {
    const preview = previewOf([
      held(1, 'drifted'),
      makeEntry({ row: 2, action: 'rejected' }),
      held(99, 'not_eligible'),
    ]);
    expect(heldText(preview, 'runs/x/held.csv')).toBe(
      `
2 rows held, and not sent:
  line   2  drifted       now: product P1
  line 100  not_eligible  now: product P99
`,
    );
    expect(rejectionText(preview, 'runs/x/results.csv')).toContain('1 row rejected:');
  });

  it('has the first twenty, and says where the others are', () => {
    const first = (n: number) => previewOf(Array.from({ length: n }, (_, at) => held(at + 1, 'drifted')));
    expect(heldText(first(1), 'h.csv')).toContain('\n1 row held, and not sent:\n');
    expect(heldText(first(20), 'h.csv')).not.toContain('more');
    expect(heldText(first(22), 'runs/x/held.csv')).toContain('\n  and 2 more: all of them are in runs/x/held.csv\n');
  });
});

describe('the digest of a plan', () => {
  const digest = 'a1'.repeat(32);

  it('ends the text, with how to send that plan and no other', () => {
    const text = textOf(previewOf([makeEntry()]), { digest });
    const how = 'To send this plan and no other, add --expect-plan with this digest to apply';
    expect(text.endsWith(`${valid}\nDigest  ${digest}\n${how}\n`)).toBe(true);
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
  });

  it('is there without a change too, with nothing to send', () => {
    expect(textOf(previewOf([]), { digest }).endsWith(`rejected, 0 duplicates\nDigest  ${digest}\n`)).toBe(true);
  });
});
