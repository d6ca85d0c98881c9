import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopback, parseSetting, sameBaseUrl } from '../../../src/core/settings/parse.ts';
import {
  PUBLIC_BASE_URL,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  settingDefinition,
} from '../../../src/core/settings/schema.ts';
import { anyText } from '../../support/any-text.ts';

type Good = [name: SettingName, text: string, value: unknown];
type Bad = [name: SettingName, text: string, error: string];

describe('a setting', () => {
  const good: Good[] = [
    ['yes', 'true', true],
    ['yes', 'TRUE', true],
    ['yes', '1', true],
    ['yes', 'false', false],
    ['yes', '0', false],
    ['name', 'nightly', 'nightly'],
    ['name', ' as typed ', ' as typed '],
    ['min_rows', '0', 0],
    ['min_rows', '999999999999999', 999_999_999_999_999],
    ['concurrency', '1', 1],
    ['concurrency', '1000', 1000],
    ['max_attempts', '007', 7],
    ['rate', '0.001', 0.001],
    ['rate', '10000', 10_000],
    ['rate', '2.5', 2.5],
    ['rate', 'off', 'off'],
    ['rate', 'OFF', 'off'],
    ['timeout', '1ms', 1],
    ['timeout', '1h', 3_600_000],
    ['timeout', '30', 30_000],
    ['max_server_wait', '0', 0],
    ['max_server_wait', '7d', 604_800_000],
    ['delimiter', ',', ','],
    ['delimiter', ';', ';'],
    ['delimiter', '|', '|'],
    ['delimiter', '\t', '\t'],
    ['delimiter', 'tab', '\t'],
    ['delimiter', 'TAB', '\t'],
    ['delimiter', '\\t', '\t'],
    ['log_level', 'Debug', 'debug'],
    ['max_failures', '5%', { value: 5, percent: true }],
    ['max_failures', ' 5% ', { value: 5, percent: true }],
    ['max_failures', '0%', { value: 0, percent: true }],
    ['max_failures', '0.000001%', { value: 0.000001, percent: true }],
    ['max_failures', '99.5%', { value: 99.5, percent: true }],
    ['max_failures', '100%', { value: 100, percent: true }],
    ['max_failures', '0', { value: 0, percent: false }],
    ['max_failures', '200', { value: 200, percent: false }],
    ['max_failures', '5.0', { value: 5, percent: false }],
    ['max_failures', '999999999999999', { value: 999_999_999_999_999, percent: false }],
    ['max_changes', '12', { value: 12, percent: false }],
    ['max_changes', '12%', { value: 12, percent: true }],
    ['max_same_error', '1', 1],
    ['stop_after', '1', 1],
    ['keep_runs', '1', 1],
    ['outage_patience', '0', 0],
    ['outage_patience', '1d', 86_400_000],
    ['wait_for_lock', '0', 0],
    ['wait_for_lock', '7d', 604_800_000],
    ['rate', 'Auto', 'auto'],
    ['rate', 'OFF', 'off'],
    ['reserve', '0', 0],
    ['reserve', '90', 90],
    ['if_unfinished', 'refuse', 'refuse'],
    ['if_unfinished', 'RESUME', 'resume'],
    ['if_unfinished', 'new', 'new'],
    ...SETTINGS.only.choices.map((kind): Good => ['only', kind, [kind]]),
    ['only', 'failed,unverified,unprocessed', ['failed', 'unverified', 'unprocessed']],
    ['only', ' Held , RETRYABLE', ['held', 'retryable']],
    ['only', 'held,failed,Held,failed', ['held', 'failed']],
    ['only', 'cause:3, CAUSE:03,cause:120,cause:0', ['cause:03', 'cause:120', 'cause:00']],
    ['expect_plan', ` ${'aB'.repeat(32)} `, 'ab'.repeat(32)],
    ['max_drop', '10', 10],
    ['max_drop', ' 2.5 % ', 2.5],
    ['max_drop', '100%', 100],
    ['finish_by', '06:00', '06:00'],
    ['finish_by', ' +90m ', '+90m'],
    ['finish_by', '2026-11-24T06:00:00Z', '2026-11-24T06:00:00Z'],
    ['map', 'phone_number_id=Number ID', { phone_number_id: 'Number ID' }],
    ['map', ' Phone-Number = a=b ', { phone_number: 'a=b' }],
    ['map', 'phone_number=', { phone_number: '' }],
    ['map', 'phone_number= ', { phone_number: '' }],
  ];

  it.each(good)('%s may be %j', (name, text, value) => {
    expect(parseSetting(name, text)).toEqual({ value });
  });

  const range = 'must be a whole number from 1 to 1000';
  const aRate = 'must be a number from 0.001 to 10000, auto or off';
  const aDuration = 'must be a duration such as 500ms, 10s, 5m or 2h, from 1ms to 3600s';
  const aMap =
    'must be FIELD=COLUMN, with a field of phone_number_id, messaging_profile_id, messaging_product, phone_number, messaging_profile_name';
  const onlyList =
    'must be a list, separated by commas, of failed, retryable, permanent, unverified, unprocessed, held, cause:NN';
  const bad: Bad[] = [
    ...['', 'yes', 'on', '2', ' true', 'truest', 'untrue', '10', 'falsely', 'not false', '00'].map(
      (text): Bad => ['yes', text, 'must be true or false'],
    ),
    ...['', ' ', '\u00a0'].map((text): Bad => ['name', text, 'must not be empty']),
    ...['0', '1001', '-1', '1.0', '1e2', '', ' 5', '0x5', '1234567890123456'].map(
      (text): Bad => ['concurrency', text, range],
    ),
    ['min_rows', '-1', 'must be a whole number of at least 0'],
    ...['0', '0.0009', '10000.1', 'aut', 'auto ', '-5', 'Infinity', 'NaN', '', '.5', '5.', '1e1'].map(
      (text): Bad => ['rate', text, aRate],
    ),
    ...['0', '0.9ms', '3601', '2h', '', 'soon', '-1s', '1 s'].map((text): Bad => ['timeout', text, aDuration]),
    ['max_server_wait', 'soon', 'must be a duration such as 500ms, 10s, 5m or 2h, from 0ms to 604800s'],
    ['max_server_wait', '8d', 'must be a duration such as 500ms, 10s, 5m or 2h, from 0ms to 604800s'],
    ...['', ' ', ':', ',,', 'comma', 'constructor', '__proto__'].map(
      (text): Bad => ['delimiter', text, 'must be one of , ; | tab'],
    ),
    ...['', 'verbose', 'silent'].map(
      (text): Bad => ['log_level', text, 'must be one of trace, debug, info, warn, error, fatal'],
    ),
    ...[
      '',
      ' ',
      '%',
      '5 %',
      '%5',
      '5%%',
      '101%',
      '100.000001%',
      '5.5',
      '0.000001',
      '-1',
      '-5%',
      '+5',
      '1e2',
      '.5%',
      '5.%',
      '1,000',
      'x5',
      '5x',
      'x5%',
      '5%x',
      'off',
      '1234567890123456',
      '0.1234567%',
    ].map((text): Bad => ['max_failures', text, 'must be a whole number of rows, or a percentage such as 5%']),
    ['max_changes', '12.5', 'must be a whole number of rows, or a percentage such as 5%'],
    ...(['max_same_error', 'stop_after', 'keep_runs'] as const).map(
      (name): Bad => [name, '0', 'must be a whole number of at least 1'],
    ),
    ['outage_patience', '25h', 'must be a duration such as 500ms, 10s, 5m or 2h, from 0ms to 86400s'],
    ['wait_for_lock', '8d', 'must be a duration such as 500ms, 10s, 5m or 2h, from 0ms to 604800s'],
    ...['', ' new', 'old', 'refuse,new', 'constructor'].map(
      (text): Bad => ['if_unfinished', text, 'must be one of refuse, resume, new'],
    ),
    ...['', ',', 'failed,', ',failed', 'all', 'failed held', 'failed;held', 'constructor', 'failed,x'].map(
      (text): Bad => ['only', text, onlyList],
    ),
    ...[
      'cause',
      'cause:',
      'cause:x',
      'cause:1000',
      'cause:-1',
      'cause:1:2',
      'undefined:01',
      'failed:01',
      'cause: 1',
    ].map((text): Bad => ['only', text, onlyList]),
    ...['', '100.1', '-1', 'ten', '1%%'].map(
      (text): Bad => ['max_drop', text, 'must be a percentage from 0 to 100, such as 10%'],
    ),
    ...['', 'abc', 'a1'.repeat(25), 'sha256:a1'].map(
      (text): Bad => ['expect_plan', text, 'must be the digest of a plan, 64 hexadecimal digits'],
    ),
    ...['', '24:00', 'soon', '90m', '+', '2026-11-24'].map(
      (text): Bad => ['finish_by', text, 'must be a time such as 06:00, 2026-11-24T06:00:00Z or +90m'],
    ),
    ...['', 'Number ID', '=Number ID', 'id=x', '__proto__=x', 'phone_number_idX'].map(
      (text): Bad => ['map', text, aMap],
    ),
  ];

  it.each([
    'redis://10.0.0.5',
    'redis://10.0.0.5:6379/2',
    'rediss://user:secret@redis.example.com:6380',
    'redis://:secret@[::1]:6379',
  ])('queue may be %j', (text) => {
    expect(parseSetting('queue', text)).toEqual({ value: text });
  });

  it.each(['secret', 'http://:secret@host', 'redis:/:secret@host', 'redis:///0', 'redis://:secret@host/name'])(
    'queue may not be %j, and no error quotes a password',
    (text) => {
      expect(parseSetting('queue', text)).toEqual({ error: 'must be a URL such as redis://10.0.0.5:6379' });
    },
  );

  it.each([
    'https://hooks.slack.com/services/T0/B0/x',
    'http://user:pw@monitor.lan:8000/ping/1?create=1',
    'http://127.0.0.1:1',
  ])('a webhook may be %j', (text) => {
    expect(parseSetting('notify', text)).toEqual({ value: text });
  });

  it.each(['', 'secret', 'ftp://h/secret', 'https:///', 'https://h/a b', 'https://h/a\n', 'https://h/#a', 'https://'])(
    'a webhook may not be %j, and no error quotes it',
    (text) => {
      expect(parseSetting('ping', text)).toEqual({
        error: 'must be a URL such as https://hooks.example.com/T0/B0/secret',
      });
    },
  );

  it.each(bad)('%s may not be %j', (name, text, error) => {
    expect(parseSetting(name, text)).toEqual({ error: `${error}, not "${text}"` });
  });

  it('quotes the text without control characters, and only its start', () => {
    // It may be that of a webhook.
    expect(parseSetting('notify_on', 'https://h/secret')).toEqual({ error: 'must be one of always, problem' });
    expect(parseSetting('delimiter', '\u001b[2J')).toEqual({ error: 'must be one of , ; | tab, not "\\x1b[2J"' });
    expect(parseSetting('yes', 'x'.repeat(100))).toEqual({
      error: `must be true or false, not "${'x'.repeat(60)}..."`,
    });
  });

  it('that is a limit is a percentage up to 100, or a whole number of rows', () => {
    const digits = fc.oneof(
      fc.nat(300).map(String),
      fc.tuple(fc.nat(150), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`),
    );
    fc.assert(
      fc.property(digits, fc.boolean(), (number, percent) => {
        const value = Number(number);
        const good = percent ? value <= 100 : Number.isInteger(value);
        const parsed = parseSetting('max_failures', percent ? `${number}%` : number);
        if (good) expect(parsed).toEqual({ value: { value, percent } });
        else expect(parsed).toHaveProperty('error');
      }),
    );
  });

  it.each([
    ['20', [{ value: 20, percent: false }]],
    [
      ' 20, 200 ,0.5% ',
      [
        { value: 20, percent: false },
        { value: 200, percent: false },
        { value: 0.5, percent: true },
      ],
    ],
    [Array(100).fill('1').join(), Array(100).fill({ value: 1, percent: false })],
  ])('that is a list of waves is a list of limits: %s', (text, value) => {
    expect(parseSetting('waves', text)).toEqual({ value });
  });

  it.each(['0', '20,', '20,0%', '101%', '1.5', 'x', '-1', Array(101).fill('1').join()])(
    'that is no list of waves is an error: %s',
    (text) => {
      expect(parseSetting('waves', text)).toMatchObject({
        error: expect.stringContaining('must be 1 to 100 sizes of waves, separated by commas, such as 20,200,20%'),
      });
    },
  );

  it('reads any text without throwing: as a number within its range, or as an error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SETTING_NAMES), fc.oneof(anyText(), fc.string()), (name, text) => {
        const parsed = parseSetting(name, text);
        if ('error' in parsed) {
          expect(parsed.error).toContain('must');
          return;
        }
        const { min = 0, max = Number.MAX_VALUE } = settingDefinition(name);
        if (typeof parsed.value !== 'number') return;
        expect(parsed.value).toBeGreaterThanOrEqual(min);
        expect(parsed.value).toBeLessThanOrEqual(max);
      }),
    );
  });
});

describe('the base URL', () => {
  it.each([
    ['https://api.telnyx.com/v2', PUBLIC_BASE_URL],
    ['https://API.Telnyx.com/v2//', PUBLIC_BASE_URL],
    ['https://example.test', 'https://example.test'],
    ['https://example.test:8443/a/../b/', 'https://example.test:8443/b'],
    ['http://localhost:4010/v2', 'http://localhost:4010/v2'],
    ['http://LOCALHOST', 'http://localhost'],
    ['http://127.0.0.1:1/v2', 'http://127.0.0.1:1/v2'],
    ['http://127.1', 'http://127.0.0.1'],
    ['http://127.255.255.254', 'http://127.255.255.254'],
    ['http://[::1]:4010/v2', 'http://[::1]:4010/v2'],
  ])('%s is %s', (text, value) => {
    expect(parseSetting('base_url', text)).toEqual({ value });
  });

  const plain = 'must be a plain URL: no user, password, query or fragment';
  const secure = 'must be https; plain http is for a loopback address only, or the key could be read';
  const url = 'must be a URL such as https://api.telnyx.com/v2';
  it.each([
    ['', url],
    ['api.telnyx.com/v2', url],
    ['https://', url],
    ['https://user@example.test', plain],
    ['https://user:secret@example.test', plain],
    ['https://:secret@example.test', plain],
    ['https://example.test/v2?a=b', plain],
    ['https://example.test/v2?', plain],
    ['https://example.test/v2#x', plain],
    ['https://example.test/v2#', plain],
    ['http://localhost@example.test', plain],
    ['http://api.telnyx.com/v2', secure],
    ['http://127.0.0.1.example.test', secure],
    ['http://localhost.example.test', secure],
    ['http://128.0.0.1', secure],
    ['http://0.0.0.0', secure],
    ['http://10.0.0.1', secure],
    ['http://[::2]', secure],
    ['ftp://localhost', secure],
    ['file:///etc/passwd', secure],
    ['javascript:alert(1)', secure],
  ])('may not be %j', (text, error) => {
    expect(parseSetting('base_url', text)).toEqual({ error: `${error}, not "${text}"` });
  });

  it.each([
    ['https://localhost/v2', true],
    ['http://127.0.0.1', true],
    ['https://[::1]', true],
    ['https://api.telnyx.com/v2', false],
    ['https://127.0.0.1.example.test', false],
    ['https://localhost@example.test', false],
    ['http://localhost.:1', true],
    ['http://0x7f.1/v2', true],
    ['http://2130706433/v2', true],
    ['http://[::ffff:127.0.0.1]:4010/v2', true],
    ['http://[::ffff:8.8.8.8]/v2', false],
    ['http://[0:0:0:0:0:0:0:1]/v2', true],
    // Such a name may lead elsewhere, and the key would be readable.
    ['http://api.localhost/v2', false],
    ['http://0.0.0.0/v2', false],
    ['nonsense', false],
  ])('%s points to this machine itself: %s', (text, loopback) => {
    expect(isLoopback(text)).toBe(loopback);
  });
});

describe('base URLs of the same API', () => {
  it.each([
    [
      ['http://127.0.0.1:4010/v2', 'http://localhost:4010/v2', 'http://LOCALHOST:4010/v2/', 'http://[::1]:4010/v2'],
      [
        'http://127.0.0.2:4010/v2',
        'http://[::ffff:127.0.0.1]:4010//v2//',
        'http://0x7f.1:4010/v2',
        'http://127.1:4010/v2',
      ],
      ['http://localhost.:4010/v2', 'http://x.localhost:4010/v2', 'http://0.0.0.0:4010/v2', 'http://[::]:4010/v2'],
    ],
    [
      [PUBLIC_BASE_URL, `${PUBLIC_BASE_URL}/`, 'https://API.Telnyx.COM:443/v2', 'https://api.telnyx.com./v2//'],
      ['https://api.telnyx.com/x/../v2'],
    ],
    [['https://example.test', 'https://example.test/', 'https://EXAMPLE.test:443']],
    [['nonsense']],
  ])('are spelled the same: %j', (...groups) => {
    expect(new Set(groups.flat().map(sameBaseUrl)).size).toBe(1);
  });

  it('differ in protocol, host, port or path', () => {
    const urls = [
      'https://a.test/v2',
      'https://a.test:8443/v2',
      'https://a.test/v3',
      'https://b.test/v2',
      'http://localhost/v2',
      'https://localhost/v2',
      'http://localhost:81/v2',
    ];
    expect(new Set(urls.map(sameBaseUrl)).size).toBe(urls.length);
  });
});
