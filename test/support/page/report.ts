import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../../../src/core/attempt/outcome.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { createGathering } from '../../../src/core/report/gather.ts';
import { addResult, emptyTally, sortedCauses } from '../../../src/core/results/tally.ts';
import { writeReportPage } from '../../../src/io/report/write.ts';
import { makeEntry, makeFailure, makeManifest, makePlan, makeSummary, OTHER_PROFILE, PROFILE } from '../make.ts';

const START = Date.parse('2026-11-23T02:00:00.000Z');
const at = (second: number) => new Date(START + second * 1000).toISOString();

/** Two minutes of requests with a pause, 429 answers, a hold and a command of an operator. */
function ledgerOf(text: string): LedgerEntry[] {
  const counts = (second: number) => ({
    requests: { total: second * 20, writes: second * 20, reads: 0, retries: 0, rate_limited: Math.floor(second / 10) },
    rate: {
      mean_per_s: 20,
      max_in_1s: 20,
      max_in_60s: 1200,
      paused_ms: second > 60 ? 5000 : 0,
      throttled_ms: 0,
      allowed: null,
      server_limit: null,
    },
  });
  const seen = Array.from(
    { length: 120 },
    (_, second): LedgerEntry => ({ type: 'session_seen', at: at(second), ...counts(second), allowed_per_s: 25 }),
  );
  return [
    { type: 'session_started', at: at(0), pid: 1 },
    ...seen,
    { type: 'profile_held', at: at(40), profile: text, why: text },
    { type: 'steered', at: at(60), by: text, command: 'rate', from: text, to: '20' },
    { type: 'session_ended', at: at(120), stop: null, ...counts(120) },
  ];
}

/** Writes the page of a run with `rows` rows, in which every text from outside is `text`. Returns its path. */
export function writePageOf(text: string, rows = 60): string {
  const gathering = createGathering();
  const tally = emptyTally();
  for (const entry of ledgerOf(text)) gathering.onEntry(entry);
  for (let row = 1; row <= rows; row++) {
    const status: Status = row % 4 === 0 ? 'updated' : row % 4 === 1 ? 'held' : 'failed';
    const failure = makeFailure({ row, errorTitle: text, errorCode: row % 3 === 0 ? text : '10015' });
    const id = `${row}${text}`;
    const result = {
      entry: makeEntry({ row, id, phoneNumber: text, profileBefore: row % 5 === 0 ? text : OTHER_PROFILE }),
      status,
      reason: status === 'updated' ? ('' as const) : ('api_error' as const),
      detail: text,
      outcome: status === 'failed' ? failure : null,
    };
    addResult(tally, result);
    gathering.onResult(result);
  }
  const move = { count: 3, profile_target: PROFILE, profile_target_name: text, product_before: '', product_target: '' };
  const manifest = makeManifest({
    name: text,
    host: text,
    version: text,
    settings: { rate: '25', map: [text] },
    plan: makePlan({ moves: [{ ...move, profile_before: OTHER_PROFILE, profile_before_name: text }] }),
  });
  const summary = makeSummary({
    name: text,
    input: { path: text, sha256: text, rows },
    counts: tally.counts,
    causes: sortedCauses(tally),
    warnings: [text],
    files: { failed: text, held: text },
    error: { code: 'x', message: text },
    next_command: `telnyx-reassign retry '${text}'`,
    requests: { total: 2400, writes: 2400, reads: 0, retries: 0, rate_limited: 12 },
  });
  const path = join(mkdtempSync(join(tmpdir(), 'page-')), 'report.html');
  const suggestions = [{ what: 'Compare', command: `telnyx-reassign verify '${text}'` }];
  writeReportPage(path, { summary, manifest, gathered: gathering.gathered(), suggestions });
  return path;
}
