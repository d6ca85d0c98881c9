import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { DRIFTED, finalSettings } from '../server/rows.ts';
import { editedResult, editedSettings } from '../trial/edits.ts';
import { manifestOf, readLedger } from '../trial/run-files.ts';
import { runOf, type Trial } from '../trial/trial.ts';
import type { Fail } from './violations.ts';

type Line = Record<string, string>;

/** The outcome of an uninterrupted run. */
export type Reference = { exitCode: number; results: Line[]; failed: string };

// These columns depend on how a row reached its result, so they may differ.
const VARYING_COLUMNS = ['attempts', 'duration_ms', 'request_id', 'finished_at'];

const read = (dir: string, name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : '');
const parseCsv = (text: string) => parse(text, { columns: true, relax_column_count: true }) as Line[];

/** The outcome of an uninterrupted trial, to compare the others with. */
export function referenceOf(trial: Trial): Reference {
  const dir = runOf(trial);
  return {
    exitCode: trial.sessions.at(-1)?.result.code ?? -1,
    results: parseCsv(read(dir, 'results.csv')),
    failed: read(dir, 'failed.csv'),
  };
}

/** The expected results of a trial: those of the uninterrupted run, except for rows that another client has edited. */
function expectedResults({ rows, edits }: Trial, { results }: Reference): Line[] {
  return results.map((line, at) => {
    const edit = edits.get(at + 1);
    const row = rows[at];
    if (edit === undefined || row === undefined) return line;
    const { profile, product } = editedSettings(row, edit);
    return {
      ...line,
      ...editedResult(edit),
      messaging_profile_id_after: profile ?? 'UNASSIGN',
      messaging_product_after: product ?? '',
      http_status: edit.inFlight ? '200' : '',
      error_detail: edit.to === 'drifted' ? 'the number was changed since the plan was made' : '',
    };
  });
}

/** The rows that may be confirmed by a read: those in flight at kills, and those with ambiguous answers. */
function uncertainRows({ sessions, server }: Trial): Set<number> {
  const inFlightAtKill = sessions.flatMap(({ before }) => [...before.inFlight]);
  return new Set([...inFlightAtKill, ...server.ambiguousRows()]);
}

/** Compares results.csv with the expected one. `mayBeReadBack`: the rows that may be confirmed by a read. */
export function checkResults(
  trial: Trial,
  { results: expected }: Pick<Reference, 'results'>,
  mayBeReadBack: (row: number) => boolean,
  fail: Fail,
): void {
  const lines = parseCsv(read(runOf(trial), 'results.csv'));
  if (lines.length !== expected.length) fail('loss', `results.csv has ${lines.length} rows, not ${expected.length}`);
  expected.forEach((expectedLine, at) => {
    const line = lines[at] ?? {};
    const isReadBack = line.reason === 'confirmed_by_read' && line.status === 'updated' && mayBeReadBack(at + 1);
    for (const column of Object.keys(expectedLine)) {
      if (VARYING_COLUMNS.includes(column) || (column === 'reason' && isReadBack)) continue;
      if (line[column] !== expectedLine[column]) {
        fail('wrong', `results.csv, row ${at + 1}: ${column} is "${line[column]}", not "${expectedLine[column]}"`);
      }
    }
    const isSent = expectedLine.attempts !== '' && !trial.edits.has(at + 1);
    if (isSent && !(Number(line.attempts) >= 1)) fail('wrong', `row ${at + 1} has no attempts`);
  });
}

/** held.csv must contain exactly the rows that another client has changed, with their current values. */
function checkHeld(dir: string, expected: readonly Line[], fail: Fail): void {
  const expectedIds = expected.filter(({ status }) => status === 'held').map(({ phone_number_id: id }) => id);
  const held = parseCsv(read(dir, 'held.csv'));
  const ids = held
    .filter(({ reassign_now: now }) => now?.includes(DRIFTED.profile ?? ''))
    .map((line) => line.phone_number_id);
  if (held.length !== expectedIds.length || ids.join() !== expectedIds.join()) {
    fail('wrong', `held.csv has ${held.length} rows (${ids.join(', ')}), expected ${expectedIds.join(', ')}`);
  }
}

/** Every row to send must have exactly one outcome in the ledger. */
export function checkLedger(trial: Trial, fail: Fail): void {
  const { outcomes, inFlight, unreadableLines } = readLedger(runOf(trial));
  if (unreadableLines > 0) fail('other', `ledger.ndjson has ${unreadableLines} unreadable lines`);
  for (const { row, action } of trial.rows) {
    const count = outcomes.get(row) ?? 0;
    const expected = action === 'change' ? 1 : 0;
    if (count !== expected) fail(count > expected ? 'other' : 'loss', `row ${row} has ${count} outcomes in the ledger`);
  }
  if (inFlight.size > 0) fail('loss', `${inFlight.size} rows have an intent and no outcome`);
}

/** failed.csv must be that of the run without kills, and the copy of the results that of the run directory. */
export function checkCopies(trial: Trial, reference: Reference, fail: Fail): void {
  const dir = runOf(trial);
  if (read(dir, 'failed.csv') !== reference.failed) fail('wrong', 'failed.csv differs from that of the unkilled run');
  if (read(trial.work, 'out.csv') !== read(dir, 'results.csv')) fail('other', '--results differs from results.csv');
}

/** Every number of the account must have the settings that its row asked for, or those of an edit. */
export function checkAccount(trial: Trial, fail: Fail): void {
  for (const row of trial.rows) {
    if (row.action === 'duplicate') continue;
    const settings = trial.server.settingsOf(row.id);
    const edit = trial.edits.get(row.row);
    const { profile, product } = edit === undefined ? finalSettings(row) : editedSettings(row, edit);
    if (settings?.profile !== profile || settings?.product !== product) {
      fail('wrong', `number ${row.id} (row ${row.row}) has ${settings?.profile}, ${settings?.product} at the end`);
    }
  }
}

function checkSummary(trial: Trial, exitCode: number, expected: readonly Line[], fail: Fail): void {
  const dir = runOf(trial);
  const summary = JSON.parse(read(dir, 'summary.json') || '{}');
  const { requests = {}, rate = {}, counts = {} } = summary;
  if (summary.sum_ok !== true) fail('loss', 'the summary does not add up');
  if (summary.state !== 'finished') fail('other', `summary.json says ${summary.state}, but the run has finished`);
  if (summary.exit_code !== exitCode) fail('other', `summary.json has exit_code ${summary.exit_code}`);
  for (const [status, count] of Object.entries(counts)) {
    const expectedCount = expected.filter((line) => line.status === status).length;
    if (count !== expectedCount) fail('wrong', `summary.json counts ${count} ${status}, expected ${expectedCount}`);
  }
  const sessions = trial.sessions.filter((session) => session.dir === dir);
  const received = sessions.reduce((sum, { from, to }) => sum + to - from, 0);
  // A kill loses the counts of the last second, and a counted request may not have arrived.
  const killed = sessions.filter(({ result }) => result.signal !== null);
  const inFlight = sessions.reduce((sum, { before }) => sum + before.inFlight.size, 0);
  if (requests.total > received + inFlight) {
    fail('other', `summary.json counts ${requests.total} requests, but ${received} were received`);
  }
  if (killed.length === 0 && requests.total !== received) {
    fail('other', `summary.json counts ${requests.total} requests, but ${received} were received`);
  }
  if (rate.max_in_1s > trial.rate) fail('rate', `summary.json has ${rate.max_in_1s} requests in a second`);
}

/** Compares the files and numbers of a finished trial with those of an uninterrupted run. */
export function checkFinalState(trial: Trial, reference: Reference, fail: Fail): void {
  const dir = runOf(trial);
  const state = manifestOf(dir)?.state;
  const { exitCode } = reference;
  const code = trial.sessions.at(-1)?.result.code;
  if (state !== 'finished') fail('other', `run.json says ${state} at the end`);
  if (code !== exitCode) fail('other', `the last exit code is ${code}, without kills it is ${exitCode}`);
  const expected = expectedResults(trial, reference);
  const uncertain = uncertainRows(trial);
  checkResults(trial, { results: expected }, (row) => uncertain.has(row), fail);
  checkHeld(dir, expected, fail);
  checkCopies(trial, reference, fail);
  checkLedger(trial, fail);
  checkSummary(trial, exitCode, expected, fail);
  checkAccount(trial, fail);
}
