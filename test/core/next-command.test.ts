import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/core/manifest.ts';
import { foreignBaseUrl, nextCommand, planAgain } from '../../src/core/next-command.ts';
import type { Status } from '../../src/core/outcome.ts';
import { makeManifest, makeTally } from './make.ts';

type Counts = Partial<Record<Status, number>>;

/** The next command after a run, off a terminal. */
function next(manifest: Partial<Manifest>, counts: Counts = {}, others: { interactive?: boolean; dir?: string } = {}) {
  const { interactive = false, dir = 'runs/x' } = others;
  return nextCommand({
    manifest: makeManifest(manifest),
    tally: makeTally(counts),
    program: 'telnyx-reassign',
    dir,
    failed: `${dir}/failed.csv`,
    interactive,
  });
}

const input = makeManifest().input;
const rejected = { sha256: 'x', change: 2, rejected: 1, duplicate: 0 };
const nothing = { sha256: 'x', change: 0, rejected: 3, duplicate: 0 };
const stop = { reason: 'min_rows', detail: 'too few' };

describe('after a file was rejected', () => {
  const refused: Partial<Manifest> = { state: 'refused', exit_code: 3, plan: rejected };

  it('it is planned again, with the settings that concern it', () => {
    expect(next(refused)).toBe('telnyx-reassign plan /data/numbers.csv');
    const settings = {
      delimiter: 'tab',
      map: ['phone_number_id=Number ID'],
      allow_unassign: 'true',
      rate: '2',
      sandbox: 'true',
      runs_dir: 'my runs',
      min_rows: '5',
      log_level: 'debug',
    };
    expect(next({ ...refused, settings }, {}, { interactive: true })).toBe(
      "telnyx-reassign plan /data/numbers.csv --map 'phone_number_id=Number ID' --allow-unassign --rate 2 --sandbox --runs-dir 'my runs' --delimiter tab",
    );
  });

  it('a name that a shell would take apart is quoted', () => {
    expect(next({ ...refused, input: { ...input, path: "/data/Bob's $file.csv" } })).toBe(
      "telnyx-reassign plan '/data/Bob'\\''s $file.csv'",
    );
  });

  it('standard input cannot be read again: its good rows can go ahead, if there are any', () => {
    const stdin = { ...input, path: null };
    expect(next({ ...refused, input: stdin })).toBe('telnyx-reassign apply runs/x --skip-rejected --yes');
    expect(next({ ...refused, input: stdin }, {}, { interactive: true })).toBe(
      'telnyx-reassign apply runs/x --skip-rejected',
    );
    expect(next({ ...refused, input: stdin, plan: nothing })).toBeNull();
    expect(next({ ...refused, input: stdin, plan: null })).toBeNull();
  });
});

describe('after a plan that can be carried out', () => {
  it.each([
    ['a plan', { state: 'planned', exit_code: 0 }],
    ['a plan with rejected rows that are skipped', { state: 'planned', exit_code: 4, plan: rejected }],
    ['no confirmation', { state: 'planned', exit_code: 8 }],
    ['a key that was refused before the first write', { state: 'refused', exit_code: 7 }],
  ] satisfies [string, Partial<Manifest>][])('it is applied: %s', (_what, manifest) => {
    expect(next(manifest)).toBe('telnyx-reassign apply runs/x --yes');
    expect(next(manifest, {}, { interactive: true })).toBe('telnyx-reassign apply runs/x');
    expect(next(manifest, {}, { interactive: true, dir: '/my runs/x' })).toBe("telnyx-reassign apply '/my runs/x'");
  });

  it('the settings are in its directory, but a base URL from elsewhere must be named again', () => {
    const settings = { rate: '2', base_url: 'https://proxy.example.test/v2' };
    expect(next({ state: 'planned', settings })).toBe(
      'telnyx-reassign apply runs/x --base-url https://proxy.example.test/v2 --yes',
    );
    expect(next({ state: 'planned', settings: { base_url: 'http://127.0.0.1:4010/v2' } })).toBe(
      'telnyx-reassign apply runs/x --yes',
    );
  });

  it('there is nothing to do where it has no row to send', () => {
    expect(next({ state: 'planned', plan: nothing })).toBeNull();
    expect(next({ state: 'planned', exit_code: 4, plan: nothing })).toBeNull();
    expect(next({ state: 'refused', exit_code: 8, plan: nothing, settings: { min_rows: '10' }, stop })).toBeNull();
  });

  it('too few rows for --min-rows can be sent by asking for no more', () => {
    const short: Partial<Manifest> = { state: 'refused', exit_code: 8, settings: { min_rows: '10' }, stop };
    expect(next(short)).toBe('telnyx-reassign apply runs/x --min-rows 3 --yes');
    expect(next({ ...short, stop: null, state: 'planned' })).toBe('telnyx-reassign apply runs/x --yes');
    expect(next({ ...short, exit_code: 7 })).toBe('telnyx-reassign apply runs/x --yes');
    expect(next({ ...short, settings: {} })).toBe('telnyx-reassign apply runs/x --yes');
  });
});

describe('after a run that ended before it had a plan', () => {
  it.each([
    ['by SIGINT', { state: 'interrupted', exit_code: 130 }],
    ['by SIGTERM', { state: 'interrupted', exit_code: 143 }],
    ['by a fault', { state: 'interrupted', exit_code: 1 }],
    ['from outside', { state: 'planning', exit_code: null }],
    ['refused', { state: 'refused', exit_code: 8 }],
  ] satisfies [string, Partial<Manifest>][])('its input is planned again: %s', (_how, manifest) => {
    const settings = { base_url: 'https://proxy.example.test/v2', delimiter: ';' };
    const ended = { ...manifest, plan: null };
    expect(next(ended)).toBe('telnyx-reassign plan /data/numbers.csv');
    expect(next({ ...ended, settings })).toBe(
      "telnyx-reassign plan /data/numbers.csv --base-url https://proxy.example.test/v2 --delimiter ';'",
    );
    expect(next(ended, {}, { interactive: true })).toBe('telnyx-reassign plan /data/numbers.csv');
  });

  it('standard input is gone: there is nothing to go on with', () => {
    const stdin = { ...input, path: null };
    expect(next({ state: 'interrupted', exit_code: 130, plan: null, input: stdin })).toBeNull();
  });
});

describe('planning the same input again', () => {
  it('names the input and the settings that concern it, behind the program as it was called', () => {
    const settings = { delimiter: '|', rate: '2', min_rows: '5', allow_rounded_ids: 'true' };
    expect(planAgain(makeManifest({ settings }), 'node dist/cli.js')).toBe(
      "node dist/cli.js plan /data/numbers.csv --allow-rounded-ids --rate 2 --delimiter '|'",
    );
    expect(planAgain(makeManifest(), 'telnyx-reassign')).toBe('telnyx-reassign plan /data/numbers.csv');
  });

  it('is impossible where the input came through a pipe', () => {
    expect(planAgain(makeManifest({ input: { ...input, path: null } }), 'telnyx-reassign')).toBeNull();
  });
});

describe('after an execution', () => {
  it.each([
    ['finished', { updated: 3 }],
    ['finished', { updated: 2, duplicate: 1 }],
    ['planning', {}],
  ] satisfies [Manifest['state'], Counts][])('that is %s with %j there is nothing to do', (state, counts) => {
    expect(next({ state, exit_code: 0 }, counts)).toBeNull();
  });

  it.each([
    ['finished', 5, { updated: 2, failed: 1 }],
    ['paused', 11, { updated: 2, unverified: 1 }],
    ['paused', 6, { updated: 2, unprocessed: 1 }],
    ['finished', 4, { failed: 1, rejected: 1 }],
    ['paused', 11, { failed: 1, unverified: 1 }],
    ['paused', 6, { unverified: 1, unprocessed: 1 }],
    ['paused', 6, { unprocessed: 1, rejected: 1 }],
    ['interrupted', 130, { unprocessed: 3 }],
    ['interrupted', 1, { unprocessed: 3 }],
  ] satisfies [Manifest['state'], number, Counts][])(
    'that is %s (exit %d) with %j the rows that are left are applied',
    (state, exit, counts) => {
      expect(next({ state, exit_code: exit }, counts)).toBe('telnyx-reassign apply runs/x/failed.csv --yes');
      expect(next({ state, exit_code: exit }, counts, { interactive: true })).toBe(
        'telnyx-reassign apply runs/x/failed.csv',
      );
    },
  );

  it('rejected rows alone are to be mended first', () => {
    const settings = { skip_rejected: 'true' };
    expect(next({ state: 'finished', exit_code: 4, settings }, { updated: 2, rejected: 1 })).toBeNull();
    expect(next({ state: 'finished', exit_code: 4, settings }, { rejected: 3 }, { interactive: true })).toBeNull();
  });

  it('they take along every setting but those of the old file and of the output', () => {
    const settings = {
      skip_rejected: 'true',
      allow_rounded_ids: 'true',
      concurrency: '7',
      max_attempts: '3',
      timeout: '2010ms',
      retry_base: '500ms',
      retry_max: '5000ms',
      max_server_wait: '0ms',
      base_url: 'https://proxy.example.test/v2',
      delimiter: ';',
      min_rows: '5',
      missing_input_ok: 'true',
    };
    expect(next({ state: 'finished', exit_code: 5, settings }, { failed: 1 })).toBe(
      'telnyx-reassign apply runs/x/failed.csv --allow-rounded-ids --skip-rejected --concurrency 7 --max-attempts 3 --timeout 2010ms --retry-base 500ms --retry-max 5000ms --max-server-wait 0ms --base-url https://proxy.example.test/v2 --yes',
    );
  });
});

describe('the base URL that must be named again', () => {
  it.each([
    [{}, null],
    [{ base_url: 'https://api.telnyx.com/v2' }, null],
    [{ base_url: 'http://localhost:4010/v2' }, null],
    [{ base_url: 'https://[::1]/v2' }, null],
    [{ base_url: ['https://a.test', 'https://b.test'] }, null],
    [{ base_url: 'https://proxy.example.test/v2' }, 'https://proxy.example.test/v2'],
    [{ base_url: 'https://localhost@example.test' }, 'https://localhost@example.test'],
    [{ base_url: 'not a URL' }, 'not a URL'],
  ])('of %j is %j', (settings, foreign) => {
    expect(foreignBaseUrl(settings)).toBe(foreign);
  });
});

describe('after ids and phone numbers did not match', () => {
  it('there is none: somebody must look at the file before its rows are sent again', () => {
    const paused: Partial<Manifest> = { state: 'paused', exit_code: 6, plan: rejected };
    const mismatch = { reason: 'phone_number_mismatch', detail: 'row 2' };
    expect(next({ ...paused, stop: mismatch }, { failed: 1, unprocessed: 9 })).toBeNull();
    expect(next({ ...paused, stop: { reason: 'server_wait', detail: '1h' } }, { unprocessed: 9 })).toContain(
      'failed.csv',
    );
  });
});
