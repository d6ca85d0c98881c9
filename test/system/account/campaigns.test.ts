import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { campaignReads, linesOf, phone, world } from '../../support/program/campaigns.ts';
import { run } from '../../support/program/run.ts';
import { lastRun, numberId, OTHER, PROFILE, runDirs, summaryOf, table } from '../../support/program/workspace.ts';

const LIST = 'phone_number_campaigns';
const ONE = `${LIST}/${phone(1)}`;

describe('--campaigns', () => {
  it('compares the campaigns of the numbers that change, read from the list', async () => {
    const { sandbox, cwd, apply, command } = await world(20, { without: 19 });
    const ended = await apply();
    expect(ended.exit).toBe(0);
    expect(campaignReads(sandbox)).toEqual([LIST, LIST]);
    expect(statSync(join(cwd, lastRun(cwd), 'campaigns.csv')).mode & 0o777).toBe(0o600);
    const changed = table(cwd, 'campaigns.csv').map((row) => `${row.status_before} ${row.status_after} ${row.changed}`);
    expect(changed.filter((text) => text === 'ASSIGNED ASSIGNED no')).toHaveLength(18);
    expect(changed.slice(-2)).toEqual(['NONE NONE no', 'NONE NONE no']);
    const { campaigns, warnings, files } = summaryOf(cwd);
    expect(campaigns).toEqual({ read: 20, unchanged: 20, lost: 0, changed: 0, unknown: 0 });
    expect(warnings).toEqual([]);
    expect(files.campaigns).toBe(join(lastRun(cwd), 'campaigns.csv'));
    expect(ended.stderr).toContain('note: 20 US long codes: 18 on a 10DLC campaign, 2 on none');
    expect(ended.stdout).toContain('10DLC campaigns of 20 numbers: 20 unchanged');
    const verified = await command('verify', lastRun(cwd), '--json');
    const fields = { exit_code: 0, campaigns: { read: 20, unchanged: 20 }, files: { campaigns: files.campaigns } };
    expect(JSON.parse(verified.stdout)).toMatchObject(fields);
  });

  it('warns of numbers that lost theirs or changed, and `results` says the same again', async () => {
    const writeFaults = [`campaign-lost@${numberId(1)}`, `campaign-pending@${numberId(2)}`];
    const { cwd, apply, command } = await world(3, { writeFaults });
    const ended = await apply();
    expect(ended.exit).toBe(0);
    const lost = `1 number has lost its 10DLC campaign: ${phone(1)}; see campaigns.csv`;
    const changed = `1 number changed 10DLC campaign or status: ${phone(2)}; see campaigns.csv`;
    expect(summaryOf(cwd)).toMatchObject({
      campaigns: { read: 3, unchanged: 1, lost: 1, changed: 1, unknown: 0 },
      warnings: [lost, changed],
    });
    expect(ended.stderr.replace(/\s+/g, ' ')).toContain(`warning: ${lost} warning: ${changed}`);
    expect(ended.stdout).toContain('10DLC campaigns of 3 numbers: 1 unchanged, 1 lost, 1 changed');
    const [first, second] = linesOf(cwd);
    expect(first).toMatch(/^\+13125550001,[^,]+,ASSIGNED,,NONE,yes$/);
    expect(second).toMatch(/,ASSIGNED,[^,]+,PENDING_ASSIGNMENT,yes$/);
    const summary = summaryOf(cwd);
    const again = await command('results', lastRun(cwd)).then(() => run(cwd, ['results', lastRun(cwd)]));
    expect(again.exit).toBe(0);
    expect(summaryOf(cwd)).toEqual(summary);
    expect(again.stdout).toContain('10DLC campaigns of 3 numbers: 1 unchanged, 1 lost, 1 changed');
  });

  it('makes that exit 4 with --strict: of apply, results and verify', async () => {
    const { sandbox, cwd, apply, command } = await world(3, { writeFaults: [`campaign-lost@${numberId(1)}`] });
    const ended = await apply('--strict', '--json');
    expect(ended.exit).toBe(4);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      state: 'finished',
      exit_name: 'rows_not_at_target',
      error: { code: 'campaigns_changed', message: expect.stringMatching(/^1 number has lost its 10DLC campaign/) },
      next_command: null,
    });
    const summary = summaryOf(cwd);
    await run(cwd, ['results', lastRun(cwd)]);
    expect(summaryOf(cwd)).toEqual(summary);
    expect((await command('verify', lastRun(cwd), '--strict=false')).exit).toBe(0);
    const verified = await command('verify', lastRun(cwd));
    expect(verified.exit).toBe(4);
    expect(verified.stderr.replace(/\s+/g, ' ')).toContain('warning: 1 number has lost its 10DLC campaign');
    sandbox.edit({ id: numberId(1), campaign: { id: 'CAMP1' } });
    expect((await command('verify', lastRun(cwd))).exit).toBe(0);
    expect(linesOf(cwd)[0]).toMatch(/,ASSIGNED,[^,]+,ASSIGNED,no$/);
  });

  it('compares at every end, also of a resume', async () => {
    const { cwd, apply, command } = await world(3, { writeFaults: [`campaign-lost@${numberId(3)}`] });
    expect((await apply('--stop-after', '1')).exit).toBe(10);
    expect(summaryOf(cwd).campaigns).toMatchObject({ unchanged: 3, lost: 0 });
    expect((await command('resume', lastRun(cwd), '--strict')).exit).toBe(4);
    expect(summaryOf(cwd).campaigns).toMatchObject({ unchanged: 2, lost: 1 });
  });

  it('reads one number with one request, and no number that is no US long code', async () => {
    const numbers = [
      { id: numberId(1), phone_number: phone(1), type: 'longcode' as const, messaging_profile_id: OTHER },
      { id: numberId(2), phone_number: '+18005550002', type: 'tollfree' as const, messaging_profile_id: OTHER },
      { id: numberId(3), phone_number: '+14165550003', country_code: 'CA', messaging_profile_id: OTHER },
      { id: numberId(4), phone_number: phone(4), type: 'longcode' as const, messaging_profile_id: PROFILE },
    ];
    const { sandbox, cwd, apply } = await world(4, { numbers });
    expect((await apply()).exit).toBe(0);
    expect(campaignReads(sandbox)).toEqual([ONE, ONE]);
    expect(linesOf(cwd)).toHaveLength(1);
  });

  it('asks for nothing without the flag', async () => {
    const { sandbox, cwd, command } = await world(3);
    expect((await command('apply', 'numbers.csv', '--yes')).exit).toBe(0);
    expect(campaignReads(sandbox)).toEqual([]);
    expect(summaryOf(cwd)).not.toHaveProperty('campaigns');
  });
});

describe('--campaigns of a saved plan', () => {
  it('compares with what the plan has read; retry and undo read again', async () => {
    const writeFaults = ['422*1', `campaign-lost@${numberId(2)}`];
    const { cwd, command } = await world(3, { writeFaults });
    expect((await command('plan', 'numbers.csv', '--campaigns')).exit).toBe(0);
    expect(linesOf(cwd).every((line) => line.endsWith(',ASSIGNED,,,'))).toBe(true);
    expect(summaryOf(cwd).campaigns).toEqual({ read: 3, unchanged: 0, lost: 0, changed: 0, unknown: 0 });
    const planned = lastRun(cwd);
    expect((await command('apply', planned, '--yes')).exit).toBe(4);
    expect(summaryOf(cwd, planned).campaigns).toMatchObject({ unchanged: 2, lost: 1 });
    expect((await command('retry', planned, '--yes')).exit).toBe(0);
    expect(linesOf(cwd)).toHaveLength(1);
    expect((await command('undo', planned, '--yes')).exit).toBe(0);
    // What the number has lost does not come back with its profile.
    expect(linesOf(cwd)).toHaveLength(2);
    expect(summaryOf(cwd).campaigns).toMatchObject({ read: 2, unchanged: 2 });
    expect(runDirs(cwd)).toHaveLength(3);
  });

  it('reads them before it sends if the plan has not', async () => {
    const { cwd, command } = await world(3, { writeFaults: [`campaign-lost@${numberId(2)}`] });
    await command('plan', 'numbers.csv');
    expect((await command('apply', lastRun(cwd), '--yes', '--campaigns')).exit).toBe(0);
    expect(summaryOf(cwd).campaigns).toMatchObject({ read: 3, unchanged: 2, lost: 1 });
  });

  it('compares those of the rows that are left if a resume is the first to ask', async () => {
    const { cwd, command } = await world(3, { writeFaults: [`campaign-lost@${numberId(2)}`] });
    expect((await command('apply', 'numbers.csv', '--yes', '--stop-after', '1')).exit).toBe(10);
    expect((await command('resume', lastRun(cwd), '--campaigns')).exit).toBe(0);
    expect(summaryOf(cwd).campaigns).toMatchObject({ read: 2, unchanged: 1, lost: 1 });
  });
});
