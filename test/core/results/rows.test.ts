import { describe, expect, it } from 'vitest';
import { type Outcome, STATUSES } from '../../../src/core/attempt/outcome.ts';
import { checkShape, layoutOf } from '../../../src/core/input/row-shape.ts';
import { ROW_STATE, type RowState } from '../../../src/core/ledger/replay.ts';
import { nowNote } from '../../../src/core/plan/note.ts';
import { FAILED_COLUMNS, HELD_COLUMNS, keptCells } from '../../../src/core/results/input-table.ts';
import {
  failedCells,
  failedHeader,
  heldCells,
  heldHeader,
  isFailed,
  type LedgerFacts,
  RESULTS_COLUMNS,
  type Result,
  resultCells,
  resultOf,
} from '../../../src/core/results/rows.ts';
import { ID, makeEntry, makeOutcome, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';
import { makeOpenOrder } from '../../support/make-order.ts';

const failed: Result = {
  entry: makeEntry(),
  status: 'failed',
  reason: 'api_error',
  detail: 'no such number',
  outcome: makeOutcome({ status: 'failed' }),
};

const facts = (state: RowState, outcome: Outcome | null, profileHold: string | null): LedgerFacts => ({
  ...{ state, outcome, profileHold, order: null },
});

describe('how a row ended', () => {
  it.each(['rejected', 'duplicate'] as const)('is as planned for a %s row, whatever else is said', (action) => {
    const entry = makeEntry({ action, reason: 'conflict', note: 'the note' });
    const result = { entry, status: action, reason: 'conflict', detail: 'the note', outcome: null };
    expect(resultOf(entry, facts(ROW_STATE.untouched, null, null), false)).toEqual(result);
    expect(resultOf(entry, facts(ROW_STATE.intent, makeOutcome(), 'why'), true)).toEqual(result);
  });

  it('is unchanged if the number was at its target, whatever its note says', () => {
    const entry = makeEntry({ action: 'unchanged', note: 'the note' });
    expect(resultOf(entry, facts(ROW_STATE.untouched, null, 'why'), true)).toEqual({
      ...{ entry, status: 'unchanged', reason: '', detail: '', outcome: null },
    });
  });

  it.each([
    ['held', 'drifted', 'the number was changed since the plan was made'],
    ['failed', 'not_found', 'the account no longer has this number'],
    ['updated', '', ''],
  ] as const)('is %s if the number was at its target, and a later read or write shows it', (status, reason, why) => {
    const entry = makeEntry({ action: 'unchanged', profileBefore: PROFILE });
    const outcome = makeOutcome({ status, reason, errorDetail: why });
    expect(resultOf(entry, facts(ROW_STATE.outcome, outcome, null), true)).toEqual({
      entry,
      status,
      reason,
      detail: why,
      outcome,
    });
    expect(resultOf(entry, facts(ROW_STATE.outcome, outcome, 'why'), true)).toMatchObject({ status, reason });
  });

  it('is held if it was held when it was planned, and says why', () => {
    const entry = makeEntry({ action: 'held', reason: 'drifted', note: 'now: profile x' });
    const result = { entry, status: 'held', reason: 'drifted', detail: 'now: profile x', outcome: null };
    expect(resultOf(entry, facts(ROW_STATE.untouched, null, null), false)).toEqual(result);
    expect(resultOf(entry, facts(ROW_STATE.untouched, null, 'why'), true)).toEqual(result);
  });

  it.each(['unchanged', 'held'] as const)('is %s if that was found before it was sent', (status) => {
    const outcome = makeOutcome({ status, reason: 'drifted', errorDetail: 'why' });
    expect(resultOf(makeEntry(), facts(ROW_STATE.outcome, outcome, null), true)).toMatchObject({
      status,
      reason: 'drifted',
      detail: 'why',
    });
  });

  it('is its outcome, if there is one', () => {
    const outcome = makeOutcome({ status: 'failed', reason: 'api_error', errorDetail: 'no such number' });
    const result = { entry: makeEntry(), status: 'failed', reason: 'api_error', detail: 'no such number', outcome };
    expect(resultOf(makeEntry(), facts(ROW_STATE.outcome, outcome, null), true)).toEqual(result);
    expect(resultOf(makeEntry(), facts(ROW_STATE.outcome, outcome, 'why'), true)).toEqual(result);
  });

  it.each([
    ['untouched', 'unprocessed', ''],
    ['requeued', 'unprocessed', ''],
    ['intent', 'unverified', 'interrupted'],
    ['ambiguous', 'unverified', 'interrupted'],
  ] as const)('without an outcome, left %s by an execution, is %s', (left, status, reason) => {
    expect(resultOf(makeEntry(), facts(ROW_STATE[left], null, null), true)).toMatchObject({
      status,
      reason,
      outcome: null,
    });
  });

  it('says of a row that was being sent that its write may have happened', () => {
    expect(resultOf(makeEntry(), facts(ROW_STATE.intent, null, null), true).detail).toBe(
      'the run ended while this row was being sent, so the write may or may not have happened',
    );
  });

  it.each(['untouched', 'requeued'] as const)('is held if its profile was, and it was left %s', (left) => {
    const result = { entry: makeEntry(), status: 'held', reason: 'profile_stopped', outcome: null };
    expect(resultOf(makeEntry(), facts(ROW_STATE[left], null, '20 rows failed'), true)).toEqual({
      ...result,
      detail: '20 rows failed',
    });
    expect(resultOf(makeEntry(), facts(ROW_STATE[left], null, ''), true)).toEqual({ ...result, detail: '' });
  });

  it.each(['intent', 'ambiguous'] as const)('is not known if its profile was held, and it was left %s', (left) => {
    expect(resultOf(makeEntry(), facts(ROW_STATE[left], null, 'why'), true)).toMatchObject({
      status: 'unverified',
      reason: 'interrupted',
    });
  });

  it('is not known if a bulk order may still move it, and names the order; an outcome counts more', () => {
    const order = makeOpenOrder({ orderId: 'o-77' });
    const open = { ...facts(ROW_STATE.intent, null, 'why'), order };
    expect(resultOf(makeEntry(), open, true)).toMatchObject({
      ...{ status: 'unverified', reason: 'order_pending', detail: expect.stringContaining('bulk order 3 (o-77)') },
    });
    const outcome = makeOutcome({ status: 'updated' });
    expect(resultOf(makeEntry(), { ...open, outcome }, true)).toMatchObject({ status: 'updated' });
  });

  it('is planned if no one has tried to carry the plan out', () => {
    expect(resultOf(makeEntry(), facts(ROW_STATE.untouched, null, null), false)).toMatchObject({
      status: 'planned',
      reason: '',
      detail: '',
    });
  });
});

describe('failed.csv', () => {
  it('holds rows that are failed, unverified, unprocessed or rejected', () => {
    expect(STATUSES.filter(isFailed)).toEqual(['failed', 'unverified', 'rejected', 'unprocessed']);
  });

  it('adds three columns to those of the input', () => {
    expect(failedHeader({ header: ['ID', ' Profile ', 'note'] })).toEqual([
      'ID',
      ' Profile ',
      'note',
      'reassign_status',
      'reassign_reason',
      'reassign_detail',
    ]);
  });

  it('replaces them, and does not double them, when they are there already', () => {
    const header = ['reassign_detail', 'ID', 'reassign_status ', 'note', 'reassign_reason'];
    expect(keptCells(['a', 'b', 'c', 'd', 'e'], { header })).toEqual(['b', 'd']);
    expect(failedHeader({ header })).toEqual(['ID', 'note', ...FAILED_COLUMNS]);
    expect(failedCells(['old', ID, 'old', 'n', 'old'], { header }, failed)).toEqual([
      ID,
      'n',
      'failed',
      'api_error',
      'no such number',
    ]);
  });

  it('leaves out those that a held.csv had added', () => {
    const header = ['reassign_now', 'ID', ' reassign_was', 'reassign_wanted', 'reassign_next', 'reassign_status'];
    expect(keptCells(['a', 'b', 'c', 'd'], { header })).toEqual(['b', '']);
    expect(failedHeader({ header })).toEqual(['ID', 'reassign_next', ...FAILED_COLUMNS]);
  });

  it('holds the cells of the input verbatim, and guards only what is added', () => {
    const cells = [`="${ID}"`, '=1+1', ' x '];
    expect(failedCells(cells, { header: ['ID', 'note', 'product'] }, { ...failed, detail: '=cmd' })).toEqual([
      ...cells,
      'failed',
      'api_error',
      "'=cmd",
    ]);
  });

  it('keeps the cells that a row has too many, so that it is rejected again', () => {
    const header = ['ID', 'product'];
    const once = failedCells([ID, 'A2P', 'x', 'y'], { header }, failed);
    expect(once).toEqual([ID, 'A2P', 'failed', 'api_error', 'no such number', 'x', 'y']);
    expect(failedCells(once, { header: failedHeader({ header }) }, failed)).toEqual(once);
  });

  it('fills up a row that has too few cells, and adds one too many, so that it is rejected again', () => {
    const header = ['ID', 'product', 'note'];
    const mark = 'too few cells';
    const once = failedCells([ID], { header }, failed);
    expect(once).toEqual([ID, '', '', 'failed', 'api_error', 'no such number', mark]);
    expect(failedCells([ID, 'A2P'], { header }, failed)).toEqual([
      ...[ID, 'A2P', '', 'failed', 'api_error', 'no such number', mark],
    ]);
    const layout = layoutOf(failedHeader({ header }), { phone_number_id: 0, messaging_product: 1 }, ',');
    expect(checkShape(once, layout, false)).toMatchObject({ code: 'wrong_number_of_cells' });
    expect(failedCells(once, { header: failedHeader({ header }) }, failed)).toEqual(once);
    expect(failedCells([ID, 'A2P', '', 'x'], { header: failedHeader({ header }) }, failed)).toEqual([
      ...[ID, 'A2P', '', 'failed', 'api_error', 'no such number', mark],
    ]);
  });

  it('drops blank cells behind the last column, which do not count', () => {
    expect(failedCells([ID, 'A2P', '', ' '], { header: ['ID', 'product'] }, failed)).toEqual([
      ...[ID, 'A2P', 'failed', 'api_error', 'no such number'],
    ]);
    expect(failedHeader({ header: ['ID', 'product', '', ' '] })).toEqual(['ID', 'product', '', ' ', ...FAILED_COLUMNS]);
    const wide = ['ID', 'product', ...Array.from({ length: 1000 }, () => '')];
    expect(failedHeader({ header: wide })).toHaveLength(256 + 3);
  });

  it('never makes a short row of a wide table much longer', () => {
    const wide = Array.from({ length: 300 }, (_, at) => `c${at}`);
    expect(failedCells([ID, 'A2P'], { header: wide }, failed)).toEqual([ID, 'A2P']);
    expect(failedCells([...wide], { header: wide }, failed)).toHaveLength(303);
  });
});

describe('held.csv', () => {
  const held: Result = { entry: makeEntry(), status: 'held', reason: 'profile_stopped', detail: '=why', outcome: null };

  it('adds to failed.csv what the number had, has, and was to have', () => {
    expect(HELD_COLUMNS).toEqual(['reassign_was', 'reassign_now', 'reassign_wanted']);
    expect(heldHeader({ header: ['ID', 'note'] })).toEqual([
      ...['ID', 'note', 'reassign_status', 'reassign_reason', 'reassign_detail'],
      ...['reassign_was', 'reassign_now', 'reassign_wanted'],
    ]);
    const entry = makeEntry({
      profileBefore: 'pb',
      productBefore: 'db',
      profileTarget: PROFILE,
      productTarget: 'A2P',
    });
    const outcome = makeOutcome({ profileAfter: 'pa', productAfter: 'da' });
    expect(heldCells([ID, '=x'], { header: ['ID', 'note'] }, { ...held, entry, outcome })).toEqual([
      ...[ID, '=x', 'held', 'profile_stopped', "'=why"],
      ...['profile pb, product db', 'profile pa, product da', `profile ${PROFILE}, product A2P`],
    ]);
  });

  it('names what is known, and nothing if nothing is', () => {
    const cells = (entry: Parameters<typeof makeEntry>[0], outcome: Result['outcome']) =>
      heldCells([], { header: [] }, { ...held, entry: makeEntry(entry), outcome }).slice(3);
    expect(cells({ profileBefore: 'pb', profileTarget: '', productTarget: 'A2P' }, null)).toEqual([
      ...['profile pb', '', 'product A2P'],
    ]);
    expect(
      cells({ productBefore: 'db', profileTarget: 'UNASSIGN' }, makeOutcome({ profileAfter: '', productAfter: 'da' })),
    ).toEqual(['product db', 'product da', 'profile UNASSIGN']);
    expect(cells({}, makeOutcome({ profileAfter: 'pa', productAfter: '' }))).toEqual([
      ...['', 'profile pa', `profile ${PROFILE}`],
    ]);
  });

  it('has what the number has now from the note of a row that was held when it was planned', () => {
    const entry = makeEntry({
      action: 'held',
      note: nowNote(OTHER_PROFILE, 'P2P'),
      profileBefore: PROFILE,
      profileTarget: 'UNASSIGN',
    });
    const result = resultOf(entry, facts(ROW_STATE.untouched, null, null), true);
    expect(heldCells([], { header: [] }, result).slice(2)).toEqual([
      ...[`now: profile ${OTHER_PROFILE}, product P2P`, `profile ${PROFILE}`],
      ...[`profile ${OTHER_PROFILE}, product P2P`, 'profile UNASSIGN'],
    ]);
    const more = { ...entry, note: `${entry.note}; the account no longer has the profile x` };
    expect(
      heldCells([], { header: [] }, resultOf(more, facts(ROW_STATE.untouched, null, null), true)).slice(2),
    ).toEqual([...[more.note, `profile ${PROFILE}`, `profile ${OTHER_PROFILE}, product P2P`, 'profile UNASSIGN']]);
    const unknown = { ...entry, note: 'could not be read: HTTP 403' };
    expect(heldCells([], { header: [] }, { ...result, entry: unknown })[4]).toBe('');
  });

  it('replaces its columns when they are there already', () => {
    const header = heldHeader({ header: ['ID', 'note'] });
    const once = heldCells([ID, 'n'], { header: ['ID', 'note'] }, held);
    expect(heldHeader({ header })).toEqual(header);
    expect(heldCells(once, { header }, held)).toEqual(once);
  });
});

describe('results.csv', () => {
  it('has the columns of the contract', () => {
    expect(RESULTS_COLUMNS.join(',')).toBe(
      'row,line,phone_number_id,phone_number,status,reason,messaging_profile_id_before,messaging_profile_id_target,messaging_profile_id_after,messaging_product_before,messaging_product_target,messaging_product_after,http_status,error_code,error_title,error_detail,error_pointer,attempts,duration_ms,request_id,finished_at',
    );
  });

  it('holds a result in their order', () => {
    const entry = makeEntry({
      row: 3,
      line: 12,
      phoneNumber: PHONE,
      profileBefore: 'pb',
      profileTarget: 'UNASSIGN',
      productBefore: 'db',
      productTarget: 'P2P',
    });
    const outcome = makeOutcome({
      profileAfter: PROFILE,
      errorCode: '10015',
      errorTitle: 'Bad Request',
      errorPointer: '/messaging_product',
      httpStatus: 422,
      attempts: 2,
      durationMs: 123.6,
    });
    const cells = resultCells({ entry, status: 'failed', reason: 'api_error', detail: 'no such', outcome });
    expect(Object.fromEntries(RESULTS_COLUMNS.map((column, at) => [column, cells[at]]))).toEqual({
      row: '3',
      line: '12',
      phone_number_id: ID,
      phone_number: PHONE,
      status: 'failed',
      reason: 'api_error',
      messaging_profile_id_before: 'pb',
      messaging_profile_id_target: 'UNASSIGN',
      messaging_profile_id_after: PROFILE,
      messaging_product_before: 'db',
      messaging_product_target: 'P2P',
      messaging_product_after: 'A2P',
      http_status: '422',
      error_code: '10015',
      error_title: 'Bad Request',
      error_detail: 'no such',
      error_pointer: '/messaging_product',
      attempts: '2',
      duration_ms: '124',
      request_id: 'req-1',
      finished_at: '2026-11-23T02:00:01.000Z',
    });
  });

  it('has what an unchanged row had for what it has', () => {
    const entry = makeEntry({
      action: 'unchanged',
      profileBefore: PROFILE,
      productBefore: 'A2P',
      productTarget: 'A2P',
    });
    const cells = resultCells(resultOf(entry, facts(ROW_STATE.untouched, null, null), true));
    expect(cells.slice(4, 12)).toEqual(['unchanged', '', PROFILE, PROFILE, PROFILE, 'A2P', 'A2P', 'A2P']);
    const found = makeOutcome({ status: 'unchanged', profileAfter: PROFILE, productAfter: 'P2P' });
    const later = resultCells(
      resultOf(makeEntry({ profileBefore: OTHER_PROFILE }), facts(ROW_STATE.outcome, found, null), true),
    );
    expect(later.slice(4, 12)).toEqual(['unchanged', '', OTHER_PROFILE, PROFILE, PROFILE, '', '', 'P2P']);
    const drifted = makeOutcome({
      status: 'held',
      reason: 'drifted',
      profileAfter: OTHER_PROFILE,
      productAfter: 'A2P',
    });
    const moved = resultCells(resultOf(entry, facts(ROW_STATE.outcome, drifted, null), true));
    expect(moved.slice(4, 12)).toEqual(['held', 'drifted', PROFILE, PROFILE, OTHER_PROFILE, 'A2P', 'A2P', 'A2P']);
  });

  it('does not say what a row has that was not sent', () => {
    for (const action of ['held', 'change', 'rejected', 'duplicate'] as const) {
      const entry = makeEntry({ action, profileBefore: OTHER_PROFILE, productBefore: 'A2P' });
      const cells = resultCells(resultOf(entry, facts(ROW_STATE.untouched, null, null), true));
      expect([cells[8], cells[11]]).toEqual(['', '']);
    }
  });

  it('has empty cells for what is unknown', () => {
    const rejected = makeEntry({ action: 'rejected', reason: 'bad_id', profileTarget: '', note: 'the note' });
    expect(resultCells(resultOf(rejected, facts(ROW_STATE.untouched, null, null), true))).toEqual([
      ...['1', '2', ID, '', 'rejected', 'bad_id', '', '', '', '', '', '', '', '', ''],
      ...['the note', '', '', '', '', ''],
    ]);
    const cells = resultCells({ ...failed, outcome: makeOutcome({ httpStatus: null, durationMs: 0 }) });
    expect(cells[RESULTS_COLUMNS.indexOf('http_status')]).toBe('');
    expect(cells[RESULTS_COLUMNS.indexOf('duration_ms')]).toBe('0');
  });

  it('guards every text that comes from a server against spreadsheets', () => {
    const bad = '=HYPERLINK("x")';
    const outcome = makeOutcome({
      profileAfter: bad,
      productAfter: bad,
      errorCode: bad,
      errorTitle: bad,
      errorPointer: bad,
      requestId: bad,
    });
    const cells = resultCells({ ...failed, detail: bad, outcome });
    expect(cells).not.toContain(bad);
    expect(cells.filter((cell) => cell === `'${bad}`)).toHaveLength(7);
    const before = makeEntry({ action: 'unchanged', profileBefore: bad, productBefore: bad });
    const unchanged = resultCells(resultOf(before, facts(ROW_STATE.untouched, null, null), true));
    expect(unchanged).not.toContain(bad);
    expect(unchanged.filter((cell) => cell === `'${bad}`)).toHaveLength(4);
  });
});
