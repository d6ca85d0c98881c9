import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../src/core/settings/environment.ts';

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
    expect(readEnvironment(environment)).toStrictEqual({
      raw: { rate: '2', max_server_wait: '1m' },
      errors: [],
    });
  });

  it.each([
    ['TELNYX_REASSIGN_YES', '--yes'],
    ['TELNYX_REASSIGN_SKIP_REJECTED', '--skip-rejected'],
    ['TELNYX_REASSIGN_ALLOW_UNASSIGN', '--allow-unassign'],
    ['TELNYX_REASSIGN_ALLOW_ROUNDED_IDS', '--allow-rounded-ids'],
    ['TELNYX_REASSIGN_IF_UNFINISHED', '--if-unfinished'],
    ['TELNYX_REASSIGN_NO_LOCK', '--no-lock'],
  ])('gives no consent: %s is an error, even if it says false', (variable, flag) => {
    const error = `${variable} is not taken from the environment; pass ${flag} if it is meant`;
    expect(readEnvironment({ [variable]: 'true' })).toEqual({ raw: {}, errors: [error] });
    expect(readEnvironment({ [variable]: 'false' })).toEqual({ raw: {}, errors: [error] });
  });

  it.each([
    ['TELNYX_REASSIGN_RATES', '; did you mean TELNYX_REASSIGN_RATE?'],
    ['TELNYX_REASSIGN_MAX_ATEMPTS', '; did you mean TELNYX_REASSIGN_MAX_ATTEMPTS?'],
    ['TELNYX_REASSIGN_rate', '; did you mean TELNYX_REASSIGN_RATE?'],
    ['TELNYX_REASSIGN_API_KEY', ''],
    ['TELNYX_REASSIGN_', ''],
  ])('has no unknown variable with our prefix: %s is an error', (variable, hint) => {
    expect(readEnvironment({ [variable]: '1' })).toEqual({
      raw: {},
      errors: [`unknown variable ${variable}${hint}`],
    });
  });
});
