import { describe, expect, it } from 'vitest';
import { concurrencyOf, resolveSettings, type Source } from '../../../src/core/settings/resolve.ts';
import type { RawSettings, Settings } from '../../../src/core/settings/schema.ts';
import type { Scope } from '../../../src/core/settings/table/definition.ts';
import { resolveLayers } from '../../support/make.ts';

const layers = (...given: [Source, RawSettings][]) => given.map(([source, raw]) => ({ source, raw }));

/** The errors of these layers; none if they are good. */
function errorsOf(given: [Source, RawSettings][], scope: Scope = 'apply'): string[] {
  const resolved = resolveSettings(layers(...given), scope);
  return 'errors' in resolved ? resolved.errors : [];
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

  it('has no mapped columns and no values without a layer or a default', () => {
    const { settings } = resolveLayers({});
    expect([settings.map, settings.name, settings.delimiter]).toEqual([{}, null, null]);
  });

  it('lets a flag turn off what a lower layer turned on', () => {
    const resolved = resolveSettings(layers(['flag', { json: 'false' }], ['environment', { json: 'true' }]), 'apply');
    expect(resolved).toMatchObject({ settings: { json: false }, sources: { json: 'flag' } });
  });

  it('takes --map from one layer only', () => {
    const resolved = resolveSettings(
      layers(['flag', { map: 'phone_number_id=A' }], ['job file', { map: ['messaging_product=B'] }]),
      'apply',
    );
    expect(resolved).toMatchObject({ settings: { map: { phone_number_id: 'A' } } });
  });
});

describe('several values', () => {
  it('of --map are merged', () => {
    const { settings } = resolveLayers({ map: ['phone_number_id=Number ID', 'messaging_product=Product=X'] });
    expect(settings.map).toEqual({ phone_number_id: 'Number ID', messaging_product: 'Product=X' });
  });

  it('of --map for one field are an error', () => {
    expect(errorsOf([['flag', { map: ['phone_number_id=A', 'Phone-Number-ID=B'] }]])).toEqual([
      '--map names a column for phone_number_id more than once',
    ]);
  });

  it('of any other flag are an error', () => {
    expect(errorsOf([['flag', { rate: ['5', '5'], json: ['true', 'true'] }]])).toEqual([
      '--rate is given more than once',
      '--json is given more than once',
    ]);
  });

  it('are all read', () => {
    expect(errorsOf([['flag', { map: ['phone_number_id=A', 'x'] }]])).toEqual([
      '--map must be FIELD=COLUMN, with a field of phone_number_id, messaging_profile_id, messaging_product, phone_number, messaging_profile_name, not "x"',
    ]);
  });
});

describe('errors', () => {
  it('are all returned at once, each with the name under which it was given', () => {
    const given: [Source, RawSettings][] = [
      ['flag', { rate: 'x' }],
      ['environment', { max_attempts: '0' }],
      ['job file', { log_level: 'loud' }],
      ['run', { json: 'maybe' }],
    ];
    expect(errorsOf(given, 'run')).toEqual([
      '--rate must be a number from 0.001 to 10000, auto or off, not "x"',
      'TELNYX_REASSIGN_MAX_ATTEMPTS must be a whole number from 1 to 100, not "0"',
      'job file: log_level must be one of trace, debug, info, warn, error, fatal, not "loud"',
      'run.json: json must be true or false, not "maybe"',
    ]);
  });

  it('name the place in a job file, of each entry of a mapping too', () => {
    const layer = {
      source: 'job file' as const,
      raw: { rate: 'x', timeout: '', map: ['phone_number_id=A', 'y'] },
      places: { rate: ['j:1:7'], timeout: ['j:2:9'], map: ['j:4:3', 'j:5:3'] },
    };
    expect(resolveSettings([layer], 'run')).toEqual({
      errors: [
        expect.stringMatching(/^j:5:3: map must be FIELD=COLUMN/),
        'j:1:7: rate must be a number from 0.001 to 10000, auto or off, not "x"',
        'j:2:9: timeout is empty; remove the line, or give it a value',
      ],
    });
  });

  it('name the place of settings that do not fit together', () => {
    const raw = { rate: 'off', retry_max: '500ms' };
    const layer = { source: 'job file' as const, raw, places: { rate: ['j:1:7'], retry_max: ['j:2:12'] } };
    expect(resolveSettings([layer], 'run')).toEqual({
      errors: [expect.stringMatching(/^j:1:7: --rate off is for/), expect.stringMatching(/^j:2:12: --retry-base must/)],
    });
  });

  it.each([
    ['flag', '--rate is empty; leave the flag out, or give it a value'],
    ['environment', 'TELNYX_REASSIGN_RATE is empty; unset it, or give it a value'],
    ['job file', 'job file: rate is empty; remove the line, or give it a value'],
    ['run', 'run.json: rate is empty'],
  ] satisfies [Source, string][])('call an empty value of a %s empty', (source, error) => {
    for (const rate of ['', ' \t']) expect(errorsOf([[source, { rate }]], 'run')).toEqual([error]);
    const name = error.split(' is empty')[0]?.replace(/rate/i, (text) => (text === 'rate' ? 'map' : 'MAP'));
    expect(errorsOf([[source, { map: ['phone_number_id=A', ''] }]], 'run')[0]).toMatch(`${name} is empty`);
  });

  it('include a value that is too long for any setting', () => {
    const error = '--name must not be longer than 4,096 characters';
    expect(errorsOf([['flag', { name: 'x'.repeat(4097) }]])).toEqual([error]);
    expect(errorsOf([['flag', { name: 'x'.repeat(4096) }]])).toEqual([]);
  });

  it('include a flag that does not belong to the command; variables may be for another command', () => {
    expect(errorsOf([['flag', { yes: 'true' }]], 'plan')).toEqual(['--yes does not belong to plan']);
    expect(errorsOf([['flag', { rate: '5' }]], 'runs')).toEqual(['--rate does not belong to runs']);
    expect(errorsOf([['flag', { only: 'held' }]], 'apply')).toEqual(['--only does not belong to apply']);
    expect(errorsOf([['flag', { only: 'held' }]], 'retry')).toEqual([]);
    expect(errorsOf([['flag', { max_changes: '5' }]], 'resume')).toEqual(['--max-changes does not belong to resume']);
    expect(errorsOf([['environment', { rate: '5' }]], 'runs')).toEqual([]);
  });

  it('include --rate off with an address other than this machine', () => {
    expect(errorsOf([['flag', { rate: 'off' }]])).toEqual([
      '--rate off is for a loopback address only, and the base URL is "https://api.telnyx.com/v2"',
    ]);
    expect(errorsOf([['flag', { rate: 'off', base_url: 'http://127.0.0.1:4010/v2' }]])).toEqual([]);
    expect(errorsOf([['flag', { rate: 'off', sandbox: 'true' }]])).toEqual([]);
  });

  it('include a share of what is not compared', () => {
    expect(errorsOf([['flag', { max_drop: '5' }]], 'verify')).toEqual([
      '--max-drop needs --before: there is nothing to compare with',
    ]);
    expect(errorsOf([['flag', { max_drop: '5', before: 'b.csv' }]], 'verify')).toEqual([]);
    expect(errorsOf([['environment', { max_drop: '5' }]], 'verify')).toEqual([]);
  });

  it('include the campaigns of an account that is not read', () => {
    const offline = { offline: 'true' };
    const error = '--campaigns needs the account, which has the campaigns: leave out --offline';
    expect(errorsOf([['flag', { ...offline, campaigns: 'true' }]])).toEqual([error]);
    expect(errorsOf([['flag', { ...offline, campaigns: 'false' }]])).toEqual([]);
    expect(
      errorsOf([
        ['flag', offline],
        ['environment', { campaigns: 'true' }],
      ]),
    ).toEqual([]);
  });

  it('include what means nothing without waves, and waves or orders with a queue', () => {
    expect(errorsOf([['flag', { soak: '1m', gate: 'true' }]])).toEqual([
      '--soak needs --waves: there are no waves',
      '--gate needs --waves: there are no waves',
    ]);
    expect(errorsOf([['job file', { soak: '1m', gate_timeout: '1m', undo_on_failure: 'true' }]])).toHaveLength(2);
    expect(errorsOf([['environment', { soak: '1m' }]])).toEqual([]);
    expect(errorsOf([['flag', { soak: '1m', gate: 'true', waves: '20' }]])).toEqual([]);
    const queue = 'redis://127.0.0.1:6379';
    const refused = (how: string) => [`--waves needs this process to send the rows: ${how}`];
    expect(errorsOf([['flag', { waves: '20', queue }]])).toEqual(refused('leave out --queue'));
    const inVariable: Parameters<typeof errorsOf>[0] = [
      ['flag', { waves: '20' }],
      ['environment', { queue }],
    ];
    expect(errorsOf(inVariable)).toEqual(refused('unset TELNYX_REASSIGN_QUEUE'));
    expect(errorsOf(inVariable, 'plan')).toEqual([]);
    expect(errorsOf([['flag', { undo_on_failure: 'true', queue }]])).toEqual([
      '--undo-on-failure needs this process to send the rows: leave out --queue',
    ]);
    expect(errorsOf([['flag', { bulk: 'auto', queue }]])).toEqual([
      '--bulk auto needs this process to send the rows: leave out --queue',
    ]);
    expect(errorsOf([['flag', { bulk: 'off', queue }]])).toEqual([]);
  });

  it('include what does not go with a queue; a variable is there for every command', () => {
    const alone = ['--detach needs --queue: there is nothing to hand the run over to'];
    expect(errorsOf([['flag', { detach: 'true' }]])).toEqual(alone);
    expect(errorsOf([['environment', { detach: 'true' }]])).toEqual([]);
    const queue = 'redis://127.0.0.1:6379';
    expect(errorsOf([['flag', { queue, detach: 'true' }]])).toEqual([]);
    expect(errorsOf([['flag', { queue, sandbox: 'true' }]])).toEqual([
      '--queue and --sandbox exclude each other: no worker can reach that sandbox',
    ]);
    expect(
      errorsOf([
        ['flag', { sandbox: 'true' }],
        ['environment', { queue }],
      ]),
    ).toEqual([]);
  });

  it('include a first wait that is longer than the longest one', () => {
    const error = '--retry-base must not be longer than --retry-max';
    expect(errorsOf([['flag', { retry_base: '61s' }]])).toEqual([error]);
    expect(errorsOf([['flag', { retry_max: '500ms' }]])).toEqual([error]);
    expect(errorsOf([['flag', { retry_base: '5s', retry_max: '5s' }]])).toEqual([]);
  });
});

describe('the maximum number of requests in flight', () => {
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

describe('targets of every row', () => {
  const UUID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
  const unassign =
    '--to-profile UNASSIGN takes every number off its profile and stops its messages; add --allow-unassign if that is meant';
  const named = '--to-profile "Support" can only be found in the account: give its id, or leave out --offline';

  it.each<[RawSettings, Partial<Settings>]>([
    [{ to_profile: ` ${UUID.toUpperCase()} ` }, { to_profile: UUID }],
    [{ to_profile: 'unassign', allow_unassign: 'true' }, { to_profile: 'UNASSIGN' }],
    [{ to_profile: " O'Neil, Inc. " }, { to_profile: "O'Neil, Inc." }],
    [{ to_product: ' A2P ' }, { to_product: 'A2P', to_profile: null }],
    [{ to_profile: UUID, offline: 'true' }, { to_profile: UUID }],
  ])('%j are read as %j', (flags, expected) => {
    expect(resolveLayers(flags).settings).toMatchObject(expected);
  });

  const profile = 'must be the id or the name of a profile, or UNASSIGN to take every number off its profile';
  it.each<[RawSettings, string]>([
    [{ to_profile: 'null' }, `--to-profile ${profile}, not "null"`],
    [{ to_profile: 'N/A' }, `--to-profile ${profile}, not "N/A"`],
    [{ to_profile: ' ' }, '--to-profile is empty; leave the flag out, or give it a value'],
    [{ to_product: 'none' }, '--to-product must be a product id such as A2P, not "none"'],
    [{ to_product: 'UNASSIGN' }, '--to-product must be a product id such as A2P, not "UNASSIGN"'],
    [{ to_product: '' }, '--to-product is empty; leave the flag out, or give it a value'],
    [{ to_profile: 'unassign' }, unassign],
    [{ to_profile: 'Support', offline: 'true' }, named],
  ])('%j are refused', (flags, error) => {
    expect(errorsOf([['flag', flags]])).toEqual([error]);
  });

  it('are checked of a variable too, by commands that read an input only', () => {
    expect(errorsOf([['environment', { to_profile: 'UNASSIGN' }]], 'verify')).toEqual([unassign]);
    expect(errorsOf([['environment', { to_profile: 'UNASSIGN' }]], 'runs')).toEqual([]);
  });
});

describe('numbers from the command line', () => {
  const target = { to_product: 'A2P' };

  it('are kept in their order, each once, as they were typed', () => {
    const number = ['+13125550002', ' (312) 555-0001 ', '+13125550002'];
    expect(resolveLayers({ ...target, number }).settings.number).toEqual(['+13125550002', '(312) 555-0001']);
    expect(resolveLayers({ ...target, number: '+13125550001' }).settings.number).toEqual(['+13125550001']);
    expect(resolveLayers(target).settings.number).toBeNull();
  });

  it('need no columns, whatever a variable says of those of files', () => {
    const given: [Source, RawSettings][] = [
      ['flag', { ...target, number: '+13125550001' }],
      ['environment', { map: ['phone_number_id=Number ID'], delimiter: ';' }],
    ];
    expect(resolveSettings(layers(...given), 'apply')).toMatchObject({ settings: { map: {}, delimiter: null } });
  });

  const many = Array.from({ length: 101 }, (_, at) => `+1312555${String(1000 + at)}`);
  it.each<[RawSettings, string]>([
    [
      { ...target, number: '1293384261075731499' },
      '--number must be a phone number such as +18005550001, not "1293384261075731499"',
    ],
    [{ ...target, number: ['+13125550001', 'x'] }, '--number must be a phone number such as +18005550001, not "x"'],
    [{ ...target, number: many }, '--number is given 101 times, and at most 100 are allowed'],
    [
      { number: '+13125550001' },
      '--number needs --to-profile or --to-product: nothing else says where the numbers are to go',
    ],
    [
      { ...target, number: '+13125550001', offline: 'true' },
      '--number needs the account, which has the ids of the numbers: leave out --offline',
    ],
    [
      { ...target, number: '+13125550001', delimiter: ';' },
      '--delimiter is about an input file, and --number takes its place',
    ],
  ])('%j are refused', (flags, error) => {
    expect(errorsOf([['flag', flags]])).toEqual([error]);
  });
});
