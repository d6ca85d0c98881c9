import { describe, expect, it } from 'vitest';
import { parseSetting } from '../../../src/core/settings/parse.ts';
import {
  flagOf,
  ROW_KINDS,
  type Scope,
  SETTING_NAMES,
  type SettingName,
  settingDefinition,
  UNFINISHED,
  variableOf,
} from '../../../src/core/settings/schema.ts';

describe('the table of settings', () => {
  it.each(SETTING_NAMES)('%s has a default of its own kind, or none', (name) => {
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
  ] satisfies [SettingName, unknown][])('%s is %j when nothing is said', (name, value) => {
    expect(parseSetting(name, settingDefinition(name).default ?? '')).toEqual({ value });
  });

  it.each([
    ...['map', 'delimiter', 'concurrency', 'max_changes', 'stop_after', 'finish_by', 'max_plan_age', 'watch'],
  ] as SettingName[])('%s has no value when nothing is said', (name) => {
    expect(settingDefinition(name).default).toBeNull();
  });

  it('knows which settings are consents, which belong to the plan, and which to one call', () => {
    const those = (mark: 'consent' | 'input' | 'once') =>
      SETTING_NAMES.filter((name) => settingDefinition(name)[mark] === true);
    expect(those('consent')).toEqual([
      ...['allow_unassign', 'allow_rounded_ids', 'skip_rejected', 'force', 'yes', 'if_unfinished', 'no_lock'],
    ]);
    expect(those('input')).toEqual(['map', 'delimiter', 'allow_unassign', 'allow_rounded_ids', 'offline']);
    expect(those('once')).toEqual([
      ...[
        'force',
        'stop_after',
        'finish_by',
        'yes',
        'dry_run',
        'if_unfinished',
        'only',
        'watch',
        'every',
        'detailed_exitcode',
        'wait_for_lock',
        'no_lock',
        'name',
      ],
      ...['log_file', 'json', 'quiet', 'print_config'],
    ]);
  });

  const reading = 'map delimiter allow_unassign allow_rounded_ids missing_input_ok name'.split(' ');
  const input = [...reading, 'offline', 'strict', 'skip_rejected', 'min_rows', 'max_plan_age', 'detailed_exitcode'];
  const pace = 'rate reserve concurrency max_attempts timeout retry_base retry_max max_server_wait'.split(' ');
  const guards = ['max_failures', 'max_same_error', 'outage_patience'];
  const lock = ['wait_for_lock', 'no_lock', 'state_dir'];
  const making = ['sandbox'];
  const output = ['runs_dir', 'keep_runs', 'log_file', 'log_level', 'json', 'quiet', 'print_config'];
  const sending = ['stop_after', 'force', ...lock];
  const asking = ['yes', 'dry_run'];
  const paced = [...pace, ...guards, 'finish_by', 'base_url', 'results', ...output];
  const anew = [...paced, ...sending, ...asking, 'strict', 'max_changes', 'name'];

  it.each([
    ['plan', [...input, ...paced, ...making, 'max_changes']],
    ['apply', [...input, ...paced, ...making, ...sending, ...asking, 'max_changes', 'if_unfinished']],
    ['run', [...input, ...paced, ...making, ...sending, ...asking, 'max_changes', 'if_unfinished']],
    ['resume', [...paced, ...sending]],
    ['retry', [...anew, 'only']],
    ['undo', anew],
    ['verify', [...reading, ...pace, 'outage_patience', 'base_url', ...output, 'watch', 'every']],
    ['results', ['results', 'json', 'quiet']],
    ['runs', ['runs_dir', 'json', 'quiet']],
  ] satisfies [Scope, string[]][])('belongs to %s as far as that command can do with it', (scope, names) => {
    const those = SETTING_NAMES.filter((name) => settingDefinition(name).scopes.includes(scope));
    expect([...those].sort()).toEqual([...names].sort());
  });

  it('has the words of the contract', () => {
    expect(UNFINISHED).toEqual(['refuse', 'resume', 'new']);
    expect(ROW_KINDS).toEqual(['failed', 'retryable', 'permanent', 'unverified', 'unprocessed', 'held']);
  });

  it('names a setting as flag and as variable', () => {
    expect(flagOf('max_server_wait')).toBe('max-server-wait');
    expect(variableOf('max_server_wait')).toBe('TELNYX_REASSIGN_MAX_SERVER_WAIT');
  });
});
