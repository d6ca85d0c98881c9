import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { SandboxState } from '../../../src/sandbox/server.ts';
import { informingReads } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { api, readingApi } from '../../support/program/sandbox.ts';
import {
  lastRun,
  manifestOf,
  OTHER,
  PROFILE,
  summaryOf,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

/** What the generated account has on its first profile. */
const ON_FIRST = {
  ...{ profile: OTHER, name: 'Profile 1', short_codes: 1, alphanumeric_senders: 1, hosted_numbers: 1 },
  keyword_answers: 2,
};

describe('what stays behind', () => {
  it('is in the plan, the manifest and the summary, and a saved plan shows it again', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 10, profiles: 3 });
    const cwd = workDirectory();
    const { exit, stdout } = await run(cwd, ['plan', writeInput(cwd, 10), ...flags.slice(0, -1)]);
    expect(exit).toBe(0);
    const { left_behind: left = [], differences = [] } = manifestOf(cwd).plan ?? {};
    expect(left).toMatchObject([ON_FIRST, { name: 'Profile 3' }]);
    expect(left.map(({ numbers }) => numbers)).toEqual([0, 0]);
    expect(differences).toContainEqual({
      from: OTHER,
      to: PROFILE,
      what: 'webhook',
      was: 'example.com',
      becomes: 'another path',
    });
    expect(differences).toContainEqual({
      from: OTHER,
      to: PROFILE,
      what: 'answer * info',
      was: 'HELP',
      becomes: 'none',
    });
    expect(summaryOf(cwd).plan).toMatchObject({ left_behind: left, differences });
    expect(stdout).toContain('\nStays behind numbers codes senders numbers answers opt-outs\n  Profile 1 ');
    expect(stdout).toContain('\nDiffers from Profile 1 to Profile 2\n  webhook ');
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .filter((line) => /^ {2}(Profile|answer|webhook)/.test(line))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
    const requests = informingReads(sandbox).length;
    expect(requests).toBe(2 * 5 + 1);
    const again = await run(cwd, ['apply', lastRun(cwd), '--dry-run', '--rate', 'off']);
    expect(again.stdout).toContain('\nStays behind numbers codes senders numbers answers opt-outs\n  Profile 1 ');
    expect(again.stdout).toContain('\nDiffers from Profile 1 to Profile 2\n  webhook ');
    expect(informingReads(sandbox)).toHaveLength(requests);
  });

  it('is read again by verify, which does not mind it', async () => {
    const { flags } = await readingApi({ numbers: 10, profiles: 3 });
    const cwd = workDirectory();
    expect((await run(cwd, ['apply', writeInput(cwd, 4), ...flags])).exit).toBe(0);
    const planned = manifestOf(cwd).plan?.left_behind ?? [];
    const verified = await run(cwd, ['verify', lastRun(cwd), '--strict', '--rate', 'off']);
    expect(verified.exit).toBe(0);
    expect(verified.stdout).toContain('\nStill there ');
    const { left_behind: left } = JSON.parse((await run(cwd, ['verify', lastRun(cwd), '--json'])).stdout);
    expect(left).toEqual(planned);
  });

  it.each([
    ['nothing changes', 'apply'],
    ['a run is undone', 'undo'],
  ])('is not read if %s', async (_, command) => {
    const { sandbox, flags } = await readingApi({ numbers: 4, profiles: 3 });
    const cwd = workDirectory();
    await run(cwd, ['apply', writeInput(cwd, 4), ...flags]);
    const before = informingReads(sandbox).length;
    const args = command === 'undo' ? [command, lastRun(cwd)] : [command, 'numbers.csv'];
    expect((await run(cwd, [...args, ...(command === 'undo' ? ['--rate', 'off', '--yes'] : flags)])).exit).toBe(0);
    expect(before).toBeGreaterThan(0);
    expect(informingReads(sandbox)).toHaveLength(before);
  });
});

describe('what cannot be read', () => {
  it.each([
    ['404', 6],
    ['500', 3 * 5],
    ['403-blocked', 5],
    ['login-html', 3 * 5],
    ['reset', 3 * 5],
  ] as const)('is a question mark after %s, and the run goes on', async (fault, requests) => {
    const lists = [
      'short-codes',
      'alphanumeric-senders',
      'keyword-answers',
      'hosted-numbers',
      'hosted-numbers-2',
      'opt-outs',
    ];
    const { sandbox, flags } = await api(
      { numbers: 10, profiles: 3 },
      [],
      lists.map((list) => `${fault}@${list}`),
    );
    const cwd = workDirectory();
    const online = flags.filter((flag) => flag !== '--offline');
    const { exit, stderr } = await run(cwd, ['apply', writeInput(cwd, 10), ...online, '--strict=false']);
    expect(exit).toBe(0);
    expect(stderr).toContain('  Profile 1        0     ?       ?       ?       ?        ?\n');
    expect(stderr).not.toContain('does not answer');
    expect(manifestOf(cwd).plan?.warnings.join()).not.toMatch(/short|sender|hosted|keyword|opt/);
    expect(informingReads(sandbox)).toHaveLength(requests);
  });
});

describe('a profile that the account no longer has', () => {
  it('makes nothing of the others unknown', async () => {
    const { sandbox: made } = await api({ numbers: 10, profiles: 3 });
    const { numbers, ...others } = made.snapshot();
    const gone = '00000000-0000-4000-8000-0000000000ff';
    const moved = numbers.map((number, at) => ({ ...number, messaging_profile_id: at < 6 ? gone : OTHER }));
    const { flags } = await readingApi({ state: { ...others, numbers: moved } });
    const cwd = workDirectory();
    expect((await run(cwd, ['apply', writeInput(cwd, 10), ...flags])).exit).toBe(0);
    const unknown = { profile: gone, name: '', short_codes: null, alphanumeric_senders: null, keyword_answers: null };
    const left = [{ ...unknown, numbers: 0 }, ON_FIRST];
    expect(manifestOf(cwd).plan?.left_behind).toMatchObject(left);
    const { stdout } = await run(cwd, ['verify', lastRun(cwd), '--rate', 'off', '--json']);
    expect(JSON.parse(stdout).left_behind).toMatchObject(left);
  });
});

describe('a server that ignores filters', () => {
  it('makes nothing of other profiles count', async () => {
    const { flags } = await readingApi({ numbers: 10, profiles: 3, ignoreFilters: ['all'] });
    const cwd = workDirectory();
    expect((await run(cwd, ['plan', writeInput(cwd, 10), ...flags.slice(0, -1)])).exit).toBe(0);
    expect(manifestOf(cwd).plan?.left_behind).toMatchObject([
      { ...ON_FIRST, numbers: 0 },
      { name: 'Profile 3', hosted_numbers: 0, opt_outs: 0 },
    ]);
  });
});

describe('secrets', () => {
  it('of profiles and their webhooks are in no output', async () => {
    const profile = (n: number, secret: string): SandboxState['profiles'][number] => ({
      id: n === 1 ? OTHER : PROFILE,
      name: `P${n}`,
      enabled: true,
      webhook_url: `https://user:${secret}@hooks.example.test/${secret}?token=${secret}`,
      webhook_failover_url: `https://${n}.example.test/${secret}`,
      webhook_api_version: '2',
      whitelisted_destinations: ['US'],
      number_pool_settings: null,
    });
    const { sandbox: made } = await api({ numbers: 4, profiles: 2 });
    const state = { ...made.snapshot(), profiles: [profile(1, 'tokenoftheold'), profile(2, 'tokenofthenew')] };
    const { flags } = await readingApi({ state });
    const cwd = workDirectory();
    const { exit, stdout, stderr } = await run(cwd, ['apply', writeInput(cwd, 4), ...flags]);
    expect(exit).toBe(0);
    expect(stderr).toContain('hooks.example.test -> another path');
    expect(stderr).toContain('1.example.test -> 2.example.test');
    const found = execFileSync('sh', ['-c', 'grep -rlE "tokenofthe|made-up-secret" . || true'], {
      cwd,
      encoding: 'utf8',
    });
    expect(found).toBe('');
    expect([stdout, stderr].join()).not.toMatch(/tokenofthe|made-up-secret/);
  });
});
