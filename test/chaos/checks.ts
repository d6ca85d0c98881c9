import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Blame } from './faults.ts';
import { wanted } from './input.ts';
import { begunDirs, manifestOf, readLedger } from './run-files.ts';
import type { Trial } from './session.ts';

type Line = Record<string, string>;

/** What an unbroken run leaves. */
export type Reference = { exit: number; results: Line[]; failed: string; counts: Record<string, number> };

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
    counts: JSON.parse(read(dir, 'summary.json')).counts,
  };
}

function checkResults(dir: string, { results }: Reference, wereOpen: ReadonlySet<number>, blame: Blame): void {
  const mine = table(read(dir, 'results.csv'));
  if (mine.length !== results.length) blame('loss', `results.csv has ${mine.length} rows, not ${results.length}`);
  results.forEach((theirs, at) => {
    const row = mine[at] ?? {};
    const byRead = row.reason === 'confirmed_by_read' && row.status === 'updated' && wereOpen.has(at + 1);
    for (const column of Object.keys(theirs)) {
      if (OF_THE_WAY.includes(column) || (column === 'reason' && byRead)) continue;
      if (row[column] !== theirs[column]) {
        blame('wrong', `results.csv, row ${at + 1}: ${column} is "${row[column]}", unbroken it is "${theirs[column]}"`);
      }
    }
    if (theirs.attempts !== '' && !(Number(row.attempts) >= 1)) blame('wrong', `row ${at + 1} has no attempts`);
  });
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

function checkSummary(trial: Trial, dir: string, reference: Reference, blame: Blame): void {
  const summary = JSON.parse(read(dir, 'summary.json') || '{}');
  const { requests = {}, rate = {} } = summary;
  if (summary.sum_ok !== true) blame('loss', 'the summary does not add up');
  if (summary.state !== 'finished') blame('other', `summary.json says ${summary.state}, and the run has finished`);
  if (summary.exit_code !== reference.exit) blame('other', `summary.json has exit_code ${summary.exit_code}`);
  if (JSON.stringify(summary.counts) !== JSON.stringify(reference.counts)) {
    blame('wrong', `counts are ${JSON.stringify(summary.counts)}, unbroken ${JSON.stringify(reference.counts)}`);
  }
  const sent = trial.server.seen().length;
  // A kill takes what was counted in its last second along, and a request that was counted may not have arrived.
  const lost = trial.sessions.filter(({ ended }) => ended.signal !== null);
  const inFlight = trial.sessions.reduce((sum, { before }) => sum + before.open.size, 0);
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
  const wereOpen = new Set(trial.sessions.flatMap(({ before }) => [...before.open]));
  checkResults(dir, reference, wereOpen, blame);
  if (read(dir, 'failed.csv') !== reference.failed) blame('wrong', 'failed.csv is not that of the unbroken run');
  if (read(trial.work, 'out.csv') !== read(dir, 'results.csv')) blame('other', '--results has not the results');
  checkLedger(trial, dir, blame);
  checkSummary(trial, dir, reference, blame);
  for (const row of trial.rows) {
    const held = trial.server.held(row.id);
    const { profile, product } = wanted(row);
    if (held?.profile !== profile || held?.product !== product) {
      blame('wrong', `number ${row.id} (row ${row.row}) has ${held?.profile}, ${held?.product} at the end`);
    }
  }
}
