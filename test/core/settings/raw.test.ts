import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitText, rawSettings, recordedSettings, settingsFor } from '../../../src/core/settings/raw.ts';
import { resolveSettings, type Source } from '../../../src/core/settings/resolve.ts';
import { type RawSettings, SETTING_NAMES, settingDefinition } from '../../../src/core/settings/schema.ts';
import type { SettingDefinition } from '../../../src/core/settings/table/definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseDuration, SECOND_MS } from '../../../src/core/text/duration.ts';
import { resolveLayers } from '../../support/make.ts';

const layers = (...given: [Source, RawSettings][]) => given.map(([source, raw]) => ({ source, raw }));

describe('settings as text', () => {
  it('leave out defaults, and settings that are not wanted', () => {
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
    expect(rawSettings(settings, () => true)).toEqual({ yes: 'true', name: 'nightly' });
    expect(rawSettings(settings, (name) => name !== 'yes')).toEqual({ name: 'nightly' });
  });

  it('keep defaults if asked to, but have no text for a setting without a value', () => {
    const { settings } = resolveLayers({ rate: 'auto', max_failures: '5%', name: 'nightly' });
    const wanted = ['rate', 'max_failures', 'timeout', 'only', 'yes', 'name', 'map', 'concurrency', 'delimiter'];
    expect(rawSettings(settings, (name) => wanted.includes(name), true)).toEqual({
      rate: 'auto',
      max_failures: '5%',
      timeout: '10s',
      only: 'failed,unverified,unprocessed',
      yes: 'false',
      name: 'nightly',
    });
    expect(rawSettings(settings, (name) => wanted.includes(name), false)).toEqual({ name: 'nightly' });
  });

  it('are texts that a command line accepts', () => {
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
    expect(rawSettings(settings, () => true)).toEqual({
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

  it('separate kinds of rows by commas', () => {
    const again = (only: string) => {
      const resolved = resolveSettings(layers(['flag', { only }]), 'retry');
      return 'errors' in resolved ? resolved : rawSettings(resolved.settings, () => true);
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

  const text = fc.string({ minLength: 1 }).filter((any) => any.trim() !== '');
  const decimals = (most: number) =>
    fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 0, max: 999 })).map(([a, b]) => `${a}.${b}`);
  const column = fc.oneof(
    fc.constant(''),
    text.map((name) => name.trim()),
  );
  const optional = (typed: Record<string, fc.Arbitrary<string | string[]>>) => fc.record(typed, { requiredKeys: [] });
  const limit = fc.oneof(
    fc.nat().map(String),
    fc.nat(100).map((n) => `${n}%`),
    decimals(99).map((n) => `${n}%`),
    fc.constant('5.0'),
  );
  const words = (choices: readonly string[] = []) =>
    fc.constantFrom(...choices.flatMap((word) => [word, word.toUpperCase()]));
  const units = { '': SECOND_MS, ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
  const durations = (min = 0, max = 365 * DAY_MS) => {
    const inUnits = Object.entries(units).flatMap(([unit, ms]) => {
      const most = Math.min(999, Math.floor(max / ms) - 1);
      return most < 1 ? [] : [decimals(most).map((n) => `${n}${unit}`)];
    });
    return fc.oneof(...inUnits).filter((typed) => (parseDuration(typed) as number) >= min);
  };
  const forKind: Record<SettingDefinition['kind'], (definition: SettingDefinition) => fc.Arbitrary<string | string[]>> =
    {
      boolean: () => fc.constantFrom('true', 'false', '1', '0', 'TRUE'),
      text: () => text,
      integer: ({ min = 0, max = 1_000_000 }) => fc.integer({ min, max }).map(String),
      duration: ({ min, max }) => durations(min, max),
      limit: () => limit,
      waves: () =>
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 9 }).map((list) => list.join(' , ')),
      choice: ({ choices }) => words(choices),
      list: ({ choices }) => fc.array(words(choices), { minLength: 1 }).map((kinds) => kinds.join(' , ')),
      delimiter: () => fc.constantFrom(',', ';', '|', '\t', 'tab', '\\t'),
      rate: () => fc.oneof(decimals(9999), fc.constantFrom('5', '0.001', 'auto', 'Auto')),
      percent: () => fc.constantFrom('10', '2.5%', ' 100 % '),
      digest: () => fc.constantFrom('a1'.repeat(32), ` ${'B2'.repeat(32)} `),
      profile: () => fc.constantFrom('Support', '3FA85F64-5717-4562-B3FC-2C963F66AFA6', 'unassign', " O'Neil, "),
      product: () => fc.constantFrom('A2P', ' P2P '),
      phones: () => fc.constantFrom('+13125550001', '(312) 555-0001'),
      finish: () => fc.constantFrom('06:00', ' 6:30 ', '+90m', '2026-11-24T06:00:00Z'),
      queue: () => fc.constantFrom('redis://127.0.0.1:6379', 'rediss://:secret@[::1]/2'),
      webhook: () => fc.constantFrom('https://hooks.example.com/T0/B0/secret', 'http://127.0.0.1:1/ping?a=b'),
      url: () => fc.constantFrom('http://127.0.0.1:4010/v2/', 'https://example.test', 'https://api.telnyx.com/v2'),
      map: () =>
        fc
          .uniqueArray(fc.constantFrom('phone_number_id', 'messaging_product', 'Phone-Number'), { minLength: 1 })
          .chain((fields) => fc.tuple(...fields.map((field) => column.map((name) => `${field}=${name}`)))),
    };
  const forAll = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, forKind[settingDefinition(name).kind](settingDefinition(name))]),
  );
  // The first wait is never longer than the longest one.
  const anyTyped = optional({
    ...forAll,
    retry_base: durations(1, MINUTE_MS),
    retry_max: durations(MINUTE_MS, DAY_MS),
    // A queue goes with no sandbox, and detaching needs one.
    sandbox: fc.constant('false'),
    // A number needs a target and the account, and goes with no file.
    number: fc.constant(''),
    offline: fc.constant('false'),
    detach: fc.constant('false'),
    // What belongs to waves needs them, and they go with no queue.
    queue: fc.constant(''),
  }).map(({ queue: _, number: __, ...typed }) => ({ ...typed, waves: '20,5%', allow_unassign: 'true' }));

  it('have all numbers of the command line', () => {
    const { settings } = resolveLayers({ to_product: 'A2P', number: ['+13125550001', '+13125550002'] });
    const number = ['+13125550001', '+13125550002'];
    expect(rawSettings(settings, () => true)).toEqual({ to_product: 'A2P', number });
  });

  it('are read back as the same settings', () => {
    fc.assert(
      fc.property(anyTyped, fc.boolean(), (typed, keepDefaults) => {
        const resolved = resolveSettings(layers(['job file', typed]), 'apply');
        if ('errors' in resolved) throw new Error(resolved.errors.join());
        const { settings } = resolved;
        const again = resolveSettings(layers(['run', rawSettings(settings, () => true, keepDefaults)]), 'apply');
        expect(again).toMatchObject({ settings });
      }),
      { numRuns: 300 },
    );
  });
});

describe('the settings that run.json may name', () => {
  it('are none of one call: no consent, no output elsewhere, nothing that removes or locks', () => {
    const typed = Object.fromEntries(SETTING_NAMES.map((name) => [name, 'x']));
    const recorded = Object.keys(recordedSettings(typed));
    for (const name of [
      'yes',
      'force',
      'if_unfinished',
      'no_lock',
      'dry_run',
      'results',
      'log_file',
      'keep_runs',
      'state_dir',
    ]) {
      expect(recorded).not.toContain(name);
    }
    expect(recorded).toEqual(SETTING_NAMES.filter((name) => settingDefinition(name).belongsTo !== 'call'));
    expect(recordedSettings({ rate: '2', yes: 'true', map: ['a=b'] })).toEqual({ rate: '2', map: ['a=b'] });
  });
});

describe('the settings that a command takes over from a run', () => {
  const kept: RawSettings = { map: ['phone_number_id=A'], min_rows: '5', rate: '2', log_level: 'warn', yes: 'true' };

  it('are those that belong to the plan or the run, and that it does not drop', () => {
    expect(settingsFor('plan', kept)).toEqual({ map: ['phone_number_id=A'], min_rows: '5', rate: '2' });
    expect(settingsFor('retry', kept)).toEqual({ map: ['phone_number_id=A'], rate: '2', log_level: 'warn' });
    expect(settingsFor('undo', kept)).toEqual({ rate: '2', log_level: 'warn' });
  });
});
