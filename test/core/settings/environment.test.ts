import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../src/core/settings/environment.ts';

describe('the variables of a Kubernetes service', () => {
  it('are named so, with both remedies', () => {
    const ofPort = (port: string) => ({ [port]: 'tcp://10.0.0.1:80', [`${port}_PROTO`]: 'tcp', [`${port}_ADDR`]: 'x' });
    const { errors } = readEnvironment({
      TELNYX_REASSIGN_SERVICE_HOST: '10.0.0.1',
      TELNYX_REASSIGN_SERVICE_PORT: '80',
      TELNYX_REASSIGN_SERVICE_PORT_HTTP: '80',
      TELNYX_REASSIGN_PORT: 'tcp://10.0.0.1:80',
      ...ofPort('TELNYX_REASSIGN_PORT_80_TCP'),
      ...ofPort('TELNYX_REASSIGN_PORT_53_UDP'),
      ...ofPort('TELNYX_REASSIGN_PORT_9_SCTP'),
      TELNYX_REASSIGN_RATE_LIMITER_SERVICE_HOST: '10.0.0.2',
      TELNYX_REASSIGN_RATE_LIMITER_PORT: 'udp://10.0.0.2:53',
    });
    expect(errors).toEqual([
      expect.stringMatching(
        /^TELNYX_REASSIGN_SERVICE_HOST, .*TELNYX_REASSIGN_PORT_53_UDP_ADDR and 3 more: not settings, but what Kubernetes sets for the service telnyx-reassign; set enableServiceLinks: false in the pod, or rename the service$/,
      ),
      'TELNYX_REASSIGN_RATE_LIMITER_SERVICE_HOST, TELNYX_REASSIGN_RATE_LIMITER_PORT: not settings, but what Kubernetes sets for the service telnyx-reassign-rate-limiter; set enableServiceLinks: false in the pod, or rename the service',
    ]);
  });

  it('are only those', () => {
    for (const name of ['PORT', 'PORTS', 'SERVICE', 'SERVICE_HOSTS', 'PORT_80', 'PORT_80_TCP_X']) {
      expect(readEnvironment({ [`TELNYX_REASSIGN_${name}`]: '4010' }).errors).toEqual([
        expect.stringContaining(`unknown variable TELNYX_REASSIGN_${name}`),
      ]);
    }
    expect(readEnvironment({ [`TELNYX_REASSIGN_${'X'.repeat(500)}`]: '' }).errors[0]).toHaveLength(80);
  });
});

describe('very many variables', () => {
  it('get suggestions for the first ones only', () => {
    const environment = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`TELNYX_REASSIGN_TIMEOUT${at}`, '']),
    );
    const { errors } = readEnvironment({ ...environment, TELNYX_REASSIGN_RAT: '' });
    expect(errors).toHaveLength(101);
    expect(errors[0]).toContain('did you mean TELNYX_REASSIGN_TIMEOUT?');
    expect(errors[100]).toBe('unknown variable TELNYX_REASSIGN_RAT');
  });
});

describe('the environment', () => {
  it('reads the variables with our prefix, and no others', () => {
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
      files: {},
      errors: [],
    });
  });

  it('leaves the files of secrets to the caller; nothing else can be in one', () => {
    expect(readEnvironment({ TELNYX_REASSIGN_PING_FILE: '~/ping', TELNYX_REASSIGN_NOTIFY: 'u' })).toEqual({
      raw: { notify: 'u' },
      files: { ping: '~/ping' },
      errors: [],
    });
    expect(readEnvironment({ TELNYX_REASSIGN_RATE_FILE: 'x' }).errors).toEqual([
      'unknown variable TELNYX_REASSIGN_RATE_FILE',
    ]);
  });

  it.each([
    ['TELNYX_REASSIGN_YES', '--yes'],
    ['TELNYX_REASSIGN_SKIP_REJECTED', '--skip-rejected'],
    ['TELNYX_REASSIGN_ALLOW_UNASSIGN', '--allow-unassign'],
    ['TELNYX_REASSIGN_ALLOW_ROUNDED_IDS', '--allow-rounded-ids'],
    ['TELNYX_REASSIGN_IF_UNFINISHED', '--if-unfinished'],
    ['TELNYX_REASSIGN_NO_LOCK', '--no-lock'],
  ])('cannot give consent: %s is an error, even if it is false', (variable, flag) => {
    const error = `${variable} is not taken from the environment; pass ${flag} if it is meant`;
    expect(readEnvironment({ [variable]: 'true' })).toEqual({ raw: {}, files: {}, errors: [error] });
    expect(readEnvironment({ [variable]: 'false' })).toEqual({ raw: {}, files: {}, errors: [error] });
  });

  it.each([
    ['TELNYX_REASSIGN_RATES', '; did you mean TELNYX_REASSIGN_RATE?'],
    ['TELNYX_REASSIGN_MAX_ATEMPTS', '; did you mean TELNYX_REASSIGN_MAX_ATTEMPTS?'],
    ['TELNYX_REASSIGN_rate', '; did you mean TELNYX_REASSIGN_RATE?'],
    ['TELNYX_REASSIGN_API_KEY', ''],
    ['TELNYX_REASSIGN_', ''],
  ])('accepts no unknown variable with our prefix: %s is an error', (variable, hint) => {
    expect(readEnvironment({ [variable]: '1' })).toEqual({
      raw: {},
      files: {},
      errors: [`unknown variable ${variable}${hint}`],
    });
  });
});
