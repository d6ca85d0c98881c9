import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STATUSES } from '../../../src/core/attempt/outcome.ts';
import type { Summary } from '../../../src/core/results/summary.ts';
import { summaryText, undoneText } from '../../../src/core/results/summary-text.ts';
import { anyText } from '../../support/any-text.ts';
import { makeSummary } from '../../support/make.ts';

const plain = (_style: string, text: string) => text;
const none = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Summary['counts'];
const cause: Summary['causes'][number] = {
  status: 'failed',
  reason: 'api_error',
  http_status: 422,
  error_code: '10015',
  error_title: 'Bad Request',
  count: 1,
  example_row: 1,
};

describe('the summary for people', () => {
  it('of a good run has the sum, the requests and the files', () => {
    expect(summaryText(makeSummary(), plain)).toBe(
      `
apply finished
  3  updated
  3  rows read = updated

Requests
  3 requests in 601ms, 0 retries, 0 rate limited
  4.99/s on average (limit 5/s), 99.8 % of what was allowed
  at most 5 in any second, 3 in any minute
  no time lost to pauses or 429

Files
  results  runs/x/results.csv
  log      runs/x/log.ndjson

Exit 0 (ok)
`,
    );
  });

  it('has a line about campaigns, if they were compared', () => {
    const campaigns = { read: 3, unchanged: 2, lost: 1, changed: 0, unknown: 0 };
    expect(summaryText(makeSummary({ campaigns }), plain)).toContain(
      '\n\n10DLC campaigns of 3 numbers: 2 unchanged, 1 lost',
    );
  });

  it('counts the bulk orders among the requests, if there were any', () => {
    const requests = { ...makeSummary().requests, orders: 105 };
    expect(summaryText(makeSummary({ requests }), plain)).toContain(
      '\n  3 requests in 601ms, 105 bulk orders, 0 retries, 0 rate limited\n',
    );
  });

  it('says what is known of the limit of the server, and what pauses have cost', () => {
    const { rate } = makeSummary();
    const text = (changes: Partial<Summary['rate']>) =>
      summaryText(makeSummary({ rate: { ...rate, ...changes } }), plain);
    expect(text({ server_limit: { requests: 1200, window_ms: null } })).toContain(
      '\n  the server names a limit of 1,200\n',
    );
    expect(text({ server_limit: { requests: 100, window_ms: 9900 } })).toContain(
      '\n  the server allows 100 in about 9.9s\n',
    );
    expect(text({ paused_ms: 2000 })).toContain('\n  2s lost to pauses, none of it to 429\n');
    expect(text({ setting: 'off', used_share: null })).toContain('\n  4.99/s on average (no limit)\n');
  });

  it('of a run that stopped says why, and what to do next', () => {
    const summary = makeSummary({
      state: 'paused',
      exit_code: 6,
      exit_name: 'stopped',
      next_command: 'telnyx-reassign resume runs/x',
      input: { path: '/x', sha256: '', rows: 12_005 },
      counts: { ...none, updated: 9000, failed: 2500, rejected: 5, unprocessed: 500 },
      causes: [
        { ...cause, count: 1500, example_row: 7 },
        {
          ...cause,
          reason: 'attempts_exhausted',
          http_status: null,
          error_code: 'ECONNRESET',
          error_title: '',
          count: 1000,
        },
        {
          ...cause,
          status: 'rejected',
          reason: 'bad_id',
          http_status: null,
          error_code: '',
          error_title: '',
          count: 5,
        },
      ],
      requests: { total: 12_000, writes: 12_000, reads: 0, retries: 1, rate_limited: 1234 },
      rate: {
        setting: 'auto',
        mean_per_s: 80.5,
        max_in_1s: 200,
        max_in_60s: 5000,
        paused_ms: 61_000,
        throttled_ms: 60_000,
        used_share: 0.9876,
        server_limit: { requests: 6000, window_ms: 60_000 },
      },
      duration_ms: 150_000,
      error: { code: 'server_wait', message: 'Stopped: the server asks to wait 20m.' },
    });
    expect(summaryText(summary, plain)).toBe(
      `
apply paused
   9,000  updated
   2,500  failed
       5  rejected
     500  unprocessed
  12,005  rows read = updated + failed + rejected + unprocessed

Why rows are not at their target
  1,500  failed      422 10015 Bad Request (e.g. row 7)
         Read the error columns of the results, fix the cause, then retry
  1,000  failed      ECONNRESET attempts_exhausted (e.g. row 1)
         Check the network, then retry
      5  rejected    bad_id (e.g. row 1)
         Fix the id of the number

Requests
  12,000 requests in 2m 29s, 1 retry, 1,234 rate limited
  80.5/s on average (rate auto), 98.8 % of what was allowed
  at most 200 in any second, 5,000 in any minute
  1m 1s lost to pauses, 1m of it to 429
  the server allows 6,000 in about 1m

Files
  results  runs/x/results.csv
  log      runs/x/log.ndjson

Stopped: the server asks to wait 20m.
Exit 6 (stopped)
Next: telnyx-reassign resume runs/x
`,
    );
  });

  it('of no rows reads none', () => {
    const requests = { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 };
    const text = summaryText(
      makeSummary({ input: { path: null, sha256: '', rows: 0 }, counts: none, requests }),
      plain,
    );
    expect(text).toContain('\napply finished\n  0  rows read = none\n');
    expect(text).not.toContain('Requests');
    expect(text).not.toContain('Why');
  });

  it('cries out when rows were lost', () => {
    const text = summaryText(makeSummary({ sum_ok: false, input: { path: null, sha256: '', rows: 10 } }), plain);
    expect(text).toContain('\n   3  updated\n  10  rows read, BUT THE STATUSES ADD UP TO 3: rows were lost\n');
  });

  it('breaks a sum that is too long for a line', () => {
    const counts = Object.fromEntries(STATUSES.map((status) => [status, 1])) as Summary['counts'];
    expect(summaryText(makeSummary({ counts, input: { path: null, sha256: '', rows: 9 } }), plain)).toContain(
      `
  9  rows read = updated + unchanged + failed + unverified + held + rejected +
     duplicate + unprocessed + planned
`,
    );
  });

  it('names how often the run was steered, and the last command', () => {
    const at = '2026-11-23T02:13:00.000Z';
    const rate = { at, by: 'alice', command: 'rate', from: '50', to: '10' };
    const hold = { at, by: 'bob', command: 'hold', from: '', to: 'p1' };
    const text = (...steered: Summary['steered']) => summaryText(makeSummary({ steered }), plain);
    expect(text()).not.toContain('Steered');
    expect(text(rate)).toContain('\n  Steered: 1 command, the last by alice at 02:13Z: rate 50 -> 10\n');
    expect(text(rate, hold)).toContain('\n  Steered: 2 commands, the last by bob at 02:13Z: hold p1\n');
    expect(text({ ...hold, from: 'p1', to: '' })).toContain('02:13Z: hold p1');
  });

  it('shows ten causes, and says how many there are beside them', () => {
    const causes = (n: number) => Array.from({ length: n }, (_, at) => ({ ...cause, error_title: `title ${at}` }));
    expect(summaryText(makeSummary({ causes: causes(10) }), plain)).not.toContain('more cause');
    expect(summaryText(makeSummary({ causes: causes(11) }), plain)).toContain('\n  and 1 more cause in summary.json\n');
    expect(summaryText(makeSummary({ causes: causes(15) }), plain)).toContain(
      '\n  and 5 more causes in summary.json\n',
    );
    expect(summaryText(makeSummary({ causes: causes(15) }), plain)).not.toContain('title 10');
  });

  it('cuts the title of a cause that is too long for a line', () => {
    const long = { ...cause, error_title: 'x'.repeat(500), example_row: 123 };
    const line = summaryText(makeSummary({ causes: [long] }), plain)
      .split('\n')
      .find((each) => each.includes('xxx'));
    expect(line).toBe(`  1  failed      422 10015 ${'x'.repeat(35)}... (e.g. row 123)`);
    expect(line).toHaveLength(80);
  });

  it('paints the title by how the run ended, and the next command', () => {
    const painted = (style: string, text: string) => `<${style}>${text}</${style}>`;
    expect(summaryText(makeSummary(), painted)).toContain('\n<good>apply finished</good>\n');
    const text = summaryText(makeSummary({ exit_code: 5, exit_name: 'retryable_rows', next_command: 'x' }), painted);
    expect(text).toContain('\n<bad>apply finished</bad>\n');
    expect(text).toContain('\nNext: <strong>x</strong>\n');
  });

  it('fits 80 columns apart from paths, messages and commands', () => {
    const n = fc.oneof(fc.nat(12), fc.nat(9_999_999));
    const anyCause = fc.record({
      status: fc.constantFrom('failed', 'unverified', 'held', 'rejected'),
      reason: fc.constantFrom('api_error', 'attempts_exhausted', 'wrong_number_of_cells'),
      http_status: fc.constantFrom(null, 422),
      error_code: fc.oneof(fc.constant('10015'), anyText(100)),
      error_title: fc.oneof(fc.constant(''), anyText(100)),
      count: n,
      example_row: n,
    }) as fc.Arbitrary<Summary['causes'][number]>;
    const any = fc.record({
      counts: fc.record(Object.fromEntries(STATUSES.map((status) => [status, n]))) as fc.Arbitrary<Summary['counts']>,
      causes: fc.array(anyCause, { maxLength: 4 }),
      sum_ok: fc.boolean(),
      duration_ms: n,
      requests: fc.record({ total: n, writes: n, reads: n, retries: n, rate_limited: n }),
      rate: fc.record({
        setting: fc.constantFrom('5', '0.123456789', '10000', 'auto', 'off'),
        mean_per_s: fc.constantFrom(0, 4.99, 9999.99),
        max_in_1s: fc.nat(10_000),
        max_in_60s: n,
        paused_ms: n,
        throttled_ms: n,
        used_share: fc.constantFrom(null, 0, 0.123, 1),
        server_limit: fc.constantFrom(
          null,
          { requests: 7, window_ms: null },
          { requests: 1_000_000, window_ms: 86_399_000 },
        ),
      }),
      rows: n,
    });
    fc.assert(
      fc.property(any, ({ rows, ...changes }) => {
        const text = summaryText(makeSummary({ ...changes, input: { path: null, sha256: '', rows } }), plain);
        for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
        const [, table = ''] = text.split('\n\n')[0]?.split('\napply finished\n') ?? [];
        const columns = table.split('\n').map((line) => line.search(/(?<=^ +[0-9,]* +)[a-z]/));
        expect(new Set(columns).size).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what to fix first', () => {
  const input = { path: '/data/numbers.csv', sha256: '', rows: 3 };
  it.each([
    [input, 'rejected_rows', '\nFirst fix the rejected rows of /data/numbers.csv: results.csv lists them.\n'],
    [
      { ...input, path: null },
      'rejected_rows',
      '\nFirst fix the rejected rows of the input: results.csv lists them.\n',
    ],
    [input, 'rejected_target', '\nFirst fix --to-profile, the target of every row.\n'],
    [input, 'bad_encoding', '\nFirst fix /data/numbers.csv.\n'],
    [input, 'missing_column', '\nFirst fix /data/numbers.csv, or say with --map which columns are meant.\n'],
    [input, 'no_header', ', or say with --map which columns are meant.\n'],
  ])('after exit 3 of %j with %s is %j', (of, code, text) => {
    const error = { code, message: 'why' };
    expect(summaryText(makeSummary({ exit_code: 3, input: of, error }), plain)).toContain(text);
  });

  it('is nothing after any other exit', () => {
    expect(summaryText(makeSummary({ exit_code: 4 }), plain)).not.toContain('First fix');
  });
});

describe('the end of a run that was undone', () => {
  const undo = { run_id: 'u', dir: 'runs/u', exit_code: 0, state: 'finished', next_command: null } as const;
  const stopped = { run_id: 'r', exit_code: 6, next_command: null };

  it('names both runs, and keeps the exit code of the first', () => {
    expect(undoneText(makeSummary({ ...stopped, undo }))).toBe(
      '\nRun r stopped, and was undone by run u.\nExit 6 (stopped)\n',
    );
  });

  it('says what is left to do if the undo was not complete, or was not made', () => {
    const half = { ...undo, exit_code: 4 };
    expect(undoneText(makeSummary({ ...stopped, undo: half, next_command: 'retry runs/u' }))).toBe(
      '\nRun r stopped, and was not undone completely by run u, exit 4 (rows_not_at_target).\nExit 6 (stopped)\nNext: retry runs/u\n',
    );
    const none = { ...undo, run_id: null, dir: null, exit_code: 7, message: 'no key' };
    expect(undoneText(makeSummary({ ...stopped, undo: none }))).toContain('completely, exit 7 (preflight): no key.');
  });

  it('is not there without an undo', () => {
    expect(undoneText(makeSummary(stopped))).toBe('');
  });
});
