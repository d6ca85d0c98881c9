import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { DRIFTED, wanted } from '../server/rows.ts';
import { editedTo, endOfEdited } from '../trial/edits.ts';
import { begunDirs, manifestOf, readLedger } from '../trial/run-files.ts';
import type { Trial } from '../trial/session.ts';
import type { Blame } from './violations.ts';

type Line = Record<string, string>;

/** What an unbroken run leaves. */
export type Reference = { exit: number; results: Line[]; failed: string };

// These tell how a row came to its end, not what came of it.
const OF_THE_WAY = ['attempts', 'duration_ms', 'request_id', 'finished_at'];

const read = (dir: string, name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : '');
const table = (text: string) => parse(text, { columns: true, relax_column_count: true }) as Line[];

/** The directory of the run of a trial that has ended. Throws where there is none, or more than one. */
export function runOf({ work }: Trial): string {
  const [dir, ...others] = begunDirs(work);
  if (dir === undefined) throw new Error('no run has begun');
  if (others.length > 0) throw new Error(`two runs of one input have begun: ${[dir, ...others].join(', ')}`);
  return dir;
}

/** Takes the results of a run that nobody has killed as those that all others must have. */
export function referenceOf(trial: Trial): Reference {
  const dir = runOf(trial);
  return {
    exit: trial.sessions.at(-1)?.ended.code ?? -1,
    results: table(read(dir, 'results.csv')),
    failed: read(dir, 'failed.csv'),
  };
}

/** The results that a trial must have: those of the unbroken run, but for rows that somebody else has edited. */
function expectedResults({ rows, edits }: Trial, { results }: Reference): Line[] {
  return results.map((theirs, at) => {
    const edit = edits.get(at + 1);
    const row = rows[at];
    if (edit === undefined || row === undefined) return theirs;
    const { profile, product } = editedTo(row, edit);
    const after = {
      messaging_profile_id_after: profile ?? 'UNASSIGN',
      messaging_product_after: product ?? '',
      http_status: edit.open ? '200' : '',
      error_detail: edit.to === 'drifted' ? 'somebody else has changed the number since the plan was made' : '',
    };
    return { ...theirs, ...endOfEdited(edit), ...after };
  });
}

function checkResults(trial: Trial, dir: string, expected: readonly Line[], blame: Blame): void {
  const mine = table(read(dir, 'results.csv'));
  if (mine.length !== expected.length) blame('loss', `results.csv has ${mine.length} rows, not ${expected.length}`);
  const wereOpen = new Set(trial.sessions.flatMap(({ before }) => [...before.open]));
  const doubted = new Set(trial.server.doubted());
  expected.forEach((theirs, at) => {
    const row = mine[at] ?? {};
    const inDoubt = wereOpen.has(at + 1) || doubted.has(at + 1);
    const byRead = row.reason === 'confirmed_by_read' && row.status === 'updated' && inDoubt;
    for (const column of Object.keys(theirs)) {
      if (OF_THE_WAY.includes(column) || (column === 'reason' && byRead)) continue;
      if (row[column] !== theirs[column]) {
        blame('wrong', `results.csv, row ${at + 1}: ${column} is "${row[column]}", to be "${theirs[column]}"`);
      }
    }
    const sent = theirs.attempts !== '' && !trial.edits.has(at + 1);
    if (sent && !(Number(row.attempts) >= 1)) blame('wrong', `row ${at + 1} has no attempts`);
  });
}

/** held.csv has the rows that somebody else has changed, with what they have now, and is not there without any. */
function checkHeld(dir: string, expected: readonly Line[], blame: Blame): void {
  const due = expected.filter(({ status }) => status === 'held').map(({ phone_number_id: id }) => id);
  const held = table(read(dir, 'held.csv'));
  const found = held
    .filter(({ reassign_now: now }) => now?.includes(DRIFTED.profile ?? ''))
    .map((line) => line.phone_number_id);
  if (held.length !== due.length || found.join() !== due.join()) {
    blame('wrong', `held.csv has ${held.length} rows (${found.join(', ')}), to be held: ${due.join(', ')}`);
  }
}

function checkLedger(trial: Trial, dir: string, blame: Blame): void {
  const { outcomes, open, unreadable } = readLedger(dir);
  if (unreadable > 0) blame('other', `ledger.ndjson has ${unreadable} lines that are no entries`);
  for (const { row, action } of trial.rows) {
    const found = outcomes.get(row) ?? 0;
    const due = action === 'change' ? 1 : 0;
    if (found !== due) blame(found > due ? 'other' : 'loss', `row ${row} has ${found} outcomes in the ledger`);
  }
  if (open.size > 0) blame('loss', `${open.size} rows have an intent and no outcome`);
}

function checkSummary(trial: Trial, dir: string, exit: number, expected: readonly Line[], blame: Blame): void {
  const summary = JSON.parse(read(dir, 'summary.json') || '{}');
  const { requests = {}, rate = {}, counts = {} } = summary;
  if (summary.sum_ok !== true) blame('loss', 'the summary does not add up');
  if (summary.state !== 'finished') blame('other', `summary.json says ${summary.state}, and the run has finished`);
  if (summary.exit_code !== exit) blame('other', `summary.json has exit_code ${summary.exit_code}`);
  for (const [status, count] of Object.entries(counts)) {
    const due = expected.filter((line) => line.status === status).length;
    if (count !== due) blame('wrong', `summary.json counts ${count} ${status}, and ${due} are due`);
  }
  const sessions = trial.sessions.filter((session) => session.dir === dir);
  const sent = sessions.reduce((sum, { from, to }) => sum + to - from, 0);
  // A kill takes what was counted in its last second along, and a request that was counted may not have arrived.
  const lost = sessions.filter(({ ended }) => ended.signal !== null);
  const inFlight = sessions.reduce((sum, { before }) => sum + before.open.size, 0);
  if (requests.total > sent + inFlight) blame('other', `summary.json counts ${requests.total} requests of ${sent}`);
  if (lost.length === 0 && requests.total !== sent) blame('other', `${requests.total} requests counted, ${sent} came`);
  if (rate.max_in_1s > trial.rate) blame('rate', `summary.json has ${rate.max_in_1s} requests in a second`);
}

/** Checks the files and the numbers of a trial that has ended against those of an unbroken run. */
export function checkEnd(trial: Trial, reference: Reference, blame: Blame): void {
  const dir = runOf(trial);
  const state = manifestOf(dir)?.state;
  const exit = trial.sessions.at(-1)?.ended.code;
  if (state !== 'finished') blame('other', `run.json says ${state} at the end`);
  if (exit !== reference.exit) blame('other', `the last exit code is ${exit}, unbroken it is ${reference.exit}`);
  const expected = expectedResults(trial, reference);
  checkResults(trial, dir, expected, blame);
  checkHeld(dir, expected, blame);
  if (read(dir, 'failed.csv') !== reference.failed) blame('wrong', 'failed.csv is not that of the unbroken run');
  if (read(trial.work, 'out.csv') !== read(dir, 'results.csv')) blame('other', '--results has not the results');
  checkLedger(trial, dir, blame);
  checkSummary(trial, dir, reference.exit, expected, blame);
  for (const row of trial.rows) {
    if (row.action === 'duplicate') continue;
    const held = trial.server.held(row.id);
    const edit = trial.edits.get(row.row);
    const { profile, product } = edit === undefined ? wanted(row) : editedTo(row, edit);
    if (held?.profile !== profile || held?.product !== product) {
      blame('wrong', `number ${row.id} (row ${row.row}) has ${held?.profile}, ${held?.product} at the end`);
    }
  }
}
