import { describe, expect, it } from 'vitest';
import { fileVariableOf, flagOf, flagsOf, variableOf } from '../../../src/core/settings/flags.ts';

describe('the names of a setting', () => {
  it('are those of its flag and of its variable', () => {
    expect(flagOf('max_server_wait')).toBe('max-server-wait');
    expect(fileVariableOf('notify')).toBe('TELNYX_REASSIGN_NOTIFY_FILE');
    expect(variableOf('max_server_wait')).toBe('TELNYX_REASSIGN_MAX_SERVER_WAIT');
  });
});

describe('settings as flags', () => {
  it('are flag and value, a flag alone, or a flag taken back', () => {
    const typed = {
      map: ['phone_number_id=Number ID', 'phone_number=Phone'],
      rate: '2.5',
      sandbox: 'true',
      json: 'false',
      max_attempts: '3',
    };
    expect(flagsOf(typed)).toEqual([
      '--map',
      'phone_number_id=Number ID',
      '--map',
      'phone_number=Phone',
      '--rate',
      '2.5',
      '--sandbox',
      '--json=false',
      '--max-attempts',
      '3',
    ]);
    expect(flagsOf({})).toEqual([]);
    expect(flagsOf({ runs_dir: '--x' })).toEqual(['--runs-dir=--x']);
  });
});
