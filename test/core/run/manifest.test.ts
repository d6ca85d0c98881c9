import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOfNumbers, readManifest, runName, STATES, wroteText } from '../../../src/core/run/manifest.ts';
import { anyText } from '../../support/any-text.ts';
import { makeManifest, makePlan, PROFILE } from '../../support/make.ts';

const STATE_EXPECTED = `Invalid option: expected one of ${STATES.map((state) => `"${state}"`).join('|')} → at state`;

const read = (value: unknown) => readManifest(value, 'runs/x/run.json');

/** The message with which a value is refused; empty where it is none. */
function messageOf(value: unknown): string {
  try {
    read(value);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a manifest', () => {
  it.each([
    makeManifest(),
    makeManifest({
      state: 'refused',
      settings: { rate: '2', map: ['phone_number_id=Number ID'] },
      input: { path: null, sha256: 'ab', rows: 0, blank_lines: 2, dialect: null },
      plan: null,
      fault: { code: 'no_header', text: 'the first line', line: null },
      locked: false,
      stop: { reason: 'signal', detail: 'SIGINT' },
      exit_code: null,
      started_at: null,
      finished_at: null,
    }),
    makeManifest({
      command: 'retry',
      state: 'superseded',
      source: { run_id: 'r', dir: '/data/runs/r', only: 'failed,held', undo: false },
      organization_id: 'org-1',
      key_sha256: 'ef56',
      superseded_by: 's',
      queue: { name: 'redis://10.0.0.5', handover: 'r.1', account: 'ab' },
    }),
    makeManifest({
      command: 'undo',
      plan: makePlan({
        change: 1,
        unchanged: 2,
        held: 3,
        reading: 'Read 6 numbers in 1 request (by name)',
        moves: [
          {
            count: 1,
            profile_before: PROFILE,
            profile_before_name: 'Support',
            profile_target: 'UNASSIGN',
            profile_target_name: '',
            product_before: 'P2P',
            product_target: 'A2P',
          },
        ],
        notes: ['opt-outs stay'],
        warnings: ['2 numbers leave their profiles'],
      }),
      source: { run_id: 'r', dir: '/data/runs/r', only: '', undo: true },
    }),
    makeManifest({ fault: { code: 'bad_encoding', text: 'bytes', line: 7 }, warnings: ['1 blank line skipped', 'x'] }),
  ])('comes back from its JSON (%#)', (manifest) => {
    expect(read(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  });

  it('of the first version, which knew no account and no lock, is read', () => {
    const { source, organization_id, key_sha256, superseded_by, queue, locked, ...first } = makeManifest();
    expect(read(first)).toEqual({
      ...first,
      source: null,
      organization_id: null,
      key_sha256: null,
      superseded_by: null,
      queue: null,
      locked: false,
    });
  });

  it('of a version that did not read the account is read: its plan has nothing unchanged, and its source is no undo', () => {
    const { sha256, change, rejected, duplicate } = makePlan();
    const source = { run_id: 'r', dir: '/data/runs/r', only: 'failed' };
    const first = { ...makeManifest(), plan: { sha256, change, rejected, duplicate }, source };
    expect(read(first)).toEqual({ ...first, plan: makePlan({ at: '' }), source: { ...source, undo: false } });
  });

  it.each([
    ['value of a setting', { settings: { rate: 5 } }, 'Invalid input → at settings.rate'],
    ['input', { input: { path: '/x' } }, 'Invalid input: expected string, found nothing → at input.sha256'],
    [
      'number of rows',
      { input: { ...makeManifest().input, rows: 1.5 } },
      'Invalid input: expected int, received number → at input.rows',
    ],
    [
      'plan',
      { plan: { sha256: 'x', change: '3', rejected: 0, duplicate: 0 } },
      'Invalid input: expected number, received string → at plan.change',
    ],
    [
      'source',
      { source: { run_id: 'r', dir: '/r' } },
      'Invalid input: expected string, found nothing → at source.only',
    ],
    [
      'undo',
      { source: { run_id: 'r', dir: '/r', only: '', undo: 'yes' } },
      'Invalid input: expected boolean, received string → at source.undo',
    ],
    [
      'reading',
      { plan: makePlan({ reading: 7 as never }) },
      'Invalid input: expected string, received number → at plan.reading',
    ],
    [
      'warning of the plan',
      { plan: makePlan({ warnings: [7 as never] }) },
      'Invalid input: expected string, received number → at plan.warnings[0]',
    ],
    ['lock', { locked: 1 }, 'Invalid input: expected boolean, received number → at locked'],
    ['account', { organization_id: 7 }, 'Invalid input: expected string, received number → at organization_id'],
    ['key digest', { key_sha256: 7 }, 'Invalid input: expected string, received number → at key_sha256'],
    ['run after it', { superseded_by: false }, 'Invalid input: expected string, received boolean → at superseded_by'],
    ['queue', { queue: 7 as never }, 'Invalid input: expected object, received number → at queue'],
    ['state', { state: 7 }, STATE_EXPECTED],
    ['state that is missing', { state: undefined }, STATE_EXPECTED],
    ['pid', { pid: null }, 'Invalid input: expected number, received null → at pid'],
    ['created_at', { created_at: undefined }, 'Invalid input: expected string, found nothing → at created_at'],
    ['exit code', { exit_code: 300 }, 'Invalid exit code → at exit_code'],
    ['exit code of no command', { exit_code: 12 }, 'Invalid exit code → at exit_code'],
    ['exit code below 0', { exit_code: -1 }, 'Invalid exit code → at exit_code'],
    ['run id', { run_id: '../../x' }, 'Invalid run id → at run_id'],
    ['run id that acts on a terminal', { run_id: 'a\u001b[2Jb' }, 'Invalid run id → at run_id'],
    ['name', { name: 'a\u202eb' }, 'Invalid name → at name'],
    ['successor', { superseded_by: '..' }, 'Invalid run id → at superseded_by'],
    ['time', { created_at: 'soon' }, 'Invalid time → at created_at'],
    [
      'number of rows',
      { input: { ...makeManifest().input, rows: -1 } },
      'Too small: expected number to be >=0 → at input.rows',
    ],
    [
      'encoding',
      { input: { ...makeManifest().input, dialect: { encoding: 'x', delimiter: ',' } } },
      'Invalid encoding → at input.dialect.encoding',
    ],
    [
      'delimiter',
      { input: { ...makeManifest().input, dialect: { encoding: 'utf-8', delimiter: '' } } },
      'Invalid delimiter → at input.dialect.delimiter',
    ],
    ['warnings', { warnings: undefined }, 'Invalid input: expected array, found nothing → at warnings'],
    ['warning', { warnings: ['x', 7] }, 'Invalid input: expected string, received number → at warnings[1]'],
  ])('with a wrong %s is refused, and the message says where in one line', (_what, changes, text) => {
    expect(messageOf({ ...makeManifest(), ...changes })).toBe(`runs/x/run.json is damaged: ${text}`);
  });

  it.each([
    ['state "flying"', { state: 'flying' as never }],
    ['command "teleport"', { command: 'teleport' as never }],
    ['setting colour', { settings: { rate: '2', colour: 'red' } as never }],
    ['stop.reason "boredom"', { stop: { reason: 'boredom' as never, detail: '' } }],
  ])('with an unknown %s is refused, and the message names the version that wrote it', (what, changes) => {
    expect(messageOf(makeManifest({ version: '9.9.9', ...changes }))).toBe(
      `runs/x/run.json: unknown ${what}. Version 9.9.9 of telnyx-reassign wrote it. Fix: use version 9.9.9 or later.`,
    );
  });

  it('of a newer version keeps the fields that this one does not know, at every level', () => {
    const move = {
      ...{ count: 1, profile_before: PROFILE, profile_before_name: 'Support', profile_target: 'UNASSIGN' },
      ...{ profile_target_name: '', product_before: '', product_target: '', wave: 1 },
    };
    const manifest = {
      ...makeManifest({ version: '9.9.9' }),
      waves: [10, { at: 20 }],
      input: { ...makeManifest().input, bom: true, dialect: { encoding: 'utf8', delimiter: ',', quote: '"' } },
      plan: { ...makePlan({ moves: [move] }), foo: { bar: null } },
      fault: { code: 'no_header', text: '', line: null, column: 7 },
      source: { run_id: 'r', dir: '/data/runs/r', only: '', undo: true, depth: 2 },
      stop: { reason: 'signal', detail: 'SIGINT', at: '2026-11-23T02:00:00Z' },
    };
    expect(read(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  });

  it.each(STATES)('may be of a run that is %s', (state) => {
    expect(read(makeManifest({ state })).state).toBe(state);
  });

  it.each([null, undefined, 7, 'x', [], {}, { tool: 'another', version: '1.0.0' }, { tool: 'telnyx-reassign' }])(
    'is not %j',
    (value) => {
      expect(() => read(value)).toThrow('runs/x/run.json is not the run.json of a telnyx-reassign run');
    },
  );

  it('names the first of several errors', () => {
    expect(messageOf({ ...makeManifest(), pid: 'x', host: 1 })).toBe(
      'runs/x/run.json is damaged: Invalid input: expected string, received number → at host',
    );
  });
});

describe('what to do about a file of another version', () => {
  it('names the version, if it is known', () => {
    expect(wroteText('9.9.9')).toBe('Version 9.9.9 of telnyx-reassign wrote it. Fix: use version 9.9.9 or later.');
    expect(wroteText('9\u001b[2J')).not.toContain('\u001b');
    expect(wroteText(null)).toBe('Another version of telnyx-reassign wrote it. Fix: use that version or later.');
  });
});

describe('the name of a run', () => {
  it.each([
    ['numbers', 'numbers'],
    ['My Cut-over (v2)', 'my-cut-over-v2'],
    ['--a__b--', 'a-b'],
    ['ÄÖÜ', 'run'],
    ['', 'run'],
    ['../../etc', 'etc'],
    ['x'.repeat(50), 'x'.repeat(40)],
    [`${'x'.repeat(39)} y`, 'x'.repeat(39)],
  ])('made of %j is %j', (text, name) => {
    expect(runName(text)).toBe(name);
  });

  it.each([
    [['+13125550001'], 'number-13125550001'],
    [['+13125550001', '+13125550001'], 'number-13125550001'],
    [['+13125550001', '+13125550002', '(312) 555-0003'], 'number-13125550001-and-2-more'],
  ])('of numbers %j is %j', (numbers, name) => {
    expect(runName(nameOfNumbers(numbers))).toBe(name);
  });

  it('is 1 to 40 of a-z, 0-9 and -, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(60), fc.string({ unit: fc.constantFrom(...'aZ0-_ ./'), maxLength: 60 })), (text) => {
        expect(runName(text)).toMatch(/^[a-z0-9-]{1,40}$/);
      }),
    );
  });
});
