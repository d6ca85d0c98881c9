import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeResults } from '../../../src/app/ending/write-results.ts';
import { indexLedger } from '../../../src/app/run/ledger-index.ts';
import { ROW_STATE } from '../../../src/core/ledger/replay.ts';
import { RESULTS_COLUMNS } from '../../../src/core/results/rows.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { outcome, writeLedger } from '../../support/app/ledgers.ts';
import { id, planOf, profile, resultsOf } from '../../support/app/plans.ts';
import { AT } from '../../support/app/run-directories.ts';
import { tempFile } from '../../support/temp.ts';

const HEADER = 'id,profile_id,product,label';
const good = (n: number, label = '') => `${id(n)},${profile(1)},,${label}`;

describe('results.csv', () => {
  it('has every row in order, joined from plan and ledger', async () => {
    const run = await planOf(
      [HEADER, good(1), good(2), 'bad id,x,,', good(1), ...[3, 4, 5, 6].map((n) => good(n))].join('\n'),
    );
    writeLedger(run, [
      { type: 'session_started', at: AT, pid: 1 },
      { type: 'intent', row: 5, at: AT },
      { type: 'intent', row: 1, at: AT },
      outcome(1),
      { type: 'intent', row: 2, at: AT },
      outcome(2, {
        status: 'failed',
        reason: 'api_error',
        httpStatus: 422,
        errorCode: '10015',
        errorDetail: '=HYPERLINK(1)',
      }),
      { type: 'intent', row: 6, at: AT },
      { type: 'put_back', row: 6, ambiguous: false, attempts: 1, at: AT },
      { type: 'intent', row: 7, at: AT },
      { type: 'put_back', row: 7, ambiguous: true, attempts: 1, at: AT },
    ]);
    const { results, tally, failed } = await resultsOf(run, true);
    expect(results.map(({ row, line, status, reason }) => [row, line, status, reason])).toEqual([
      ['1', '2', 'updated', ''],
      ['2', '3', 'failed', 'api_error'],
      ['3', '4', 'rejected', 'bad_id'],
      ['4', '5', 'duplicate', ''],
      ['5', '6', 'unverified', 'interrupted'],
      ['6', '7', 'unprocessed', ''],
      ['7', '8', 'unverified', 'interrupted'],
      ['8', '9', 'unprocessed', ''],
    ]);
    expect(results[0]).toMatchObject({
      phone_number_id: id(1),
      messaging_profile_id_target: profile(1),
      messaging_profile_id_after: profile(1),
      http_status: '200',
      attempts: '1',
      duration_ms: '12',
      request_id: 'req-1',
      finished_at: AT,
    });
    expect(results[1]).toMatchObject({ error_code: '10015', error_detail: "'=HYPERLINK(1)" });
    expect(tally.counts).toMatchObject({
      updated: 1,
      failed: 1,
      rejected: 1,
      duplicate: 1,
      unverified: 2,
      unprocessed: 2,
    });
    expect(failed.slice(1).map((cells) => [cells[0], cells[4]])).toEqual([
      [id(2), 'failed'],
      ['bad id', 'rejected'],
      [id(3), 'unverified'],
      [id(4), 'unprocessed'],
      [id(5), 'unverified'],
      [id(6), 'unprocessed'],
    ]);
  });

  it('calls rows planned if no run has tried to send them', async () => {
    const { results, failed } = await resultsOf(
      await planOf([HEADER, good(1), 'x y,,A2P,', good(2)].join('\n')),
      false,
    );
    expect(results.map(({ status }) => status)).toEqual(['planned', 'rejected', 'planned']);
    expect(failed.slice(1).map((cells) => cells[0])).toEqual(['x y']);
  });

  it('takes what the ledger says last of a row', async () => {
    const run = await planOf([HEADER, good(1), good(2)].join('\n'));
    writeLedger(run, [
      { type: 'intent', row: 1, at: AT },
      { type: 'put_back', row: 1, ambiguous: true, attempts: 1, at: AT },
      { type: 'intent', row: 1, at: AT },
      outcome(1, { attempts: 2 }),
      { type: 'intent', row: 2, at: AT },
    ]);
    const { results } = await resultsOf(run, true);
    expect(results.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['updated', '2'],
      ['unverified', ''],
    ]);
  });

  it('of a refused file is a header alone, and there is no failed.csv', async () => {
    const run = await planOf('');
    const { tally } = await writeResults(run.dir, run.manifest, false);
    expect(Object.values(tally.counts).every((n) => n === 0)).toBe(true);
    expect(readFileSync(runFiles(run.dir).results, 'utf8')).toBe(`${RESULTS_COLUMNS.join(',')}\n`);
    expect(readdirSync(run.dir).sort()).toEqual(['input.csv', 'results.csv']);
  });

  it('and failed.csv are written for the owner alone, as a whole, and the same again', async () => {
    const run = await planOf([HEADER, good(1), 'x y,,A2P,'].join('\n'));
    const first = await resultsOf(run, true);
    for (const path of [runFiles(run.dir).results, runFiles(run.dir).failed]) {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    const again = await resultsOf(run, true);
    expect(again.failedText).toBe(first.failedText);
    expect(again.results).toEqual(first.results);
    expect(readdirSync(run.dir).sort()).toEqual(['failed.csv', 'input.csv', 'plan.csv', 'results.csv']);
  });

  it('stay as they were if the ledger cannot be read', async () => {
    const run = await planOf([HEADER, good(1)].join('\n'));
    await resultsOf(run, true);
    const before = readFileSync(runFiles(run.dir).results, 'utf8');
    for (const damage of ['nonsense\n', `${JSON.stringify(outcome(2))}\n`, '{"type":"intent","row":0,"at":""}\n']) {
      writeFileSync(runFiles(run.dir).ledger, damage);
      await expect(writeResults(run.dir, run.manifest, true)).rejects.toThrow(
        /ledger\.ndjson is damaged in line \d+ \(byte \d+\): /,
      );
      expect(readFileSync(runFiles(run.dir).results, 'utf8')).toBe(before);
    }
  });

  it('leave nothing half-written if they cannot be moved into place', async () => {
    for (const name of ['results', 'failed', 'held'] as const) {
      const run = await planOf([HEADER, good(1), 'x y,,A2P,'].join('\n'));
      writeLedger(run, [{ type: 'profile_held', profile: profile(1), why: 'x', at: AT }]);
      mkdirSync(runFiles(run.dir)[name]);
      await expect(writeResults(run.dir, run.manifest, true)).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY|EPERM/);
      expect(readdirSync(run.dir).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    }
  });
});

describe('indexLedger', () => {
  it('is empty without a ledger, and has the position of each outcome', async () => {
    const none = await indexLedger('/nonexistent/ledger.ndjson', 2);
    expect([[...none.rowStates], none.sessions.count]).toEqual([[0, 0, 0], 0]);
    const first = `${JSON.stringify({ type: 'session_started', at: AT, pid: 1 })}\n`;
    const second = `${JSON.stringify(outcome(2, { errorTitle: 'Zoë' }))}\n`;
    const index = await indexLedger(tempFile(first + second), 2);
    expect([...index.rowStates]).toEqual([ROW_STATE.untouched, ROW_STATE.untouched, ROW_STATE.outcome]);
    expect([index.offset[2], index.length[2]]).toEqual([first.length, Buffer.byteLength(second) - 1]);
    expect(index.sessions).toMatchObject({ count: 1, firstAt: AT });
  });
});
