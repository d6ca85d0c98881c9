import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concurrencyOf,
  didYouMean,
  editDistance,
  limitText,
  type RawSettings,
  resolveSettings,
  type Source,
  suggestion,
  typedFromEnvironment,
  typedOf,
} from '../../../src/core/settings/resolve.ts';
import { type Scope, SETTING_NAMES } from '../../../src/core/settings/schema.ts';
import { resolveLayers } from '../../support/make.ts';

const layers = (...given: [Source, RawSettings][]) => given.map(([source, typed]) => ({ source, typed }));

/** The faults of these layers; none where they are good. */
function faultsOf(given: [Source, RawSettings][], scope: Scope = 'apply'): string[] {
  const resolved = resolveSettings(layers(...given), scope);
  return 'faults' in resolved ? resolved.faults : [];
}

describe('precedence', () => {
  it('is flag, environment, job file, default', () => {
    const all = layers(
      ['flag', { rate: '1' }],
      ['environment', { rate: '2', timeout: '2s' }],
      ['job file', { rate: '3', timeout: '3s', max_attempts: '3' }],
    );
    expect(resolveSettings(all, 'run')).toMatchObject({
      settings: { rate: 1, timeout: 2000, max_attempts: 3, retry_max: 60_000, concurrency: null },
      sources: {
        rate: 'flag',
        timeout: 'environment',
        max_attempts: 'job file',
        retry_max: 'default',
        concurrency: 'default',
        map: 'default',
      },
    });
  });

  it('has no columns named, and no value, where neither a layer nor a default says anything', () => {
    const { settings } = resolveLayers({});
    expect([settings.map, settings.name, settings.delimiter]).toEqual([{}, null, null]);
  });

  it('lets a flag take back what a lower layer turned on', () => {
    const resolved = resolveSettings(layers(['flag', { json: 'false' }], ['environment', { json: 'true' }]), 'apply');
    expect(resolved).toMatchObject({ settings: { json: false }, sources: { json: 'flag' } });
  });

  it('takes --map from one layer, not from several', () => {
    const resolved = resolveSettings(
      layers(['flag', { map: 'phone_number_id=A' }], ['job file', { map: ['messaging_product=B'] }]),
      'apply',
    );
    expect(resolved).toMatchObject({ settings: { map: { phone_number_id: 'A' } } });
  });
});

describe('several values', () => {
  it('of --map come together', () => {
    const { settings } = resolveLayers({ map: ['phone_number_id=Number ID', 'messaging_product=Product=X'] });
    expect(settings.map).toEqual({ phone_number_id: 'Number ID', messaging_product: 'Product=X' });
  });

  it('of --map for one field are a fault', () => {
    expect(faultsOf([['flag', { map: ['phone_number_id=A', 'Phone-Number-ID=B'] }]])).toEqual([
      '--map names a column for phone_number_id more than once',
    ]);
  });

  it('of any other flag are a fault', () => {
    expect(faultsOf([['flag', { rate: ['5', '5'], json: ['true', 'true'] }]])).toEqual([
      '--rate is given more than once',
      '--json is given more than once',
    ]);
  });

  it('are all read', () => {
    expect(faultsOf([['flag', { map: ['phone_number_id=A', 'x'] }]])).toEqual([
      '--map must be FIELD=COLUMN, with a field of phone_number_id, messaging_profile_id, messaging_product, phone_number, messaging_profile_name, not "x"',
    ]);
  });
});

describe('faults', () => {
  it('are all told at once, each by the name under which it was given', () => {
    const given: [Source, RawSettings][] = [
      ['flag', { rate: 'x' }],
      ['environment', { max_attempts: '0' }],
      ['job file', { log_level: 'loud' }],
      ['run', { json: 'maybe' }],
    ];
    expect(faultsOf(given, 'run')).toEqual([
      '--rate must be a number from 0.001 to 10000, auto or off, not "x"',
      'TELNYX_REASSIGN_MAX_ATTEMPTS must be a whole number from 1 to 100, not "0"',
      'job file: log_level must be one of trace, debug, info, warn, error, fatal, not "loud"',
      'run.json: json must be true or false, not "maybe"',
    ]);
  });

  it('include a flag that does not belong to the command; variables may be for another command', () => {
    expect(faultsOf([['flag', { yes: 'true' }]], 'plan')).toEqual(['--yes does not belong to plan']);
    expect(faultsOf([['flag', { rate: '5' }]], 'runs')).toEqual(['--rate does not belong to runs']);
    expect(faultsOf([['flag', { only: 'held' }]], 'apply')).toEqual(['--only does not belong to apply']);
    expect(faultsOf([['flag', { only: 'held' }]], 'retry')).toEqual([]);
    expect(faultsOf([['flag', { max_changes: '5' }]], 'resume')).toEqual(['--max-changes does not belong to resume']);
    expect(faultsOf([['environment', { rate: '5' }]], 'runs')).toEqual([]);
  });

  it('include a rate of off towards anything but this machine', () => {
    expect(faultsOf([['flag', { rate: 'off' }]])).toEqual([
      '--rate off is for a loopback address only, and the base URL is "https://api.telnyx.com/v2"',
    ]);
    expect(faultsOf([['flag', { rate: 'off', base_url: 'http://127.0.0.1:4010/v2' }]])).toEqual([]);
    expect(faultsOf([['flag', { rate: 'off', sandbox: 'true' }]])).toEqual([]);
  });

  it('include a first wait that is longer than the longest', () => {
    const fault = '--retry-base must not be longer than --retry-max';
    expect(faultsOf([['flag', { retry_base: '61s' }]])).toEqual([fault]);
    expect(faultsOf([['flag', { retry_max: '500ms' }]])).toEqual([fault]);
    expect(faultsOf([['flag', { retry_base: '5s', retry_max: '5s' }]])).toEqual([]);
  });
});

describe('the environment', () => {
  it('gives values for the variables with our prefix, and no others', () => {
    const environment = {
      TELNYX_REASSIGN_RATE: '2',
      TELNYX_REASSIGN_MAX_SERVER_WAIT: '1m',
      TELNYX_REASSIGN_JSON: undefined,
      TELNYX_API_KEY: 'x',
      RATE: '9',
      telnyx_reassign_rate: '9',
    };
    expect(typedFromEnvironment(environment)).toStrictEqual({
      typed: { rate: '2', max_server_wait: '1m' },
      faults: [],
    });
  });

  it.each([
    ['TELNYX_REASSIGN_YES', '--yes'],
    ['TELNYX_REASSIGN_SKIP_REJECTED', '--skip-rejected'],
    ['TELNYX_REASSIGN_ALLOW_UNASSIGN', '--allow-unassign'],
    ['TELNYX_REASSIGN_ALLOW_ROUNDED_IDS', '--allow-rounded-ids'],
    ['TELNYX_REASSIGN_IF_UNFINISHED', '--if-unfinished'],
    ['TELNYX_REASSIGN_NO_LOCK', '--no-lock'],
  ])('gives no consent: %s is a fault, even if it says false', (variable, flag) => {
    const fault = `${variable} is not taken from the environment; pass ${flag} where it is meant`;
    expect(typedFromEnvironment({ [variable]: 'true' })).toEqual({ typed: {}, faults: [fault] });
    expect(typedFromEnvironment({ [variable]: 'false' })).toEqual({ typed: {}, faults: [fault] });
  });

  it.each([
    ['TELNYX_REASSIGN_RATES', '; did you mean TELNYX_REASSIGN_RATE?'],
    ['TELNYX_REASSIGN_MAX_ATEMPTS', '; did you mean TELNYX_REASSIGN_MAX_ATTEMPTS?'],
    ['TELNYX_REASSIGN_rate', '; did you mean TELNYX_REASSIGN_RATE?'],
    ['TELNYX_REASSIGN_API_KEY', ''],
    ['TELNYX_REASSIGN_', ''],
  ])('has no unknown variable with our prefix: %s is a fault', (variable, hint) => {
    expect(typedFromEnvironment({ [variable]: '1' })).toEqual({
      typed: {},
      faults: [`unknown variable ${variable}${hint}`],
    });
  });
});

describe('what was probably meant', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['rate', 'rate', 0],
    ['raet', 'rate', 2],
    ['kitten', 'sitting', 3],
  ])('%j and %j are %d letters apart', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it.each([
    ['raet', null],
    ['rat', 'rate'],
    ['RATE', 'rate'],
    ['aply', 'apply'],
    ['pla', 'plan'],
    ['xyz', null],
  ])('for %s is %s', (word, meant) => {
    expect(didYouMean(word, ['plan', 'apply', 'rate'])).toBe(meant);
  });

  it('may be further away the longer the word is', () => {
    expect(didYouMean('max-atemts', ['max-attempts'])).toBe('max-attempts');
    expect(didYouMean('mx-atemts', ['max-attempts'])).toBe('max-attempts');
    expect(didYouMean('xxxxxtempts', ['max-attempts'])).toBeNull();
  });

  it('is the nearest', () => {
    expect(didYouMean('retry-bas', ['retry-max', 'retry-base'])).toBe('retry-base');
  });

  it('is offered as a question', () => {
    expect(suggestion('aply', ['apply'])).toBe('; did you mean apply?');
    expect(suggestion('xyz', ['apply'])).toBe('');
  });
});

describe('requests in flight at most', () => {
  it.each([
    [{ rate: 5, concurrency: null }, 10],
    [{ rate: 0.1, concurrency: null }, 10],
    [{ rate: 20.2, concurrency: null }, 41],
    [{ rate: 10_000, concurrency: null }, 200],
    [{ rate: 'off', concurrency: null }, 50],
    [{ rate: 'auto', concurrency: null }, 50],
    [{ rate: 5, concurrency: 1 }, 1],
    [{ rate: 'off', concurrency: 1000 }, 1000],
  ] as const)('for %j are %d', (settings, most) => {
    expect(concurrencyOf(settings)).toBe(most);
  });
});

describe('settings as they would be typed', () => {
  it('leave out what is at its default, and what is not wanted', () => {
    const { settings } = resolveLayers({
      rate: 'AUTO',
      reserve: '20',
      timeout: '10',
      yes: 'true',
      name: 'nightly',
      base_url: 'https://api.telnyx.com/v2/',
      max_failures: ' 5.0% ',
      if_unfinished: 'REFUSE',
      outage_patience: '300',
      wait_for_lock: '0',
    });
    expect(typedOf(settings, () => true)).toEqual({ yes: 'true', name: 'nightly' });
    expect(typedOf(settings, (name) => name !== 'yes')).toEqual({ name: 'nightly' });
  });

  it('keep what is at its default where that is asked for, and still have no text for what has no value', () => {
    const { settings } = resolveLayers({ rate: 'auto', max_failures: '5%', name: 'nightly' });
    const wanted = ['rate', 'max_failures', 'timeout', 'only', 'yes', 'name', 'map', 'concurrency', 'delimiter'];
    expect(typedOf(settings, (name) => wanted.includes(name), true)).toEqual({
      rate: 'auto',
      max_failures: '5%',
      timeout: '10s',
      only: 'failed,unverified,unprocessed',
      yes: 'false',
      name: 'nightly',
    });
    expect(typedOf(settings, (name) => wanted.includes(name), false)).toEqual({ name: 'nightly' });
  });

  it('are texts that a command line would take', () => {
    const { settings } = resolveLayers({
      map: ['phone_number_id=Number ID', 'phone_number=Phone'],
      delimiter: '\t',
      rate: '2.50',
      timeout: '2.01',
      max_server_wait: '0',
      sandbox: '1',
      log_level: 'WARN',
      max_failures: '5',
      max_changes: '7.50%',
      finish_by: ' 06:00 ',
      if_unfinished: 'NEW',
    });
    expect(typedOf(settings, () => true)).toEqual({
      map: ['phone_number_id=Number ID', 'phone_number=Phone'],
      delimiter: 'tab',
      rate: '2.5',
      timeout: '2010ms',
      max_server_wait: '0ms',
      sandbox: 'true',
      log_level: 'warn',
      max_failures: '5',
      max_changes: '7.5%',
      finish_by: '06:00',
      if_unfinished: 'new',
    });
  });

  it('name kinds of rows by commas', () => {
    const again = (only: string) => {
      const resolved = resolveSettings(layers(['flag', { only }]), 'retry');
      return 'faults' in resolved ? resolved : typedOf(resolved.settings, () => true);
    };
    expect(again(' Held, failed,held')).toEqual({ only: 'held,failed' });
    expect(again('failed, Unverified,unprocessed')).toEqual({});
  });

  it.each([
    [{ value: 200, percent: false }, '200'],
    [{ value: 0, percent: false }, '0'],
    [{ value: 5, percent: true }, '5%'],
    [{ value: 0.000001, percent: true }, '0.000001%'],
  ])('name the limit %j as %s', (limit, text) => {
    expect(limitText(limit)).toBe(text);
  });

  const bool = fc.constantFrom('true', 'false', '1', '0', 'TRUE');
  const text = fc.string({ minLength: 1 }).filter((any) => any.trim() !== '');
  const decimals = (most: number) =>
    fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 0, max: 999 })).map(([a, b]) => `${a}.${b}`);
  const column = text.map((name) => name.trim());
  const optional = (typed: Record<string, fc.Arbitrary<string | string[]>>) => fc.record(typed, { requiredKeys: [] });
  const limit = fc.oneof(
    fc.nat().map(String),
    fc.nat(100).map((n) => `${n}%`),
    decimals(99).map((n) => `${n}%`),
    fc.constant('5.0'),
  );
  const forAll = {
    map: fc
      .uniqueArray(fc.constantFrom('phone_number_id', 'messaging_product', 'Phone-Number'), { minLength: 1 })
      .chain((fields) => fc.tuple(...fields.map((field) => column.map((name) => `${field}=${name}`)))),
    delimiter: fc.constantFrom(',', ';', '|', '\t', 'tab', '\\t'),
    allow_unassign: bool,
    allow_rounded_ids: bool,
    skip_rejected: bool,
    force: bool,
    offline: bool,
    strict: bool,
    max_plan_age: decimals(300).map((n) => `${n}d`),
    watch: decimals(6).map((n) => `${n}d`),
    every: decimals(23).map((n) => `${n}h`),
    detailed_exitcode: bool,
    missing_input_ok: bool,
    min_rows: fc.nat().map(String),
    rate: fc.oneof(decimals(9999), fc.constantFrom('5', '0.001', 'auto', 'Auto')),
    reserve: fc.integer({ min: 0, max: 90 }).map(String),
    concurrency: fc.integer({ min: 1, max: 1000 }).map(String),
    max_attempts: fc.integer({ min: 1, max: 100 }).map(String),
    timeout: fc.oneof(
      decimals(59).map((n) => `${n}m`),
      decimals(999),
      fc.constant('10s'),
    ),
    retry_base: decimals(20).map((n) => `${n}s`),
    retry_max: decimals(20).map((n) => `${n}h`),
    max_server_wait: decimals(6).map((n) => `${n}d`),
    base_url: fc.constantFrom('http://127.0.0.1:4010/v2/', 'https://example.test', 'https://api.telnyx.com/v2'),
    sandbox: bool,
    yes: bool,
    dry_run: bool,
    runs_dir: text,
    name: text,
    results: text,
    log_file: text,
    log_level: fc.constantFrom('trace', 'INFO', 'fatal'),
    json: bool,
    quiet: bool,
    print_config: bool,
    max_failures: limit,
    max_changes: limit,
    max_same_error: fc.integer({ min: 1 }).map(String),
    outage_patience: decimals(23).map((n) => `${n}h`),
    stop_after: fc.integer({ min: 1 }).map(String),
    finish_by: fc.constantFrom('06:00', ' 6:30 ', '+90m', '2026-11-24T06:00:00Z'),
    if_unfinished: fc.constantFrom('refuse', 'RESUME', 'new'),
    only: fc
      .array(fc.constantFrom('failed', 'Retryable', ' permanent ', 'unverified', 'unprocessed', 'held'), {
        minLength: 1,
      })
      .map((kinds) => kinds.join(',')),
    wait_for_lock: decimals(6).map((n) => `${n}d`),
    no_lock: bool,
    state_dir: text,
    keep_runs: fc.integer({ min: 1 }).map(String),
  };
  const anyTyped = optional(forAll);

  it('are tried in any number, and every setting is among them', () => {
    expect(Object.keys(forAll).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('give the same settings when they are read again', () => {
    fc.assert(
      fc.property(anyTyped, fc.boolean(), (typed, keepDefaults) => {
        const resolved = resolveSettings(layers(['job file', typed]), 'apply');
        if ('faults' in resolved) throw new Error(resolved.faults.join());
        const { settings } = resolved;
        const again = resolveSettings(layers(['run', typedOf(settings, () => true, keepDefaults)]), 'apply');
        expect(again).toMatchObject({ settings });
      }),
      { numRuns: 300 },
    );
  });
});
