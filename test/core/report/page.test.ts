import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { createGathering } from '../../../src/core/report/gather.ts';
import { type ReportParts, reportPage } from '../../../src/core/report/page.ts';
import type { Result } from '../../../src/core/results/rows.ts';
import type { Summary } from '../../../src/core/results/summary.ts';
import type { Cause } from '../../../src/core/results/tally.ts';
import {
  makeEntry,
  makeFailure,
  makeManifest,
  makePlan,
  makeSummary,
  OTHER_PROFILE,
  PROFILE,
} from '../../support/make.ts';

const AT = '2026-11-23T02:00:00.000Z';
const START = Date.parse(AT);
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

function session(seconds: number, total: number, limited = 0): LedgerEntry[] {
  const requests = { total, writes: total, reads: 0, retries: 0, rate_limited: limited };
  const rate = {
    mean_per_s: 0,
    max_in_1s: 0,
    max_in_60s: 0,
    paused_ms: 0,
    throttled_ms: 0,
    allowed: null,
    server_limit: null,
  };
  return [{ type: 'session_seen', at: at(seconds), requests, rate, allowed_per_s: 7.26 }];
}

const resultOf = (status: Result['status'], entry: Partial<PlanEntry> = {}, more: Partial<Result> = {}): Result => ({
  entry: makeEntry({ profileBefore: OTHER_PROFILE, ...entry }),
  status,
  reason: '',
  detail: '',
  outcome: null,
  ...more,
});

type Made = Partial<Omit<ReportParts, 'summary' | 'gathered'>> & {
  summary?: Partial<Summary>;
  results?: Result[];
  entries?: LedgerEntry[];
};

function page({ summary = {}, results = [], entries = [], ...parts }: Made): string {
  const gathering = createGathering();
  for (const entry of entries) gathering.onEntry(entry);
  for (const result of results) gathering.onResult(result);
  return reportPage({
    summary: makeSummary(summary),
    manifest: makeManifest(),
    gathered: gathering.gathered(),
    suggestions: [],
    assets: { script: 'run()', style: 'p{}', scriptHash: 'sha256-a', styleHash: 'sha256-b' },
    ...parts,
  });
}

const NOTHING_SENT = { requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 } };
const ids = (text: string) => [...text.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);

describe('the page', () => {
  it('says the verdict first, and shows what there is and nothing else', () => {
    const text = page({ summary: NOTHING_SENT });
    expect(text).toContain('<h1><span class="badge t-good">Finished</span> 3 numbers changed.');
    expect(text).toContain('<title>Finished: numbers (20261123T020000Z-numbers-1f2e)</title>');
    expect(ids(text)).toEqual(['counts', 'run']);
    expect(text).not.toContain('<h2 class="next">');
    expect(page({ summary: { error: { code: 'ok', message: 'counts' } } })).not.toContain('class="error"');
    expect(text).toContain('None was given: all have their defaults.');
  });

  it('says at the top which bulk order may still move numbers', () => {
    const cause: Cause = {
      ...{ status: 'unverified', reason: 'order_pending', http_status: null, error_code: '', error_title: '' },
      ...{ count: 30, example_row: 32 },
    };
    const error = { code: 'ok', message: '30 unverified. Bulk order 3 may still move 30 rows.' };
    const causes = [cause];
    expect(page({ summary: { error, causes } })).toContain(`<p class="error">${error.message}</p>`);
  });

  it('brings its script and style along, and allows no others', () => {
    const text = page({});
    expect(text).toContain(
      `content="default-src 'none'; script-src 'sha256-a'; style-src 'sha256-b'; base-uri 'none'; form-action 'none'"`,
    );
    expect(text).toContain('<script>run()</script>');
    expect(text).toContain('<style>p{}</style>');
    expect(text).not.toMatch(/ (on\w+|style|src)=/);
  });

  it('shows every section of a run with problems', () => {
    const text = page({
      summary: {
        error: { code: 'outage', message: 'The API <b>' },
        next_command: 'telnyx-reassign retry runs/x',
        warnings: ['the job file is open'],
        causes: [
          {
            status: 'failed',
            reason: 'api_error',
            http_status: 422,
            error_code: '10015',
            error_title: 'Bad',
            count: 2,
            example_row: 4,
          },
          {
            status: 'held',
            reason: 'drifted',
            http_status: null,
            error_code: '',
            error_title: '',
            count: 1,
            example_row: 9,
          },
        ],
        files: { failed: 'runs/x/failed.csv', held: 'runs/x/held.csv' },
        input: { path: null, sha256: 'ab12', rows: 3 },
      },
      results: [
        resultOf('updated'),
        resultOf('failed', {}, { reason: 'api_error', detail: 'no', outcome: makeFailure() }),
      ],
      entries: [{ type: 'session_started', at: AT, pid: 1 }],
      suggestions: [{ what: 'Compare', command: 'telnyx-reassign verify runs/x' }],
      manifest: makeManifest({
        settings: { rate: '50', map: ['id=a', 'profile_id=b'] },
        source: { run_id: 'earlier', dir: '/x', only: '', undo: false },
      }),
    });
    expect(ids(text)).toEqual(['counts', 'warnings', 'moves', 'causes', 'requests', 'rows', 'commands', 'run']);
    expect(text).toContain('<p class="error">The API &lt;b&gt;</p>');
    expect(text).toContain('<code>telnyx-reassign retry runs/x</code>');
    expect(text).toContain('<li>the job file is open</li>');
    expect(text).toContain('422 10015 Bad<br><span class="id">api_error</span>');
    expect(text).toContain('<td class="cause">drifted</td><td class="advice">Check who changed the number.');
    expect(text).toContain('<td class="said">422 10015 Bad Request: no</td>');
    expect(text).toContain('All of them are here, and in <code>runs/x/failed.csv</code> <code>runs/x/held.csv</code>.');
    expect(text).toContain('<th scope="row"><code>--map</code></th><td>id=a, profile_id=b</td>');
    expect(text).toContain('<dt>Input</dt><dd>standard input</dd>');
    expect(text).toContain('<dt>Rows from</dt><dd>earlier</dd>');
  });

  it('says that the numbers came from the command line', () => {
    const settings = { number: ['+13125550001', '+13125550002'], to_profile: 'Support' };
    const text = page({
      summary: { input: { path: null, sha256: 'ab12', rows: 2 } },
      manifest: makeManifest({ settings }),
    });
    expect(text).toContain('<dt>Input</dt><dd>--number</dd>');
    expect(text).toContain('<td>+13125550001, +13125550002</td>');
  });

  it('is short, whatever texts are in the rows', () => {
    const long = '<é>'.repeat(5000);
    const row = resultOf(
      'failed',
      { id: long, phoneNumber: long },
      {
        detail: long,
        outcome: makeFailure({ errorTitle: long, errorCode: long, httpStatus: null }),
      },
    );
    const manifest = makeManifest({
      settings: { name: long },
      plan: makePlan({
        moves: Array.from({ length: 20 }, () => ({
          count: 1,
          profile_before: OTHER_PROFILE,
          profile_before_name: long,
          profile_target: PROFILE,
          profile_target_name: long,
          product_before: '',
          product_target: '',
        })),
      }),
    });
    const cause: Cause = {
      status: 'failed',
      reason: 'api_error',
      http_status: 500,
      error_code: long,
      error_title: long,
      count: 1,
      example_row: 1,
    };
    const text = page({
      summary: {
        causes: Array.from({ length: 200 }, () => cause),
        warnings: Array.from({ length: 60 }, () => long),
        name: long,
      },
      results: Array.from({ length: 3000 }, () => row),
      manifest,
    });
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    expect(text).toMatch(/3,000 rows\. The first [0-9]+ rows are here, and all of them in/);
    expect(text).toContain('and 150 more causes in summary.json');
    expect(text).toContain('and 10 more warnings in summary.json');
  });

  it('says of each row what is known of it', () => {
    const text = page({
      results: [
        resultOf('failed', {}, { detail: 'Bad Request', outcome: makeFailure() }),
        resultOf('failed', {}, { outcome: makeFailure({ httpStatus: null, errorCode: 'ETIMEDOUT', errorTitle: '' }) }),
        resultOf('rejected', { action: 'rejected', profileBefore: '', productTarget: 'A2P' }, { detail: 'no id' }),
      ],
      manifest: makeManifest({ plan: null }),
    });
    expect(text).toContain('<td class="said">422 10015 Bad Request</td>');
    expect(text).toContain('<td class="said">ETIMEDOUT</td>');
    expect(text).toContain(`<td class="said">no id</td><td class="place"></td><td class="place">${PROFILE}, A2P</td>`);
  });

  it('says so if rows were lost', () => {
    expect(page({ summary: { sum_ok: false } })).toContain('THE STATUSES DO NOT ADD UP');
    const counts = { ...makeSummary().counts, updated: 100_000, failed: 1 };
    const text = page({ summary: { counts } });
    expect(text).toContain('> 99.9 %'.replace('>', '&gt;'));
    expect(text).toContain('&lt; 0.1 %');
    expect(page({ summary: { counts: { ...counts, updated: 0, failed: 0 } } })).toContain('<tbody></tbody>');
  });
});

describe('the moves', () => {
  it('are named as the account names them', () => {
    const move = { count: 1, product_before: '', product_target: '' };
    const text = page({
      results: [
        resultOf('updated'),
        resultOf('updated', { profileBefore: '', profileTarget: 'UNASSIGN' }),
        resultOf('updated', { profileTarget: '', productBefore: '', productTarget: 'P2P' }),
        resultOf('updated', { profileTarget: OTHER_PROFILE, action: 'unchanged' }, { outcome: makeFailure() }),
      ],
      manifest: makeManifest({
        plan: makePlan({
          moves: [
            {
              ...move,
              profile_before: OTHER_PROFILE,
              profile_before_name: 'Old & bold',
              profile_target: PROFILE,
              profile_target_name: '',
            },
            {
              ...move,
              profile_before: OTHER_PROFILE,
              profile_before_name: '',
              profile_target: 'z',
              profile_target_name: 'Z',
            },
          ],
        }),
      }),
    });
    expect(text).toContain(`<td class="place">Old &amp; bold<br><span class="id">${OTHER_PROFILE}</span></td>`);
    expect(text).toContain(`<td class="place">${PROFILE}</td>`);
    expect(text).toContain('<td class="place">not read</td><td class="place">no profile</td>');
    expect(text).toContain('<td class="place">not read</td><td class="place">P2P</td>');
    expect(text).toContain('<td class="place">no change</td><td class="place">no change</td>');
    expect(text.match(/<svg class="flows/g)).toHaveLength(2);
  });

  it('of very many kinds are drawn and listed as far as they can be distinguished', () => {
    const results = Array.from({ length: 60 }, (_, n) => resultOf('updated', { profileBefore: `profile ${n}` }));
    const text = page({ results: [...results, ...results] });
    expect(text).toContain('The picture shows the 14 largest moves.');
    expect(text).toContain('<td colspan="2">All others</td><td class="n">20</td>');
    expect(text.match(/<path/g)).toHaveLength(2 * 15);
    expect(text).toContain('>others<');
  });

  it('of one name are one band', () => {
    const move = {
      count: 1,
      product_before: '',
      product_target: '',
      profile_target: PROFILE,
      profile_target_name: 'Same',
    };
    const manifest = makeManifest({
      plan: makePlan({
        moves: ['a', 'b'].map((id) => ({
          ...move,
          profile_before: id,
          profile_before_name: `Support ${'\u{1F600}'.repeat(20)}`,
        })),
      }),
    });
    const text = page({ manifest, results: ['a', 'b'].map((profileBefore) => resultOf('updated', { profileBefore })) });
    expect(text.match(/<path/g)).toHaveLength(2);
    expect(text).toContain('…<tspan');
    expect(text).not.toMatch(/\\ud83d/);
  });

  it('have names that do not reach into those at the other end, even on a phone', () => {
    const shown = (name: string) => {
      const move = { count: 1, product_before: '', product_target: '', profile_before: 'a', profile_before_name: name };
      const plan = makePlan({ moves: [{ ...move, profile_target: PROFILE, profile_target_name: 'B' }] });
      const text = page({ manifest: makeManifest({ plan }), results: [resultOf('updated', { profileBefore: 'a' })] });
      return (text.split('<svg class="flows narrow"')[1] as string).match(/text-anchor="start">([^<]*)</)?.[1];
    };
    expect(shown('a'.repeat(50))).toBe(`${'a'.repeat(16)}…`);
    expect(shown('A'.repeat(50))).toBe(`${'A'.repeat(11)}…`);
    expect(shown('漢'.repeat(50))).toBe(`${'漢'.repeat(8)}…`);
    expect(shown('Acme Germany')).toBe('Acme Germany');
  });
});

describe('the requests', () => {
  it('are shown in numbers', () => {
    const rate = { ...makeSummary().rate, server_limit: { requests: 40, window_ms: 1000 } };
    const text = page({ summary: { rate } });
    expect(text).toContain('<dd>3 (3 writes, 0 reads; 0 retries)</dd>');
    expect(text).toContain('<dd>100 % of what was allowed</dd>');
    expect(text).toContain('<dd>40 requests in about 1s</dd>');
    expect(text).not.toContain('<dt>Bulk orders</dt>');
    const ordered = page({ summary: { requests: { ...makeSummary().requests, orders: 105 } } });
    expect(ordered).toContain('<dt>Bulk orders</dt><dd>105</dd>');
    const unlimited = page({
      summary: { rate: { ...rate, used_share: null, server_limit: { requests: 1, window_ms: null } } },
    });
    expect(unlimited).toContain('<dd>1 request</dd>');
    expect(unlimited).not.toContain('<dt>Used</dt>');
    expect(ids(page({ summary: NOTHING_SENT }))).not.toContain('requests');
  });

  it('are drawn, and shown in a table too', () => {
    const started: LedgerEntry = { type: 'session_started', at: AT, pid: 1 };
    const text = page({
      entries: [
        started,
        ...session(1, 10),
        ...session(3, 20, 2),
        ...session(3, 20, 2).map(
          (entry) => ({ ...entry, type: 'session_ended', stop: null }) as unknown as LedgerEntry,
        ),
        { ...started, at: at(50) },
        ...session(51, 3).map(({ allowed_per_s: _, ...entry }: Record<string, unknown>) => entry as LedgerEntry),
        { ...started, at: 'soon' },
      ],
    });
    const [, json = ''] = /id="chart-data">(.*?)<\/script>/s.exec(text) ?? [];
    const data = JSON.parse(json);
    expect(data.times.slice(0, 3)).toEqual([0, 1, 2].map((second) => START / 1000 + second));
    expect(data.sent.slice(0, 5)).toEqual([10, 5, 5, null, null]);
    expect(data.limited.slice(0, 3)).toEqual([null, 1, 1]);
    expect(data.allowed.slice(0, 4)).toEqual([7.3, 7.3, 7.3, null]);
    expect(data.paused.slice(0, 2)).toEqual([0, 0]);
    expect(data.marks.map(({ number, kind }: { number: number; kind: string }) => `${number} ${kind}`)).toEqual([
      '1 session',
      '3 session',
    ]);
    expect(text).toContain('The same as a table (2s a line)');
    const line =
      '02:00:00</time></td><td class="n">15</td><td class="n">7.5</td><td class="n">7.3</td><td class="n">1</td>';
    expect(text).toContain(line);
    expect(text).toContain('<td class="n">–</td>');
    expect(text).toContain('<td>soon</td>');
  });

  it('of a moment are shown in a table only', () => {
    const started: LedgerEntry = { type: 'session_started', at: AT, pid: 1 };
    const text = page({ entries: [started, ...session(1, 10)] });
    expect(text).not.toContain('chart-data');
    expect(text).toContain('<details>');
    const many = page({ summary: NOTHING_SENT, entries: Array.from({ length: 305 }, () => started) });
    expect(many).toContain('5 lines between these are in ledger.ndjson');
  });
});
