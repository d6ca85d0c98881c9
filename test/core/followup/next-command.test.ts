import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/core/attempt/outcome.ts';
import type { RefusalReason, StopReason } from '../../../src/core/attempt/stop-reason.ts';
import { foreignBaseUrl, nextCommand, planAgain } from '../../../src/core/followup/next-command.ts';
import type { Reason } from '../../../src/core/plan/reason.ts';
import { addResult } from '../../../src/core/results/tally.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { makeEntry, makeManifest, makePlan, makeTally } from '../../support/make.ts';

type Counts = Partial<Record<Status, number>>;
type Others = {
  interactive?: boolean;
  dir?: string;
  permanent?: number;
  sameAgain?: string[];
  sameForRun?: string[];
  sameForRetry?: string[];
  queue?: string[];
};

/** The next command after a run, off a terminal. */
function next(manifest: Partial<Manifest>, counts: Counts = {}, others: Others = {}) {
  const { interactive = false, dir = 'runs/x', permanent = 0, ...more } = others;
  return nextCommand({
    manifest: makeManifest(manifest),
    tally: makeTally(counts, permanent),
    program: 'telnyx-reassign',
    dir,
    interactive,
    ...more,
  });
}

describe('what only this call knows', () => {
  it('is named again where the same run goes on', () => {
    const others = { sameAgain: ['--results', 'r.csv'] };
    const paused: Partial<Manifest> = { state: 'paused', exit_code: 10, plan: makePlan({ change: 2 }) };
    expect(next(paused, { unprocessed: 1 }, others)).toBe('telnyx-reassign resume runs/x --results r.csv');
    const finished: Partial<Manifest> = { ...paused, state: 'finished', exit_code: 4 };
    expect(next(finished, { failed: 1 }, others)).toBe('telnyx-reassign retry runs/x --yes');
    const metrics = { sameForRetry: ['--metrics-file', 'm.prom'] };
    const retry = 'telnyx-reassign retry runs/x --metrics-file m.prom --yes';
    expect(next(finished, { failed: 1 }, metrics)).toBe(retry);
  });

  it('is named again for the same plan only, if it is the digest of that plan', () => {
    const others = { sameForRun: ['--expect-plan', 'a1'] };
    const planned: Partial<Manifest> = { state: 'planned', exit_code: 8, plan: makePlan({ change: 2 }) };
    expect(next(planned, {}, others)).toBe('telnyx-reassign apply runs/x --expect-plan a1 --yes');
    const paused: Partial<Manifest> = { ...planned, state: 'paused', exit_code: 10 };
    expect(next(paused, { unprocessed: 1 }, others)).toBe('telnyx-reassign resume runs/x --expect-plan a1');
    const finished: Partial<Manifest> = { ...paused, state: 'finished', exit_code: 4 };
    expect(next(finished, { failed: 1 }, others)).toBe('telnyx-reassign retry runs/x --yes');
  });

  it('is named again where another run follows too, if it is the queue', () => {
    const others = { queue: ['--queue', 'redis://10.0.0.5'] };
    const finished: Partial<Manifest> = { state: 'finished', exit_code: 4, plan: makePlan({ change: 2 }) };
    const command = 'telnyx-reassign retry runs/x --queue redis://10.0.0.5 --yes';
    expect(next(finished, { failed: 1 }, others)).toBe(command);
  });
});

const input = makeManifest().input;
const rejected = makePlan({ change: 2, rejected: 1 });
const nothing = makePlan({ change: 0, rejected: 3 });
const stopped = (reason: StopReason | RefusalReason) => ({ reason, detail: 'why' });
const FOREIGN = 'https://proxy.example.test/v2';

describe('after a file was rejected', () => {
  const refused: Partial<Manifest> = { state: 'refused', exit_code: 3, plan: rejected };

  it('it is planned again, with the settings that concern it', () => {
    expect(next(refused)).toBe('telnyx-reassign plan /data/numbers.csv');
    const settings = {
      delimiter: 'tab',
      map: ['phone_number_id=Number ID'],
      allow_unassign: 'true',
      rate: '2',
      max_failures: '7%',
      max_same_error: '3',
      outage_patience: '60000ms',
      sandbox: 'true',
      runs_dir: 'my runs',
      min_rows: '5',
      log_level: 'debug',
    };
    expect(next({ ...refused, settings }, {}, { interactive: true })).toBe(
      [
        "telnyx-reassign plan /data/numbers.csv --map 'phone_number_id=Number ID' --delimiter tab",
        '--allow-unassign --min-rows 5 --rate 2 --max-failures 7% --max-same-error 3 --outage-patience 60000ms',
        "--sandbox --runs-dir 'my runs'",
      ].join(' '),
    );
  });

  it('it is planned again with the columns that seem to be meant, in place of those of this call', () => {
    const settings = { map: ['phone_number_id=Gone'] };
    const fault = { code: 'missing_column', text: '', line: 1, map: ['phone_number_id=My ID'] };
    expect(next({ ...refused, plan: null, settings, fault })).toBe(
      "telnyx-reassign plan /data/numbers.csv --map 'phone_number_id=My ID'",
    );
    const unknown = { ...fault, map: null };
    expect(next({ ...refused, plan: null, settings, fault: unknown })).toContain('--map phone_number_id=Gone');
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
    ['a plan with one change', { state: 'planned', exit_code: 0, plan: { ...rejected, change: 1 } }],
    ['a plan with rejected rows that are skipped', { state: 'planned', exit_code: 4, plan: rejected }],
    ['no confirmation', { state: 'planned', exit_code: 8 }],
    ['a signal at the question', { state: 'planned', exit_code: 130 }],
    ['another run that held the lock', { state: 'planned', exit_code: 9 }],
    ['changes, as the exit code says', { state: 'planned', exit_code: 20 }],
    ['held rows beside the others', { state: 'planned', exit_code: 4, plan: makePlan({ change: 1, held: 2 }) }],
    ['a refusal for another reason', { state: 'refused', exit_code: 8, stop: stopped('unfinished') }],
  ] satisfies [string, Partial<Manifest>][])('it is applied: %s', (_what, manifest) => {
    expect(next(manifest)).toBe('telnyx-reassign apply runs/x --yes');
    expect(next(manifest, {}, { interactive: true })).toBe('telnyx-reassign apply runs/x');
    expect(next(manifest, {}, { interactive: true, dir: '/my runs/x' })).toBe("telnyx-reassign apply '/my runs/x'");
  });

  it('within the window that was missed, if its day can be named', () => {
    const missed = (detail: string): Partial<Manifest> => ({
      state: 'refused',
      exit_code: 8,
      stop: { reason: 'window_missed', detail },
    });
    expect(next(missed('2026-11-24T06:00:00.000Z'))).toBe(
      'telnyx-reassign apply runs/x --finish-by 2026-11-24T06:00:00.000Z --yes',
    );
    expect(next(missed(''))).toBeNull();
  });

  it('the settings are in its directory, but a base URL from elsewhere must be named again', () => {
    const settings = { rate: '2', base_url: FOREIGN };
    expect(next({ state: 'planned', settings })).toBe(`telnyx-reassign apply runs/x --base-url ${FOREIGN} --yes`);
    expect(next({ state: 'planned', settings: { base_url: 'http://127.0.0.1:4010/v2' } })).toBe(
      'telnyx-reassign apply runs/x --yes',
    );
  });

  it('it is resumed, if it was confirmed and then the key or the account was refused', () => {
    const refused: Partial<Manifest> = { state: 'refused', exit_code: 7 };
    expect(next(refused)).toBe('telnyx-reassign resume runs/x');
    expect(next({ ...refused, settings: { base_url: FOREIGN } }, {}, { interactive: true })).toBe(
      `telnyx-reassign resume runs/x --base-url ${FOREIGN}`,
    );
    expect(next({ ...refused, stop: stopped('min_rows') })).toBe('telnyx-reassign resume runs/x');
  });

  it('it is planned again, if --strict has made errors of its warnings', () => {
    const strict: Partial<Manifest> = { state: 'refused', exit_code: 8, stop: stopped('strict') };
    expect(next(strict)).toBe('telnyx-reassign plan /data/numbers.csv');
    expect(next(strict, {}, { interactive: true })).toBe('telnyx-reassign plan /data/numbers.csv');
    expect(next({ ...strict, settings: { strict: 'true', rate: '2' } })).toBe(
      'telnyx-reassign plan /data/numbers.csv --strict --rate 2',
    );
    const undone = { run_id: 'r', dir: '/data/runs/r', only: '', undo: true };
    expect(next({ ...strict, source: undone })).toBe('telnyx-reassign undo /data/runs/r --dry-run');
    // What came through a pipe cannot be fixed, and nothing to plan where no row changes.
    expect(next({ ...strict, input: { ...input, path: null } })).toBeNull();
    expect(next({ ...strict, plan: nothing })).toBeNull();
  });

  it('there is nothing to do if it has no row to send', () => {
    expect(next({ state: 'planned', plan: nothing })).toBeNull();
    expect(next({ state: 'planned', plan: makePlan({ change: 0, unchanged: 3 }) })).toBeNull();
    expect(next({ state: 'planned', exit_code: 4, plan: nothing })).toBeNull();
    expect(next({ state: 'refused', exit_code: 7, plan: nothing })).toBeNull();
    expect(next({ state: 'refused', exit_code: 8, plan: nothing, stop: stopped('min_rows') })).toBeNull();
    expect(next({ state: 'refused', exit_code: 8, plan: nothing, stop: stopped('max_changes') })).toBeNull();
  });

  it('too few rows for --min-rows can be sent by asking for no more', () => {
    const short: Partial<Manifest> = { state: 'refused', exit_code: 8, plan: rejected, stop: stopped('min_rows') };
    expect(next({ ...short, settings: { min_rows: '10' } })).toBe('telnyx-reassign apply runs/x --min-rows 3 --yes');
    expect(next(short, {}, { interactive: true })).toBe('telnyx-reassign apply runs/x --min-rows 3');
    expect(next({ ...short, stop: null })).toBe('telnyx-reassign apply runs/x --yes');
  });

  it('too many changes for --max-changes can be sent by allowing as many as there are', () => {
    const many: Partial<Manifest> = { state: 'refused', exit_code: 8, plan: rejected, stop: stopped('max_changes') };
    expect(next({ ...many, settings: { max_changes: '1' } })).toBe(
      'telnyx-reassign apply runs/x --max-changes 2 --yes',
    );
    expect(next({ ...many, settings: { base_url: FOREIGN } }, {}, { interactive: true })).toBe(
      `telnyx-reassign apply runs/x --base-url ${FOREIGN} --max-changes 2`,
    );
  });
});

describe('after a run that ended before it had a plan', () => {
  it.each([
    ['by SIGINT', { state: 'interrupted', exit_code: 130 }],
    ['by SIGTERM', { state: 'interrupted', exit_code: 143 }],
    ['by an internal error', { state: 'interrupted', exit_code: 1 }],
    ['from outside', { state: 'planning', exit_code: null }],
    ['refused', { state: 'refused', exit_code: 8 }],
  ] satisfies [string, Partial<Manifest>][])('its input is planned again: %s', (_how, manifest) => {
    const settings = { base_url: FOREIGN, delimiter: ';' };
    const ended = { ...manifest, plan: null };
    expect(next(ended)).toBe('telnyx-reassign plan /data/numbers.csv');
    expect(next({ ...ended, settings })).toBe(
      `telnyx-reassign plan /data/numbers.csv --delimiter ';' --base-url ${FOREIGN}`,
    );
    expect(next(ended, {}, { interactive: true })).toBe('telnyx-reassign plan /data/numbers.csv');
  });

  it('standard input is gone: there is nothing to go on with', () => {
    const stdin = { ...input, path: null };
    expect(next({ state: 'interrupted', exit_code: 130, plan: null, input: stdin })).toBeNull();
  });
});

describe('planning the same rows again', () => {
  const source = { run_id: 'r', dir: '/data/my runs/r', only: 'failed,held', undo: false };

  it('names the input and the settings that concern it, behind the program as it was called', () => {
    const settings = { delimiter: '|', rate: '2', min_rows: '5', allow_rounded_ids: 'true' };
    expect(planAgain(makeManifest({ settings }), 'node dist/cli.js')).toBe(
      "node dist/cli.js plan /data/numbers.csv --delimiter '|' --allow-rounded-ids --min-rows 5 --rate 2",
    );
    expect(planAgain(makeManifest(), 'telnyx-reassign')).toBe('telnyx-reassign plan /data/numbers.csv');
  });

  it('takes along every setting that concerns the new plan', () => {
    const settings = {
      state_dir: '/s',
      runs_dir: '/r',
      sandbox: 'true',
      base_url: FOREIGN,
      outage_patience: '0ms',
      max_same_error: '2',
      max_failures: '1',
      max_server_wait: '0ms',
      max_plan_age: '86400000ms',
      offline: 'true',
      strict: 'true',
      retry_max: '5000ms',
      retry_base: '500ms',
      timeout: '2010ms',
      max_attempts: '3',
      concurrency: '7',
      rate: '2.5',
      skip_rejected: 'true',
      allow_rounded_ids: 'true',
      allow_unassign: 'true',
      map: ['phone_number_id=A', 'phone_number=B'],
      missing_input_ok: 'true',
      keep_runs: '3',
      log_level: 'warn',
    };
    expect(planAgain(makeManifest({ settings }), 'x')).toBe(
      [
        'x plan /data/numbers.csv --map phone_number_id=A --map phone_number=B --allow-unassign --allow-rounded-ids',
        '--offline --strict --skip-rejected --rate 2.5 --concurrency 7 --max-attempts 3 --timeout 2010ms',
        '--retry-base 500ms --retry-max 5000ms --max-server-wait 0ms --max-plan-age 86400000ms --max-failures 1',
        '--max-same-error 2 --outage-patience 0ms',
        `--base-url ${FOREIGN} --sandbox --runs-dir /r`,
      ].join(' '),
    );
  });

  it('is impossible if the input came through a pipe', () => {
    expect(planAgain(makeManifest({ input: { ...input, path: null } }), 'telnyx-reassign')).toBeNull();
  });

  it('names numbers and targets from the command line again', () => {
    const settings = { to_profile: "O'Neil, Inc.", number: ['+13125550001', '(312) 555-0002'] };
    expect(planAgain(makeManifest({ settings, input: { ...input, path: null } }), 'telnyx-reassign')).toBe(
      "telnyx-reassign plan --to-profile 'O'\\''Neil, Inc.' --number +13125550001 --number '(312) 555-0002'",
    );
  });

  it('takes the rows of another run from there again', () => {
    const again = "telnyx-reassign retry '/data/my runs/r' --only failed,held --dry-run";
    expect(planAgain(makeManifest({ source }), 'telnyx-reassign')).toBe(again);
    expect(planAgain(makeManifest({ source, input: { ...input, path: null } }), 'telnyx-reassign')).toBe(again);
    expect(next({ source, state: 'refused', exit_code: 3, plan: rejected })).toBe(again);
    expect(next({ source, state: 'interrupted', exit_code: 130, plan: null })).toBe(again);
  });

  it('undoes a run again from there, if it is an undo', () => {
    const undone = { ...source, only: '', undo: true };
    const settings = { base_url: FOREIGN };
    expect(planAgain(makeManifest({ source: undone }), 'telnyx-reassign')).toBe(
      "telnyx-reassign undo '/data/my runs/r' --dry-run",
    );
    expect(planAgain(makeManifest({ source: undone, settings }), 'telnyx-reassign')).toBe(
      `telnyx-reassign undo '/data/my runs/r' --base-url ${FOREIGN} --dry-run`,
    );
  });

  it('names a base URL from elsewhere again, if the rows are those of another run', () => {
    expect(planAgain(makeManifest({ source, settings: { base_url: FOREIGN } }), 'telnyx-reassign')).toBe(
      `telnyx-reassign retry '/data/my runs/r' --base-url ${FOREIGN} --only failed,held --dry-run`,
    );
  });
});

describe('after an execution', () => {
  it.each([
    ['finished', { updated: 3 }],
    ['finished', { updated: 2, duplicate: 1 }],
    ['finished', { unchanged: 3 }],
    ['finished', { updated: 2, rejected: 1 }],
    ['finished', { rejected: 3 }],
    ['planning', {}],
    ['running', { failed: 1, held: 1, unprocessed: 1 }],
    ['superseded', { failed: 1, held: 1, unprocessed: 1 }],
  ] satisfies [Manifest['state'], Counts][])('that is %s with %j there is nothing to do', (state, counts) => {
    expect(next({ state, exit_code: 0 }, counts)).toBeNull();
    expect(next({ state, exit_code: 4 }, counts, { interactive: true })).toBeNull();
  });

  it.each([
    ['finished', 5, { updated: 2, failed: 1 }],
    ['finished', 4, { updated: 2, failed: 1 }],
    ['finished', 4, { failed: 1, rejected: 1 }],
    ['paused', 11, { updated: 2, unverified: 1 }],
    ['paused', 11, { failed: 1, unverified: 1 }],
  ] satisfies [Manifest['state'], number, Counts][])(
    'that is %s (exit %d) with %j its rows are tried once more in a new run',
    (state, exit, counts) => {
      expect(next({ state, exit_code: exit }, counts)).toBe('telnyx-reassign retry runs/x --yes');
      expect(next({ state, exit_code: exit }, counts, { interactive: true })).toBe('telnyx-reassign retry runs/x');
      expect(next({ state, exit_code: exit, settings: { rate: '2', base_url: FOREIGN } }, counts)).toBe(
        `telnyx-reassign retry runs/x --base-url ${FOREIGN} --yes`,
      );
    },
  );

  it('with held rows, those are named', () => {
    const finished: Partial<Manifest> = { state: 'finished', exit_code: 4 };
    expect(next(finished, { failed: 1, held: 1 })).toBe('telnyx-reassign retry runs/x --only failed,held --yes');
    expect(next(finished, { updated: 2, held: 1 })).toBe('telnyx-reassign retry runs/x --only held --yes');
    expect(next(finished, { held: 1, rejected: 2 }, { interactive: true })).toBe(
      'telnyx-reassign retry runs/x --only held',
    );
  });

  it('with rows that someone else has changed it is no more than a dry run, and none after an undo', () => {
    const source = { run_id: 'r', dir: '/r', only: '', undo: true };
    const held = (reason: Reason) =>
      addResult(tally, { entry: makeEntry(), status: 'held', reason, detail: '', outcome: null });
    const ended = (manifest: Partial<Manifest> = {}) =>
      nextCommand({
        manifest: makeManifest({ exit_code: 4, ...manifest }),
        tally,
        program: 'telnyx-reassign',
        dir: 'runs/x',
        interactive: false,
      });
    let tally = makeTally({});
    held('profile_stopped');
    expect(ended()).toBe('telnyx-reassign retry runs/x --only held --yes');
    held('drifted');
    expect(ended()).toBe('telnyx-reassign retry runs/x --only held --dry-run');
    expect(ended({ source })).toBeNull();
    tally.counts.failed = 1;
    expect(ended()).toBe('telnyx-reassign retry runs/x --yes');
    tally = makeTally({ failed: 1 });
    addResult(tally, { entry: makeEntry(), status: 'failed', reason: 'api_error', detail: '', outcome: null });
    held('profile_stopped');
    expect(ended()).toBe('telnyx-reassign retry runs/x --only failed,held --yes');
  });

  it.each([
    ['paused', 6, { updated: 2, unprocessed: 1 }],
    ['paused', 6, { unverified: 1, unprocessed: 1 }],
    ['paused', 6, { failed: 1, held: 2, rejected: 1 }],
    ['paused', 7, { updated: 1, unprocessed: 1 }],
    ['paused', 10, { updated: 1, unprocessed: 1 }],
    ['interrupted', 129, { unprocessed: 3 }],
    ['interrupted', 130, { unprocessed: 3 }],
    ['interrupted', 143, { failed: 2, unprocessed: 1 }],
    ['interrupted', 1, { unprocessed: 3 }],
    ['interrupted', null, { unverified: 1, unprocessed: 3 }],
  ] satisfies [Manifest['state'], number | null, Counts][])(
    'that is %s (exit %s) with %j it is gone on with, which never asks',
    (state, exit, counts) => {
      expect(next({ state, exit_code: exit }, counts)).toBe('telnyx-reassign resume runs/x');
      expect(next({ state, exit_code: exit }, counts, { interactive: true, dir: '/my runs/x' })).toBe(
        "telnyx-reassign resume '/my runs/x'",
      );
      expect(next({ state, exit_code: exit, settings: { rate: '2', base_url: FOREIGN } }, counts)).toBe(
        `telnyx-reassign resume runs/x --base-url ${FOREIGN}`,
      );
    },
  );
});

describe('after a limit has tripped', () => {
  const tripped = (reason: StopReason, settings: Manifest['settings'], counts: Counts, permanent: number) =>
    next({ state: 'paused', exit_code: 6, stop: stopped(reason), settings }, counts, { permanent });

  it.each([
    ['that of one share, as it is by default', {}, { updated: 380, failed: 20 }, 20, '10%'],
    ['a share that more failed than', {}, { updated: 60, failed: 20 }, 20, '50%'],
    ['a share of all that were sent', {}, { updated: 30, failed: 30, unverified: 20, held: 9, rejected: 9 }, 20, '50%'],
    ['a share that becomes no whole number', {}, { updated: 379, failed: 21 }, 21, '11%'],
    ['a share of decimals', { max_failures: '7.5%' }, { updated: 400, failed: 40 }, 40, '19%'],
    ['a share that less failed than', { max_failures: '20%' }, { updated: 900, failed: 100 }, 20, '40%'],
    ['a share that is all', {}, { updated: 10, failed: 30 }, 30, '100%'],
    ['half', { max_failures: '50%' }, { updated: 10, failed: 10 }, 10, '100%'],
    ['a share of nothing', {}, { unprocessed: 9 }, 0, '10%'],
    ['no share', { max_failures: '0%' }, { updated: 999, failed: 1 }, 1, '1%'],
    ['a number', { max_failures: '10' }, { updated: 90, failed: 11 }, 11, '22'],
    ['a number that less failed than', { max_failures: '10' }, { updated: 90, failed: 3 }, 3, '20'],
    ['none', { max_failures: '0' }, { updated: 90, failed: 1 }, 1, '2'],
  ] satisfies [string, Manifest['settings'], Counts, number, string][])(
    'of failures (%s) it is raised to twice what it was, and beyond what has failed',
    (_what, settings, counts, permanent, limit) => {
      expect(tripped('max_failures', settings, counts, permanent)).toBe(
        `telnyx-reassign resume runs/x --max-failures ${limit}`,
      );
    },
  );

  it('of one error it is raised to twice what it was', () => {
    expect(tripped('max_same_error', {}, { failed: 20 }, 20)).toBe('telnyx-reassign resume runs/x --max-same-error 40');
    expect(tripped('max_same_error', { max_same_error: '7', base_url: FOREIGN }, { failed: 20 }, 20)).toBe(
      `telnyx-reassign resume runs/x --base-url ${FOREIGN} --max-same-error 14`,
    );
  });

  it.each(['server_wait', 'outage', 'profiles_held', 'stop_after', 'finish_by', 'key_refused'] as const)(
    'nothing is raised where it was none of these: %s',
    (reason) => {
      const settings = { max_failures: '1', max_same_error: '1' };
      expect(tripped(reason, settings, { updated: 60, failed: 20 }, 20)).toBe('telnyx-reassign resume runs/x');
    },
  );
});

describe('the base URL that must be named again', () => {
  it.each([
    [{}, null],
    [{ base_url: 'https://api.telnyx.com/v2' }, null],
    [{ base_url: 'http://localhost:4010/v2' }, null],
    [{ base_url: 'https://[::1]/v2' }, null],
    [{ base_url: ['https://a.test', 'https://b.test'] }, null],
    [{ base_url: FOREIGN }, FOREIGN],
    [{ base_url: 'https://localhost@example.test' }, 'https://localhost@example.test'],
    [{ base_url: 'not a URL' }, 'not a URL'],
  ])('of %j is %j', (settings, foreign) => {
    expect(foreignBaseUrl(settings)).toBe(foreign);
  });
});

it('after nothing was found, retry takes the rows that were sent in vain too', () => {
  const stop = stopped('not_this_api');
  const after = (counts: Parameters<typeof next>[1]) => next({ state: 'paused', exit_code: 7, stop }, counts);
  expect(after({ failed: 19, unprocessed: 100 })).toBe('telnyx-reassign retry runs/x --yes');
  expect(after({ unverified: 1, unprocessed: 100 })).toBe('telnyx-reassign resume runs/x');
});

describe('after a write that was not kept', () => {
  const stop = stopped('write_not_kept');

  it('it is undo, which restores what was changed', () => {
    const state = { state: 'paused', exit_code: 6, stop } as const;
    expect(next(state, { failed: 3, unprocessed: 9 })).toBe('telnyx-reassign undo runs/x --yes');
    expect(next(state, { failed: 3 }, { interactive: true })).toBe('telnyx-reassign undo runs/x');
  });

  it('of an undo it is resume, because undo would set again what was to be taken back', () => {
    const source = { run_id: 'x', dir: '/data/runs/x', only: '', undo: true };
    expect(next({ state: 'paused', exit_code: 6, stop, source }, { failed: 1 })).toBe('telnyx-reassign resume runs/x');
  });
});

describe('after a bulk order', () => {
  /** The next command after a run with rows that an order may still move. */
  const withOpen = (manifest: Partial<Manifest>) => {
    const tally = makeTally({ updated: 20, unverified: 9 });
    const pending = { status: 'unverified', reason: 'order_pending', detail: '', outcome: null } as const;
    addResult(tally, { entry: makeEntry(), ...pending });
    return nextCommand({
      ...{ manifest: makeManifest({ state: 'paused', exit_code: 11, ...manifest }), tally },
      ...{ program: 'telnyx-reassign', dir: 'runs/x', interactive: true },
    });
  };

  it('that may still move numbers it is resume: neither retry nor undo may start', () => {
    expect(withOpen({})).toBe('telnyx-reassign resume runs/x');
    expect(withOpen({ stop: stopped('order_pending') })).toBe('telnyx-reassign resume runs/x');
    expect(withOpen({ exit_code: 6, stop: stopped('write_not_kept') })).toBe('telnyx-reassign resume runs/x');
    const settings = { undo_on_failure: 'true' };
    expect(withOpen({ exit_code: 6, stop: stopped('max_same_error'), settings })).toContain('resume runs/x --max-same');
  });

  it('that changed what it must not it is resume, which places no more orders', () => {
    const mismatch = stopped('order_mismatch');
    expect(next({ state: 'paused', exit_code: 6, stop: mismatch }, { updated: 1, unprocessed: 9 })).toBe(
      'telnyx-reassign resume runs/x',
    );
  });
});

describe('after a wave', () => {
  const paused = (reason: StopReason, settings = {}) =>
    next({ state: 'paused', exit_code: 6, stop: stopped(reason), settings }, { updated: 20, unprocessed: 9 });

  it('that was not kept it is undo; after a gate it is resume, which asks the gate again', () => {
    expect(paused('wave_not_kept')).toBe('telnyx-reassign undo runs/x --yes');
    expect(paused('gate_refused')).toBe('telnyx-reassign resume runs/x');
  });

  it.each(['wave_not_kept', 'gate_refused', 'order_mismatch', 'max_failures', 'max_same_error'] as const)(
    'with --undo-on-failure it is undo, should the program die before it has done that: %s',
    (reason) => {
      expect(paused(reason, { undo_on_failure: 'true' })).toBe('telnyx-reassign undo runs/x --yes');
    },
  );

  it('that has changed nothing it is resume', () => {
    const settings = { undo_on_failure: 'true' };
    const state = { state: 'paused', exit_code: 6, settings } as const;
    expect(next({ ...state, stop: stopped('gate_refused') }, { failed: 3 })).toContain(' resume runs/x');
    expect(next({ ...state, stop: stopped('wave_not_kept') }, { failed: 3 })).toContain(' undo runs/x');
  });

  it('of an undo is resume: to undo that would set again what was to be taken back', () => {
    const source = { run_id: 'x', dir: '/data/runs/x', only: '', undo: true };
    const settings = { undo_on_failure: 'true' };
    const state = { state: 'paused', exit_code: 6, settings, source } as const;
    expect(next({ ...state, stop: stopped('max_failures') }, { updated: 2 })).toContain(' resume runs/x');
    expect(next({ ...state, source: null, stop: null }, { updated: 2 })).toContain(' resume runs/x');
  });

  it('that a signal interrupted it is resume', () => {
    expect(paused('signal', { undo_on_failure: 'true' })).toBe('telnyx-reassign resume runs/x');
  });
});

describe('after ids and phone numbers did not match', () => {
  it('there is none: someone must check the file before its rows are sent again', () => {
    const counts = { failed: 1, unprocessed: 9 };
    const stop = stopped('phone_number_mismatch');
    expect(next({ state: 'paused', exit_code: 6, stop }, counts)).toBeNull();
    expect(next({ state: 'interrupted', exit_code: null, stop }, counts, { interactive: true })).toBeNull();
  });
});
