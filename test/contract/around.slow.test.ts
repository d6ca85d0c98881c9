import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFault, type SandboxOptions } from '../../src/sandbox/server.ts';
import { valuesOf } from '../support/program/account.ts';
import { run } from '../support/program/run.ts';
import { lastRun, OTHER, PROFILE, table, workDirectory } from '../support/program/workspace.ts';
import { openSandbox } from '../support/sandbox/open.ts';
import { validatingProxy } from './validating-proxy.ts';

const AROUND = [
  'short-codes',
  'alphanumeric-senders',
  'keyword-answers',
  'hosted-numbers',
  'hosted-numbers-2',
  'opt-outs',
  'campaigns',
  'campaign',
];
const FAST = ['--rate', 'off', '--retry-base', '1ms', '--retry-max', '2ms', '--concurrency', '4'];

async function world(options: SandboxOptions = {}) {
  const sandbox = await openSandbox({ numbers: 600, rateLimit: 100_000, ...options });
  const proxy = await validatingProxy(sandbox.url);
  const cwd = workDirectory();
  const flags = ['--base-url', proxy.url, ...FAST];
  const exitOf = async (...args: string[]) => {
    const { exit, stdout, stderr } = await run(cwd, args);
    expect([exit, exit === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  };
  return { sandbox, proxy, cwd, flags, exitOf };
}

describe('what is around a move, through a validator that is not ours', () => {
  it.each([
    [[]],
    [['--profile', OTHER]],
    [['--profile', 'Profile 2', '--type', 'longcode', '--contains', '000']],
    [['--profile', 'none']],
    [['--product', 'A2P', '--country', 'US']],
    [['--tag', 'night']],
  ])('export with %j', async (filters) => {
    const { proxy, flags, exitOf } = await world();
    await exitOf('export', 'numbers.csv', ...filters, ...flags);
    expect(proxy.violations).toEqual([]);
    expect(proxy.used).toContain('listNumbersWithMessagingSettings 200');
  });

  it('export of the opt-outs of a profile', async () => {
    const { proxy, cwd, flags, exitOf } = await world({ numbers: 2000, profiles: 1 });
    await exitOf('export', '--opt-outs', OTHER, 'opt-outs.csv', ...flags);
    expect([proxy.violations, readFileSync(join(cwd, 'opt-outs.csv'), 'utf8').trim().split('\n').length]).toEqual([
      [],
      668,
    ]);
    expect(proxy.used.filter((one) => one === 'listOptOuts 200').length).toBeGreaterThan(2);
  });

  it('a cutover with everything, and the way back', async () => {
    const { sandbox, proxy, cwd, flags, exitOf } = await world();
    const start = valuesOf(sandbox.snapshot());
    const map = ['--map', 'messaging_profile_id=', '--map', 'messaging_profile_name='];
    await exitOf('export', 'numbers.csv', ...flags);
    await exitOf('plan', 'numbers.csv', ...map, '--to-profile', PROFILE, '--campaigns', ...flags);
    await exitOf('apply', 'numbers.csv', ...map, '--to-profile', PROFILE, '--campaigns', '--yes', ...flags);
    const dir = lastRun(cwd);
    await exitOf('verify', dir, '--campaigns');
    await exitOf('verify', dir, '--before', 'numbers.csv');
    expect(table(cwd, 'campaigns.csv', dir).every(({ changed }) => changed === 'no')).toBe(true);
    await exitOf('export', 'after.csv', '--input', 'numbers.csv', ...flags);
    await exitOf('apply', 'numbers.csv', '--allow-unassign', '--yes', ...flags);
    expect(proxy.violations).toEqual([]);
    expect(valuesOf(sandbox.snapshot())).toEqual(start);
    for (const operation of [
      'listShortCodesOfMessagingProfile',
      'listAlphanumericSendersOfMessagingProfile',
      'listKeywordAnswersOfMessagingProfile',
      'listHostedNumbers',
      'listOptOuts',
      'listNumberCampaigns',
    ]) {
      expect(proxy.used).toContain(`${operation} 200`);
    }
  });

  it('numbers from the command line', async () => {
    const { proxy, flags, exitOf } = await world();
    const numbers = ['--number', '+18000000021', '--number', '+18000000024'];
    await exitOf('apply', ...numbers, '--to-profile', OTHER, '--campaigns', '--yes', ...flags);
    expect(proxy.violations).toEqual([]);
    expect(proxy.used).toContain('getNumberCampaign 200');
  });

  it('a cutover on an API that has nothing of it', async () => {
    const readFaults = AROUND.map((name) => parseFault(`404@${name}`));
    const { proxy, cwd, flags, exitOf } = await world({ numbers: 60, readFaults });
    const move = ['--number', '+18000000021', '--number', '+18000000024', '--number', '+18000000027'];
    await exitOf('apply', ...move, '--to-profile', OTHER, '--campaigns', '--yes', ...flags);
    await exitOf('verify', lastRun(cwd), '--campaigns');
    expect(proxy.violations).toEqual([]);
    const asked = (operation: string) => proxy.used.filter((one) => one === `${operation} 404`).length;
    for (const operation of ['listHostedNumbers', 'listHostedNumbersAsInTheReference', 'listOptOuts']) {
      expect([operation, asked(operation)]).toEqual([operation, 2]); // once by each command
    }
  });
});
