import { describe, expect, it } from 'vitest';
import { parseSetting } from '../../../src/core/settings/parse.ts';
import {
  SECRET_SETTINGS,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  settingDefinition,
} from '../../../src/core/settings/schema.ts';
import type { FollowUp, Scope, SettingDefinition } from '../../../src/core/settings/table/definition.ts';

/** Guards that refuse a plan: they have no default, and the plan of a follow-up run does not take them over. */
const REFUSING = ['max_changes'] satisfies SettingName[];
/** Guards that stop a run. */
const STOPPING = ['max_failures', 'max_same_error'] satisfies SettingName[];

/** What chooses the numbers of an export. */
const FILTERS = ['profile', 'product', 'type', 'country', 'contains', 'tag'] satisfies SettingName[];

/** How rows are sent in waves: made for one plan, so a follow-up run does not take them over. */
const WAVES = ['waves', 'soak', 'gate', 'gate_timeout', 'undo_on_failure'] satisfies SettingName[];

describe('the table of settings', () => {
  it.each(SETTING_NAMES)('%s has a valid default, or none', (name) => {
    const { default: standard } = settingDefinition(name);
    if (standard === null) return;
    expect(parseSetting(name, standard)).toHaveProperty('value');
  });

  it.each([
    ['rate', 'auto'],
    ['reserve', 20],
    ['max_attempts', 5],
    ['timeout', 10_000],
    ['retry_base', 1000],
    ['retry_max', 60_000],
    ['max_server_wait', 900_000],
    ['base_url', 'https://api.telnyx.com/v2'],
    ['runs_dir', 'runs'],
    ['log_level', 'info'],
    ['min_rows', 0],
    ['max_failures', { value: 5, percent: true }],
    ['max_same_error', 20],
    ['outage_patience', 300_000],
    ['soak', 0],
    ['gate_timeout', 300_000],
    ['bulk', 'off'],
    ['bulk_patience', 300_000],
    ['undo_on_failure', false],
    ['if_unfinished', 'refuse'],
    ['only', ['failed', 'unverified', 'unprocessed']],
    ['wait_for_lock', 0],
    ['no_lock', false],
    ['json', false],
    ['quiet', false],
    ['yes', false],
    ['sandbox', false],
    ['force', false],
    ['offline', false],
    ['strict', false],
    ['detailed_exitcode', false],
    ['every', 60_000],
    ['max_drop', 10],
    ['accounts', 50],
    ['lease', 25_000],
    ['port', 4011],
    ['notify_on', 'always'],
  ] satisfies [SettingName, unknown][])('%s is %j by default', (name, value) => {
    expect(parseSetting(name, settingDefinition(name).default ?? '')).toEqual({ value });
  });

  it.each([
    ...[
      'map',
      'to_profile',
      'to_product',
      'number',
      'delimiter',
      'concurrency',
      ...REFUSING,
      'stop_after',
      'finish_by',
      'max_plan_age',
      'expect_plan',
      'watch',
      'before',
    ],
    ...['queue', 'keys_dir', 'waves', 'gate', 'notify', 'ping', 'metrics_file'],
  ] as SettingName[])('%s has no value by default', (name) => {
    expect(settingDefinition(name).default).toBeNull();
  });

  const those = (isWanted: (definition: SettingDefinition) => boolean) =>
    SETTING_NAMES.filter((name) => isWanted(settingDefinition(name)));

  it('knows which settings are consents', () => {
    expect(those(({ consent }) => consent === true)).toEqual([
      ...[
        'allow_unassign',
        'allow_rounded_ids',
        'skip_rejected',
        'force',
        'undo_on_failure',
        'yes',
        'if_unfinished',
        'no_lock',
      ],
      'leave_queue',
    ]);
  });

  it('knows which settings belong to the plan, and which to one call', () => {
    expect(those(({ belongsTo }) => belongsTo === 'plan')).toEqual([
      ...[
        'map',
        'to_profile',
        'to_product',
        'number',
        'delimiter',
        'allow_unassign',
        'allow_rounded_ids',
        'offline',
        'sandbox',
      ],
    ]);
    expect(those(({ belongsTo }) => belongsTo === 'call')).toEqual([
      ...[...FILTERS, 'input', 'opt_outs'],
      ...[
        'force',
        'expect_plan',
        'stop_after',
        'finish_by',
        'yes',
        'dry_run',
        'if_unfinished',
        'only',
        'watch',
        'every',
        'before',
        'max_drop',
        'follow',
      ],
      ...[
        'detailed_exitcode',
        'wait_for_lock',
        'no_lock',
        'state_dir',
        'queue',
        'detach',
        'leave_queue',
        'keys_dir',
        'accounts',
        'lease',
        'port',
        'name',
        'keep_runs',
        'results',
        'out',
        'log_file',
      ],
      ...['json', 'quiet', 'print_config', 'notify', 'ping', 'notify_on', 'metrics_file'],
    ]);
  });

  it.each([
    ['plan', ['missing_input_ok', 'log_level']],
    ['retry', ['number', 'delimiter', 'skip_rejected', 'min_rows', ...REFUSING, ...WAVES]],
    [
      'undo',
      [
        'map',
        'to_profile',
        'to_product',
        'number',
        'delimiter',
        'offline',
        'strict',
        'skip_rejected',
        'min_rows',
        ...REFUSING,
        ...WAVES,
      ],
    ],
  ] satisfies [FollowUp, SettingName[]][])('knows what %s does not take over from an earlier run', (command, names) => {
    expect(those(({ droppedBy }) => droppedBy?.includes(command) === true)).toEqual(names);
  });

  it('knows which settings are secrets', () => {
    expect(SECRET_SETTINGS).toEqual(['notify', 'ping']);
  });

  it('knows which settings are paths, which are repeatable, and which keep a run from writing', () => {
    expect(those(({ path }) => path === 'absolute')).toEqual([
      'before',
      'state_dir',
      'keys_dir',
      'results',
      'out',
      'metrics_file',
    ]);
    expect(those(({ path }) => path === 'as given')).toEqual(['input', 'runs_dir', 'log_file']);
    expect(those(({ repeatable }) => repeatable === true)).toEqual(['map', 'number']);
    expect(those(({ writesNothing }) => writesNothing === true)).toEqual(['sandbox', 'dry_run']);
  });

  const reading = 'map to_profile to_product delimiter allow_unassign allow_rounded_ids missing_input_ok name'.split(
    ' ',
  );
  const input = [...reading, 'offline', 'skip_rejected', 'min_rows', 'max_plan_age', 'detailed_exitcode'];
  const pace = 'rate reserve concurrency max_attempts timeout retry_base retry_max max_server_wait'.split(' ');
  const guards = [...STOPPING, 'outage_patience'];
  const lock = ['wait_for_lock', 'no_lock', 'state_dir'];
  const output = ['runs_dir', 'keep_runs', 'log_file', 'log_level', 'json', 'quiet', 'print_config'];
  const messages = ['notify', 'ping', 'notify_on', 'metrics_file'];
  const sending = ['stop_after', 'force', 'queue', 'detach', ...lock, ...messages];
  const asking = ['yes', 'dry_run'];
  const bulk = ['bulk', 'bulk_patience'];
  const anyWave = ['soak', 'gate', 'gate_timeout'];
  const paced = [...pace, ...guards, 'campaigns', 'finish_by', 'base_url', 'results', ...anyWave, ...bulk, ...output];
  const planning = ['strict', ...REFUSING, 'waves'];
  const making = [...input, ...paced, ...planning, 'sandbox'];
  const followUp = [...paced, ...sending, ...asking, ...planning, 'name'];

  it.each([
    ['plan', [...making, 'number', 'undo_on_failure']],
    ['apply', [...making, 'number', ...sending, ...asking, 'undo_on_failure', 'if_unfinished', 'expect_plan']],
    ['run', [...making, ...sending, ...asking, 'undo_on_failure', 'if_unfinished']],
    ['resume', [...paced, ...sending, 'undo_on_failure', 'strict', 'yes', 'leave_queue', 'expect_plan']],
    ['retry', [...followUp, 'undo_on_failure', 'only']],
    ['undo', followUp],
    [
      'verify',
      [
        ...reading,
        'number',
        ...pace,
        'outage_patience',
        'campaigns',
        'base_url',
        ...output,
        'strict',
        'watch',
        'every',
        'before',
        'max_drop',
        'yes',
      ],
    ],
    [
      'export',
      [
        ...FILTERS,
        ...['input', 'map', 'delimiter'],
        'opt_outs',
        ...pace,
        'outage_patience',
        'base_url',
        'log_file',
        'log_level',
        'json',
        'quiet',
        'print_config',
      ],
    ],
    ['results', ['results', 'json', 'quiet']],
    ['ctl', ['queue', 'json', 'quiet']],
    ['status', ['runs_dir', 'queue', 'json', 'follow']],
    ['report', ['out', 'json', 'quiet']],
    ['runs', ['runs_dir', 'json', 'quiet']],
    ['worker', ['queue', 'keys_dir', 'accounts', 'lease', 'no_lock', 'state_dir', 'log_level', 'print_config']],
    ['queue', ['queue', 'json']],
    ['board', ['queue', 'port']],
  ] satisfies [Scope, string[]][])('is accepted by %s if that command uses it', (scope, names) => {
    expect(those(({ scopes }) => scopes.includes(scope)).sort()).toEqual([...names].sort());
  });

  it('has the words of the contract', () => {
    expect(SETTINGS.if_unfinished.choices).toEqual(['refuse', 'resume', 'new']);
    expect(SETTINGS.only.choices).toEqual(['failed', 'retryable', 'permanent', 'unverified', 'unprocessed', 'held']);
  });
});
