import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { informingReads } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import {
  commandIn,
  lastRun,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  THIRD,
  table,
  workDirectory,
  writeLines,
} from '../../support/program/workspace.ts';

const planFlags = (flags: string[]) => flags.filter((flag) => flag !== '--yes');
const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
const methods = (sandbox: Sandbox) => sandbox.requests().map(({ method }) => method);
const gets = (sandbox: Sandbox) => sandbox.requests().filter(({ method }) => method === 'GET').length;

/** Rows that move the numbers `from` to `to` to PROFILE, by id or with their phone numbers. */
function rows(from: number, to: number, withPhone = false): string[] {
  const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  return withPhone
    ? [
        'phone_number_id,phone_number,messaging_profile_id',
        ...numbers.map((n) => `${numberId(n)},${phone(n)},${PROFILE}`),
      ]
    : ['phone_number_id,messaging_profile_id', ...numbers.map((n) => `${numberId(n)},${PROFILE}`)];
}

/** Every file below a directory with its size and time. */
function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`)
    .sort();
}

describe('reading the account', () => {
  it.each([
    ['10,000 of 10,000 numbers', 10_000, false, 50],
    ['50 of 10,000 numbers', 50, false, 52],
    ['500 of 10,000 numbers with their phone numbers', 500, true, 10],
    ['a single number', 1, false, 5],
  ])('of %s takes few calls', async (_what, numbers, withPhone, most) => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 10_000 });
    const input = writeLines(cwd, rows(1, numbers, withPhone));
    const { exit } = await run(cwd, ['plan', input, ...planFlags(flags)]);
    expect(exit).toBe(0);
    expect(gets(sandbox) - informingReads(sandbox).length).toBeLessThanOrEqual(most);
    // Numbers leave at most two profiles for a third one.
    expect(informingReads(sandbox).length).toBeLessThanOrEqual(2 * 5 + 1);
    expect(methods(sandbox)).not.toContain('PATCH');
    const { counts, requests } = summaryOf(cwd);
    // Every third number is on that profile already.
    expect(counts.unchanged + counts.planned).toBe(numbers);
    expect(counts.unchanged).toBe(Math.floor((numbers + 1) / 3));
    expect(requests).toMatchObject({ total: gets(sandbox), reads: gets(sandbox), writes: 0 });
  });

  it('of numbers that are nearly all on their target in a large account takes the list of that profile', async () => {
    const cwd = workDirectory();
    const numbers = Array.from({ length: 20_000 }, (_, at) => ({
      id: numberId(at + 1),
      messaging_profile_id: at < 1000 ? PROFILE : OTHER,
    }));
    const { sandbox, flags } = await readingApi({ numbers });
    const { exit } = await run(cwd, ['plan', writeLines(cwd, rows(1, 1000)), ...planFlags(flags)]);
    expect(exit).toBe(0);
    expect(summaryOf(cwd).counts.unchanged).toBe(1000);
    expect(gets(sandbox)).toBeLessThanOrEqual(8);
  });

  it('finds every number of a list that shifts while it is paged', async () => {
    const cwd = workDirectory();
    // Numbers before and behind the place that is read go away and come while page after page is read.
    const gone = [3, 700, 1400].map((n, at) => ({ atRequest: 3 + at, id: numberId(n), remove: true as const }));
    const come = [1, 2, 3].map((n) => ({
      atRequest: 4 + n,
      add: { id: `9${numberId(n).slice(1)}`, phone_number: `+1700000000${n}` },
    }));
    const { flags } = await readingApi({ numbers: 2000, edits: [...gone, ...come] });
    const args = ['plan', writeLines(cwd, rows(1, 2000)), ...planFlags(flags), '--skip-rejected'];
    const { exit } = await run(cwd, [...args, '--concurrency', '1']);
    expect(exit).toBe(4);
    const rejected = table(cwd, 'results.csv').filter(({ status }) => status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const row of rejected) {
      expect(row.reason).toBe('not_found');
      expect([3, 700, 1400].map(numberId)).toContain(row.phone_number_id);
    }
  });

  it('reads one by one if the API has no lists', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi({ readFaults: [{ kind: '404', probability: null, id: null, times: 1 }] });
    const { exit, stdout } = await run(cwd, ['plan', writeLines(cwd, rows(1, 5)), ...planFlags(flags)]);
    expect(exit).toBe(0);
    expect(stdout).toContain('(one by one, because the API has no list of numbers)');
  });

  it.each([
    ['answers 500 to everything', ['500=1'], 7],
    ['cuts every connection', ['reset=1'], 7],
  ])('ends with exit 7 and no plan when the API %s', async (_what, faults, expected) => {
    const cwd = workDirectory();
    const readFaults = faults.map((text) => ({
      kind: text.split('=')[0] as '500',
      probability: 1,
      id: null,
      times: null,
    }));
    const { sandbox, flags } = await readingApi({ readFaults });
    const { exit, stderr, stdout } = await run(cwd, [
      'apply',
      writeLines(cwd, rows(1, 5)),
      ...flags,
      '--outage-patience',
      '0',
    ]);
    expect(exit).toBe(expected);
    expect(`${stdout}${stderr}`).toContain('The account could not be read');
    expect(methods(sandbox)).not.toContain('PATCH');
    expect(summaryOf(cwd)).toMatchObject({ exit_code: 7, state: 'refused', resumable: false });
  });

  it('rides out hiccups of reads, and obeys a 429', async () => {
    const cwd = workDirectory();
    const readFaults = (['503-bare', '429', 'cut-json', 'reset'] as const).map((kind) => ({
      kind,
      probability: null,
      id: null,
      times: 1,
    }));
    const { flags } = await readingApi({ numbers: 1000, readFaults });
    const { exit } = await run(cwd, ['plan', writeLines(cwd, rows(1, 1000)), ...planFlags(flags)]);
    expect(exit).toBe(0);
    expect(summaryOf(cwd).requests.rate_limited).toBe(1);
  });
});

describe('a plan', () => {
  it('says of every row whether it would change, and why not', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi();
    const input = writeLines(cwd, [
      'phone_number_id,messaging_profile_id,messaging_product',
      `${numberId(1)},${PROFILE},`,
      `${numberId(2)},${PROFILE},`,
      `${numberId(3)},${PROFILE},P2P`,
      `${numberId(10)},,P2P`,
      `9999999999999999991,${PROFILE},`,
      `${numberId(2)},${PROFILE.toUpperCase()},`,
    ]);
    const { exit, stdout, stderr } = await run(cwd, ['plan', input, ...planFlags(flags)]);
    expect(exit).toBe(3);
    const plan = table(cwd, 'plan.csv');
    expect(plan.map(({ action, reason }) => `${action} ${reason}`.trim())).toEqual([
      'change',
      'unchanged',
      'change',
      'rejected not_eligible',
      'rejected not_found',
      'duplicate',
    ]);
    expect(plan[0]).toMatchObject({
      phone_number: phone(1),
      messaging_profile_id_before: OTHER,
      messaging_profile_id_target: PROFILE,
      messaging_product_before: 'A2P',
    });
    expect(plan[2]?.note).toBe('loses MMS');
    expect(stdout).toContain('6 rows: 2 to change, 1 unchanged, 2 rejected, 1 duplicate');
    expect(stdout).toContain(`profile ${OTHER} (Profile 1)`);
    expect(stdout).toContain(`-> ${PROFILE} (Profile 2)`);
    expect(stdout).toContain('product A2P -> P2P');
    expect(stderr).toContain('warning: 1 number goes from A2P to P2P and loses MMS');
    expect(stderr).toContain('the number may have A2P, and not P2P');
    for (const line of `${stdout}${stderr}`.split('\n')) {
      if (!/[/]|telnyx-reassign/.test(line)) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it('warns, and does not reject, if the account does not say which products a number may have', async () => {
    const cwd = workDirectory();
    const numbers = [
      { id: numberId(1), messaging_profile_id: OTHER, eligible_messaging_products: null },
      { id: numberId(2), messaging_profile_id: OTHER, eligibility_hidden: true },
    ];
    const { flags } = await readingApi({ numbers });
    const input = writeLines(cwd, ['id,product', `${numberId(1)},P2P`, `${numberId(2)},P2P`]);
    const { exit } = await run(cwd, ['plan', input, ...planFlags(flags)]);
    expect(exit).toBe(0);
    expect(summaryOf(cwd).warnings).toContain('2 numbers: the account does not say which products they may have');
    for (const { action, note } of table(cwd, 'plan.csv')) {
      expect(action).toBe('change');
      expect(note).toContain('does not say which products');
    }
  });

  it('with --detailed-exitcode exits with 20 if there are changes, else with 0', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi();
    const args = [...planFlags(flags), '--detailed-exitcode'];
    expect((await run(cwd, ['plan', writeLines(cwd, rows(1, 3)), ...args])).exit).toBe(20);
    expect(summaryOf(cwd)).toMatchObject({ exit_code: 20, exit_name: 'changes', state: 'planned' });
    expect((await run(cwd, ['plan', writeLines(cwd, rows(2, 2)), ...args])).exit).toBe(0);
    expect((await run(cwd, ['apply', writeLines(cwd, rows(1, 3)), ...args, '--dry-run'])).exit).toBe(20);
  });

  it('and a dry run write nothing to the API, and change no file of an earlier run', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    const input = writeLines(cwd, rows(1, 9));
    await run(cwd, ['apply', input, ...flags, '--stop-after', '2', '--name', 'a']);
    await run(cwd, ['plan', input, ...planFlags(flags), '--name', 'b']);
    const before = filesBelow(join(cwd, 'runs'));
    const sent = methods(sandbox).filter((method) => method === 'PATCH').length;
    const earlier = runDirs(cwd);
    await run(cwd, ['apply', input, ...flags, '--dry-run']);
    const [first = ''] = earlier;
    await run(cwd, ['retry', first, '--dry-run']);
    await run(cwd, ['undo', first, '--dry-run']);
    const planned = runDirs(cwd).find((dir) => dir.includes('-b-')) as string;
    const dry = await run(cwd, ['apply', planned, '--dry-run', '--if-unfinished', 'new']);
    expect(dry.exit).toBe(0);
    expect(dry.stdout).toMatch(/Since the plan was made|rows would be sent/);
    expect(runDirs(cwd).length).toBe(earlier.length + 3);
    expect(methods(sandbox).filter((method) => method === 'PATCH').length).toBe(sent);
    const after = filesBelow(join(cwd, 'runs')).filter((line) => earlier.some((dir) => line.includes(dir)));
    expect(after).toEqual(before);
  });
});

describe('a desired state', () => {
  it('sends nothing the second time, and repairs only what has drifted', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 300 });
    // Names by which runs of one second sort.
    const args = ['apply', writeLines(cwd, rows(1, 300)), ...flags, '--name'];
    expect((await run(cwd, [...args, 'a'])).exit).toBe(0);
    const first = sandbox.requests().length;
    const again = await run(cwd, [...args, 'b']);
    expect(again.exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ unchanged: 300, updated: 0 });
    expect(sandbox.requests().length - first).toBeLessThanOrEqual(4);
    sandbox.edit({ id: numberId(7), messaging_profile_id: THIRD });
    expect((await run(cwd, [...args, 'c'])).exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ unchanged: 299, updated: 1 });
    expect(summaryOf(cwd).requests.writes).toBe(1);
  });
});

describe('the preflight', () => {
  const numbers = [
    { id: numberId(1), messaging_profile_id: OTHER },
    { id: numberId(2), messaging_profile_id: OTHER },
  ];
  const from = {
    id: OTHER,
    name: 'Old',
    webhook_api_version: '1' as const,
    whitelisted_destinations: ['US', 'CA'],
    number_pool_settings: { toll_free_weight: 1, long_code_weight: 1, skip_unhealthy: false, sticky_sender: true },
  };
  const to = {
    id: PROFILE,
    name: 'New',
    webhook_url: null,
    daily_spend_limit: '5.00',
    daily_spend_limit_enabled: true,
  };

  it('warns of what a profile takes from the numbers that move there, and --strict refuses', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers, profiles: [from, to] });
    const input = writeLines(cwd, rows(1, 2));
    const { exit, stderr } = await run(cwd, ['plan', input, ...planFlags(flags)]);
    expect(exit).toBe(0);
    for (const text of [
      'profile "New" has no webhook URL',
      'webhooks come in API version 2 instead of 1',
      'fewer destinations are allowed (CA no longer)',
      'the numbers leave a number pool',
      'sticky sender mappings are lost, and undo does not bring them back',
      'a daily spend limit of 5.00 applies',
      'profile "Old" is left without numbers',
    ]) {
      expect(stderr).toContain(text);
    }
    expect(summaryOf(cwd).warnings.length).toBeGreaterThan(2);
    const strict = await run(cwd, ['apply', input, ...flags, '--strict']);
    expect(strict.exit).toBe(8);
    expect(methods(sandbox)).not.toContain('PATCH');
    expect((await paste(cwd, commandIn(strict.stdout, 'plan'))).exit).toBe(8);
    const refused = await run(cwd, ['apply', lastRun(cwd), '--yes']);
    expect(refused.exit).toBe(8);
    expect(refused.stderr).toContain('To send anyway');
    expect(methods(sandbox)).not.toContain('PATCH');
    expect((await paste(cwd, commandIn(refused.stderr, 'apply'))).exit).toBe(0);
  });

  it('rejects rows to a profile that does not exist or is disabled', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi({ numbers, profiles: [from, { ...to, enabled: false }] });
    const unknown = '11111111-2222-4333-8444-555555555555';
    const input = writeLines(cwd, ['id,profile_id', `${numberId(1)},${PROFILE}`, `${numberId(2)},${unknown}`]);
    expect((await run(cwd, ['plan', input, ...planFlags(flags)])).exit).toBe(3);
    expect(table(cwd, 'plan.csv').map(({ reason }) => reason)).toEqual(['profile_disabled', 'unknown_profile']);
  });

  it('keeps the secrets of profiles out of every file and stream', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi({ numbers, profiles: [from, to] });
    const { stdout, stderr } = await run(cwd, ['apply', writeLines(cwd, rows(1, 2)), ...flags, '--log-level', 'trace']);
    const files = readdirSync(join(cwd, lastRun(cwd))).map((name) =>
      readFileSync(join(cwd, lastRun(cwd), name), 'utf8'),
    );
    expect([stdout, stderr, ...files].join('\n')).not.toContain('made-up-secret');
  });
});

describe('names in place of ids', () => {
  it('are looked up in the account: profiles by their exact names, numbers by phone number', async () => {
    const cwd = workDirectory();
    const profiles = [
      { id: OTHER, name: 'Sales, "EU"' },
      { id: PROFILE, name: 'Support' },
      { id: THIRD, name: 'Twice' },
      { id: '00000000-0000-4000-8000-000000000004', name: 'Twice' },
    ];
    const { sandbox, flags } = await readingApi({ numbers: 20, profiles });
    const input = writeLines(cwd, [
      'Phone Number,Messaging Profile Name',
      `${phone(1)},Support`,
      `${phone(2)},"Sales, ""EU"""`,
      `${phone(3)},support`,
      `${phone(4)},Twice`,
      '+18009999999,Support',
    ]);
    const { exit, stderr } = await run(cwd, ['plan', input, ...planFlags(flags)]);
    expect(exit).toBe(3);
    const plan = table(cwd, 'plan.csv');
    expect(plan.map(({ action, reason }) => `${action} ${reason}`.trim())).toEqual([
      'change',
      'change',
      'rejected unknown_profile',
      'rejected ambiguous_profile_name',
      'rejected not_found',
    ]);
    expect(plan[0]).toMatchObject({ phone_number_id: numberId(1), messaging_profile_id_target: PROFILE });
    expect(stderr).toContain(`${THIRD}, 00000000-0000-4000-8000-000000000004`);
    const applied = await run(cwd, ['apply', input, ...flags, '--skip-rejected']);
    expect(applied.exit).toBe(4);
    const state = sandbox.snapshot().numbers;
    expect(state.find(({ id }) => id === numberId(1))?.messaging_profile_id).toBe(PROFILE);
    expect(state.find(({ id }) => id === numberId(2))?.messaging_profile_id).toBe(OTHER);
  });

  it('find a number that is named once by id and once by phone number', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi();
    const input = writeLines(cwd, [
      'phone_number_id,phone_number,messaging_profile_id',
      `${numberId(1)},,${PROFILE}`,
      `,${phone(1)},${PROFILE}`,
      `${numberId(3)},,${PROFILE}`,
      `,${phone(3)},${OTHER}`,
      `${numberId(4)},${phone(5)},${PROFILE}`,
    ]);
    expect((await run(cwd, ['plan', input, ...planFlags(flags)])).exit).toBe(3);
    expect(table(cwd, 'plan.csv').map(({ action, reason }) => `${action} ${reason}`.trim())).toEqual([
      'change',
      'duplicate',
      'rejected conflict',
      'rejected conflict',
      'rejected phone_number_mismatch',
    ]);
  });

  it('are refused with --offline, which cannot look them up', async () => {
    const cwd = workDirectory();
    const byPhone = writeLines(cwd, ['phone_number,messaging_profile_id', `${phone(1)},${PROFILE}`]);
    const first = await run(cwd, ['plan', byPhone, '--offline'], { key: null });
    expect(first.exit).toBe(3);
    expect(first.stderr).toContain('phone_number alone does only without --offline');
    const byName = writeLines(cwd, ['id,profile_id,messaging_profile_name', `${numberId(1)},,Support`], 'b.csv');
    const second = await run(cwd, ['plan', byName, '--offline'], { key: null });
    expect(second.exit).toBe(3);
    expect(second.stderr).toContain('can only be found in the account');
  });

  it('work in a rehearsal', async () => {
    const cwd = workDirectory();
    const input = writeLines(cwd, ['phone_number,messaging_profile_name', `${phone(1)},Support`, `${phone(2)},Sales`]);
    const { exit } = await run(cwd, ['apply', input, '--sandbox', '--rate', 'off', '--yes'], { key: null });
    expect(exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(2);
  });
});

describe('the same number twice', () => {
  it('is sent once, also if the first row is rejected', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    const input = writeLines(cwd, [
      'phone_number_id,phone_number,messaging_profile_id',
      `${numberId(1)},${phone(9)},${PROFILE}`,
      `${numberId(1)},${phone(1)},${PROFILE}`,
      `${numberId(1)},,${PROFILE}`,
    ]);
    const { exit } = await run(cwd, ['apply', input, ...flags, '--skip-rejected']);
    expect(exit).toBe(4);
    expect(table(cwd, 'results.csv').map(({ status }) => status)).toEqual(['rejected', 'updated', 'duplicate']);
    expect(sandbox.requests().filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });
});
