import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { jobJsonSchema, readJob, settingsOfBadJob } from '../../../src/core/settings/job.ts';
import { SETTING_NAMES } from '../../../src/core/settings/schema.ts';

type Value = string | Record<string, string>;

/** A job of these keys, each on a line of its own, with its value in column 9. */
function read(...keys: [key: string, value: Value][]) {
  const placed = keys.map(([key, value], at) => {
    const line = `jobs/nightly.yaml:${at + 1}`;
    const place = `${line}:9`;
    const texts =
      typeof value === 'string'
        ? { text: value, place }
        : Object.entries(value).map(([field, column]) => ({ text: `${field}=${column}`, place }));
    return { key, place: `${line}:1`, value: texts };
  });
  return readJob(placed, 'jobs/nightly.yaml');
}

// Settings of other commands: --only of retry, --watch and --every of verify, --leave-queue of resume, --follow of status, --out of report, --number and --expect-plan, those of export, worker and board.
const OF_OTHERS = [
  ...['profile', 'product', 'type', 'country', 'contains', 'tag', 'input', 'opt_outs'],
  'expect_plan',
  'only',
  'watch',
  'every',
  'before',
  'max_drop',
  'keys_dir',
  'accounts',
  'lease',
  'leave_queue',
  'follow',
  'out',
  'port',
  'number',
];
const JOB_SETTINGS = SETTING_NAMES.filter((name) => !OF_OTHERS.includes(name));
const COMMAND: [string, string] = ['command', 'apply'];
const INPUT: [string, string] = ['input', 'numbers.csv'];

describe('a job', () => {
  it('is a command, an input, and settings as text', () => {
    expect(
      read(COMMAND, INPUT, ['name', '0123'], ['max_attempts', '7'], ['skip_rejected', 'true'], ['rate', 'x']),
    ).toEqual({
      command: 'apply',
      input: 'numbers.csv',
      raw: { name: '0123', max_attempts: '7', skip_rejected: 'true', rate: 'x' },
      places: {
        name: ['jobs/nightly.yaml:3:9'],
        max_attempts: ['jobs/nightly.yaml:4:9'],
        skip_rejected: ['jobs/nightly.yaml:5:9'],
        rate: ['jobs/nightly.yaml:6:9'],
      },
    });
  });

  it('may have any setting except those of other commands', () => {
    const given: [string, string][] = JOB_SETTINGS.map((name) => [name, 'as typed']);
    const raw = Object.fromEntries(given.map(([name, text]) => [name, name === 'map' ? [text] : text]));
    expect(read(COMMAND, INPUT, ...given)).toMatchObject({ command: 'apply', input: 'numbers.csv', raw });
  });

  it('may be a plan', () => {
    expect(read(['command', 'plan'], INPUT)).toEqual({ command: 'plan', input: 'numbers.csv', raw: {}, places: {} });
  });

  it('names columns in a mapping, or one of them as text', () => {
    const map = { phone_number_id: 'Number ID', messaging_product: 'Product' };
    expect(read(COMMAND, INPUT, ['map', map])).toMatchObject({
      raw: { map: ['phone_number_id=Number ID', 'messaging_product=Product'] },
    });
    expect(read(COMMAND, INPUT, ['map', 'phone_number_id=Number ID'])).toMatchObject({
      raw: { map: ['phone_number_id=Number ID'] },
    });
  });
});

describe('a job file with errors', () => {
  it('says where they are to be reported, unless it is a plan', () => {
    const key = (name: string, text: string) => ({ key: name, place: '', value: { text, place: '' } });
    const keys = [key('notify', 'https://h/t'), key('max_chnges', '5'), { key: 'ping', place: '', value: [] }];
    expect(settingsOfBadJob([key('command', 'apply'), ...keys])).toEqual({ notify: 'https://h/t' });
    expect(settingsOfBadJob([...keys, key('command', 'plan')])).toEqual({});
  });

  it.each([
    [[INPUT], ['jobs/nightly.yaml: command is missing']],
    [[COMMAND], ['jobs/nightly.yaml: input is missing']],
    [[], ['jobs/nightly.yaml: command is missing', 'jobs/nightly.yaml: input is missing']],
    [[['command', 'undo'], INPUT], ['jobs/nightly.yaml:1:9: command must be plan or apply, not "undo"']],
    [[['command', ' '], INPUT], ['jobs/nightly.yaml:1:9: command is empty']],
    [[['command', { a: 'b' }], INPUT], ['jobs/nightly.yaml:1:1: command must have a plain value']],
    [[COMMAND, ['input', '']], ['jobs/nightly.yaml:2:9: input is empty']],
    [[['comand', 'apply'], INPUT], ['jobs/nightly.yaml:1:1: unknown key comand; did you mean command?']],
    [[COMMAND, ['inputs', 'x']], ['jobs/nightly.yaml:2:1: unknown key inputs; did you mean input?']],
    [
      [COMMAND, ['file', 'x']],
      ['jobs/nightly.yaml:2:1: unknown key file', 'jobs/nightly.yaml: input is missing'],
    ],
    [
      [COMMAND, INPUT, ['max-attempts', '5']],
      ['jobs/nightly.yaml:3:1: unknown key max-attempts; did you mean max_attempts?'],
    ],
    [
      [COMMAND, INPUT, ['\u00a0rate', '5']],
      ['jobs/nightly.yaml:3:1: unknown key "\\xa0rate" (character 1 is U+00A0 (a no-break space)); did you mean rate?'],
    ],
    [
      [['command', 'pl\u0430n'], INPUT],
      [
        'jobs/nightly.yaml:1:9: command must be plan or apply, not "pl\\u0430n": character 3 is U+0430 (a Cyrillic letter)',
      ],
    ],
    [[COMMAND, INPUT, ['colour', 'red']], ['jobs/nightly.yaml:3:1: unknown key colour']],
    [[COMMAND, INPUT, ['rate', { a: '1' }]], ['jobs/nightly.yaml:3:1: rate must have a plain value']],
    [[COMMAND, INPUT, ['only', 'held']], ['jobs/nightly.yaml:3:1: unknown key only']],
    [[COMMAND, INPUT, ['constructor', 'x']], ['jobs/nightly.yaml:3:1: unknown key constructor']],
  ] satisfies [[string, Value][], string[]][])('%j', (keys, errors) => {
    expect(read(...keys)).toEqual({ errors });
  });

  it('reports all of them at once', () => {
    expect(read(COMMAND, ['colour', 'red'], ['rate', {}])).toEqual({
      errors: [
        'jobs/nightly.yaml:2:1: unknown key colour',
        'jobs/nightly.yaml:3:1: rate must have a plain value',
        'jobs/nightly.yaml: input is missing',
      ],
    });
    expect(read(INPUT, ['colour', 'red'])).toEqual({
      errors: ['jobs/nightly.yaml:2:1: unknown key colour', 'jobs/nightly.yaml: command is missing'],
    });
    expect(read(['missing_input_ok', {}])).toEqual({
      errors: [
        'jobs/nightly.yaml:1:1: missing_input_ok must have a plain value',
        'jobs/nightly.yaml: command is missing',
        'jobs/nightly.yaml: input is missing',
      ],
    });
  });

  it('may have a path that reads like a key', () => {
    expect(readJob([], 'input/command.yaml')).toEqual({
      errors: ['input/command.yaml: command is missing', 'input/command.yaml: input is missing'],
    });
  });
});

describe('the schema of job files', () => {
  const schema = jobJsonSchema();
  const validate = new Ajv({ strict: true }).compile(schema);

  it('describes every key for editors', () => {
    const properties = Object.values(schema.properties as Record<string, { description?: string }>);
    expect(schema).toMatchObject({ title: 'telnyx-reassign job', required: ['command', 'input'], type: 'object' });
    expect(properties.every(({ description }) => (description ?? '') !== '')).toBe(true);
    expect(Object.keys(schema.properties as object)).toEqual(['command', 'input', ...JOB_SETTINGS]);
  });

  it.each([
    {},
    { rate: 0.5 },
    { rate: 'off' },
    { rate: 'auto' },
    { reserve: 0 },
    { timeout: '10s', retry_base: 2 },
    { map: { phone_number_id: 'Number ID' } },
    { max_failures: '5%', max_changes: 200 },
    { max_failures: 0, max_changes: '12.5%' },
    { if_unfinished: 'refuse' },
    { offline: true, strict: true, force: true, detailed_exitcode: true, max_plan_age: '12h' },
    { if_unfinished: 'resume', no_lock: true, state_dir: '/var/lib/x', wait_for_lock: '10m' },
    { if_unfinished: 'new', stop_after: 1, finish_by: '06:00', outage_patience: 0, max_same_error: 1, keep_runs: 3 },
    { skip_rejected: true, max_attempts: 100, min_rows: 0, delimiter: ';', base_url: 'https://x.test', name: 'n' },
  ])('accepts a job with %j', (settings) => {
    expect(validate({ command: 'apply', input: 'a.csv', ...settings })).toBe(true);
  });

  it.each([
    { command: 'undo' },
    { input: '' },
    { rate: 0 },
    { rate: 'fast' },
    { rate: 10_001 },
    { reserve: 91 },
    { reserve: 2.5 },
    { max_attempts: 0 },
    { max_attempts: 1.5 },
    { max_attempts: 101 },
    { min_rows: -1 },
    { skip_rejected: 'yes' },
    { timeout: -1 },
    { timeout: '' },
    { map: 'x' },
    { colour: 'red' },
    { max_failures: -1 },
    { max_failures: 2.5 },
    { max_failures: '' },
    { max_failures: true },
    { if_unfinished: 'old' },
    { if_unfinished: true },
    { finish_by: '' },
    { finish_by: 600 },
    { stop_after: 0 },
    { keep_runs: 0 },
    { only: 'held' },
    { watch: '1h' },
    { offline: 'yes' },
    { delimiter: '' },
    { log_level: 7 },
  ])('refuses a job with %j', (settings) => {
    expect(validate({ command: 'apply', input: 'a.csv', ...settings })).toBe(false);
  });

  it.each([{ yes: true }, { dry_run: true }, { allow_unassign: true }])('takes any flag: %j', (settings) => {
    expect(validate({ command: 'apply', input: 'a.csv', ...settings })).toBe(true);
  });
});
