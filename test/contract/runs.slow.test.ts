import { describe, expect, it } from 'vitest';
import { parseFault, type SandboxOptions } from '../../src/sandbox/server.ts';
import { valuesOf } from '../support/program/account.ts';
import { run } from '../support/program/run.ts';
import { lastRun, numberId, OTHER, PROFILE, THIRD, workDirectory, writeLines } from '../support/program/workspace.ts';
import { openSandbox } from '../support/sandbox/open.ts';
import { validatingProxy } from './validating-proxy.ts';

const FAST = ['--rate', 'off', '--retry-base', '1ms', '--retry-max', '2ms', '--concurrency', '4', '--yes'];
const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
const rows = (count: number, row: (n: number) => string) => Array.from({ length: count }, (_, at) => row(at + 1));

/** Inputs that make the program read the account in different ways and write every kind of change. */
const INPUTS: [string, string[]][] = [
  ['ids', ['phone_number_id,messaging_profile_id', ...rows(30, (n) => `${numberId(n)},${n % 2 ? PROFILE : THIRD}`)]],
  ['ids and products', ['phone_number_id,messaging_product', ...rows(9, (n) => `${numberId(n)},P2P`)]],
  ['both', ['phone_number_id,messaging_profile_id,messaging_product', `${numberId(1)},${PROFILE},P2P`]],
  ['phone numbers', ['phone_number,messaging_profile_id', ...rows(120, (n) => `${phone(n)},${PROFILE}`)]],
  ['names of profiles', ['phone_number_id,messaging_profile_name', ...rows(5, (n) => `${numberId(n)},Profile 3`)]],
  ['removals', ['phone_number_id,messaging_profile_id', ...rows(5, (n) => `${numberId(n)},UNASSIGN`)]],
];

async function world(options: SandboxOptions = {}) {
  const sandbox = await openSandbox({ numbers: 300, rateLimit: 100_000, ...options });
  const proxy = await validatingProxy(sandbox.url);
  const cwd = workDirectory();
  const flags = ['--allow-unassign', '--base-url', proxy.url, ...FAST];
  return { sandbox, proxy, cwd, flags };
}

describe('a run through a validator that is not ours', () => {
  it.each(INPUTS)('of %s conforms to the document in plan, apply, verify and undo', async (_, lines) => {
    const { sandbox, proxy, cwd, flags } = await world();
    const start = valuesOf(sandbox.snapshot());
    const input = writeLines(cwd, lines);
    const exits = [];
    exits.push((await run(cwd, ['plan', input, ...flags.filter((flag) => flag !== '--yes')])).exit);
    exits.push((await run(cwd, ['apply', input, ...flags])).exit);
    const dir = lastRun(cwd);
    exits.push((await run(cwd, ['verify', dir])).exit);
    exits.push((await run(cwd, ['undo', dir, '--yes'])).exit);
    expect([exits, proxy.violations]).toEqual([[0, 0, 0, 0], []]);
    expect(proxy.used).toContain('updateNumberMessagingSettings 200');
    expect(valuesOf(sandbox.snapshot())).toEqual(start);
  });

  it('conforms when requests fail and are repeated, and when rows fail', async () => {
    const faults = ['503*2', '429*1', `404@${numberId(1)}`, `not-eligible@${numberId(3)}`, `403-row@${numberId(4)}`];
    const { proxy, cwd, flags } = await world({ faults: faults.map(parseFault), readFaults: [parseFault('500*1')] });
    const lines = rows(8, (n) => `${numberId(n)},${PROFILE},${n === 3 ? 'P2P' : ''}`);
    const input = writeLines(cwd, ['phone_number_id,messaging_profile_id,messaging_product', ...lines]);
    expect((await run(cwd, ['apply', input, ...flags])).exit).toBe(4);
    expect((await run(cwd, ['retry', lastRun(cwd), '--yes'])).exit).not.toBe(0);
    expect(proxy.violations).toEqual([]);
    for (const status of [200, 403, 404, 422, 429, 503]) {
      expect(proxy.used).toContain(`updateNumberMessagingSettings ${status}`);
    }
  });
});

describe('a read of phone numbers through a validator that is not ours', () => {
  it.each([
    ['silent', 'verifyOwnership 200'],
    ['400', 'listNumbersWithMessagingSettings 400'],
  ] as const)('conforms if long lists are not answered: %s', async (answer, used) => {
    const { proxy, cwd, flags } = await world({ listCap: { max: 10, answer } });
    const lines = [...rows(40, (n) => `${phone(n)},${PROFILE}`), ...rows(5, (n) => `+1212555010${n},${PROFILE}`)];
    const input = writeLines(cwd, ['phone_number,messaging_profile_id', ...lines]);
    expect((await run(cwd, ['apply', input, ...flags, '--skip-rejected'])).exit).toBe(4);
    expect(proxy.violations).toEqual([]);
    expect(proxy.used).toContain(used);
  });
});

describe('the validator', () => {
  const send = async (path: string, method = 'GET', body?: unknown, type = 'application/json') => {
    const { proxy } = await world();
    const headers = { authorization: 'Bearer KEY-test', 'content-type': type };
    await fetch(`${proxy.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return proxy.violations.join('\n');
  };
  const number = `/phone_numbers/${numberId(1)}/messaging`;

  it('accepts what is documented', async () => {
    expect(await send(number, 'PATCH', { messaging_profile_id: OTHER })).toBe('');
    expect(await send('/messaging_profiles?page[size]=250')).toBe('');
  });

  it.each<[string, string, string, unknown, string]>([
    ['an unknown path', '/nowhere', 'GET', undefined, 'not documented'],
    ['an unknown parameter', '/messaging_profiles?size=5', 'GET', undefined, 'request /query must NOT have additional'],
    ['a page that is too large', '/messaging_profiles?page[size]=251', 'GET', undefined, 'must be <= 250'],
    ['a profile that is no UUID', number, 'PATCH', { messaging_profile_id: 'x' }, 'must match pattern'],
    ['an unknown field', number, 'PATCH', { profile: OTHER }, 'request /requestBody must NOT have additional'],
    [
      '1,001 phone numbers',
      '/phone_numbers/actions/verify_ownership',
      'POST',
      { phone_numbers: rows(1001, phone) },
      'more than 1000',
    ],
  ])('refuses %s', async (_, path, method, body, problem) => {
    expect(await send(path, method, body)).toContain(problem);
  });

  it('refuses a body of another type, a request without a key, and an answer of another form', async () => {
    expect(await send(number, 'PATCH', {}, 'text/plain')).toContain('request not JSON');
    const { proxy } = await world({
      readFaults: ['huge', 'empty', 'login-html'].map((kind) => parseFault(`${kind}*1`)),
    });
    await fetch(`${proxy.url}${number}`);
    expect(proxy.violations.join('\n')).toContain('without a key');
    for (let n = 0; n < 3; n += 1) {
      await fetch(`${proxy.url}${number}`, { headers: { authorization: 'Bearer KEY-test' } });
    }
    expect(proxy.violations.join('\n')).toContain('answer not JSON');
  });
});
