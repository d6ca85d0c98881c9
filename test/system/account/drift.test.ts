import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { profileOf } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { stopped } from '../../support/program/start.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  THIRD,
  table,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const planFlags = (flags: string[]) => flags.filter((flag) => flag !== '--yes');
const writes = (sandbox: Sandbox) => sandbox.requests().filter(({ method }) => method === 'PATCH');

describe('a saved plan', () => {
  it('holds numbers that were changed since, sends the others, and does not send those at their target', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 10 });
    // Numbers 2, 5 and 8 are on the target from the start.
    await run(cwd, ['plan', writeInput(cwd, 10), ...planFlags(flags)]);
    sandbox.edit({ id: numberId(1), messaging_profile_id: THIRD });
    sandbox.edit({ id: numberId(3), messaging_profile_id: PROFILE });
    sandbox.edit({ id: numberId(4), remove: true });
    const applied = await run(cwd, ['apply', lastRun(cwd), '--yes']);
    expect(applied.exit).toBe(4);
    expect(applied.stderr).toContain(
      'Since the plan was made: 1 number changed elsewhere will be held, 1 number at the target already, 1 number no longer there.',
    );
    const results = table(cwd, 'results.csv');
    expect(results.map(({ status, reason }) => `${status} ${reason}`.trim())).toEqual([
      'held drifted',
      'unchanged',
      'unchanged',
      'failed not_found',
      'unchanged',
      'updated',
      'updated',
      'unchanged',
      'updated',
      'updated',
    ]);
    expect(table(cwd, 'held.csv')).toMatchObject([
      {
        phone_number_id: numberId(1),
        reassign_was: expect.stringContaining(OTHER),
        reassign_now: expect.stringContaining(THIRD),
        reassign_wanted: expect.stringContaining(PROFILE),
      },
    ]);
    expect(writes(sandbox).map(({ id }) => id)).not.toContain(numberId(1));
    expect(profileOf(sandbox, 1)).toBe(THIRD);
    expect(readFileSync(join(cwd, lastRun(cwd), 'failed.csv'), 'utf8')).not.toContain(numberId(1));
  });

  it('sends them all the same with --force', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 3 });
    await run(cwd, ['plan', writeInput(cwd, 3), ...planFlags(flags)]);
    sandbox.edit({ id: numberId(1), messaging_profile_id: THIRD });
    expect((await run(cwd, ['apply', lastRun(cwd), '--yes', '--force'])).exit).toBe(0);
    expect(profileOf(sandbox, 1)).toBe(PROFILE);
  });

  it('is refused when it is too old, with the command that plans again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 3 });
    const planned = await run(cwd, ['plan', writeInput(cwd, 3), ...planFlags(flags)]);
    expect(planned.stdout).toMatch(/The plan is valid until \d{4}-\d\d-\d\d \d\d:\d\d/);
    const dir = lastRun(cwd);
    const manifest = manifestOf(cwd, dir);
    const at = new Date(Date.now() - 8 * 86_400_000).toISOString();
    const old = { ...manifest, plan: { ...manifest.plan, at } };
    writeFileSync(join(cwd, dir, 'run.json'), JSON.stringify(old));
    const refused = await run(cwd, ['apply', dir, '--yes']);
    expect(refused.exit).toBe(8);
    expect(refused.stderr).toContain('is 8d old, and --max-plan-age allows 7d');
    expect((await paste(cwd, commandIn(refused.stderr, 'plan'))).exit).toBe(0);
    expect((await run(cwd, ['apply', dir, '--yes', '--max-plan-age', '9d'])).exit).toBe(0);
    expect(writes(sandbox)).toHaveLength(2);
  });

  it('of an account that was not read is valid for a day', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi({ numbers: 3 });
    await run(cwd, ['plan', writeInput(cwd, 3), ...planFlags(flags), '--offline']);
    const dir = lastRun(cwd);
    const manifest = manifestOf(cwd, dir);
    const at = new Date(Date.now() - 25 * 3_600_000).toISOString();
    writeFileSync(join(cwd, dir, 'run.json'), JSON.stringify({ ...manifest, plan: { ...manifest.plan, at } }));
    expect((await run(cwd, ['apply', dir, '--yes'])).exit).toBe(8);
  });

  it('of one organization is not carried out in another one', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 3 });
    await run(cwd, ['plan', writeInput(cwd, 3), ...planFlags(flags)]);
    const dir = lastRun(cwd);
    const manifest = manifestOf(cwd, dir);
    expect(manifest.organization_id).not.toBeNull();
    writeFileSync(join(cwd, dir, 'run.json'), JSON.stringify({ ...manifest, organization_id: 'another' }));
    const refused = await run(cwd, ['apply', dir, '--yes']);
    expect(refused.exit).toBe(7);
    expect(refused.stdout).toContain('was started in organization another');
    expect(writes(sandbox)).toHaveLength(0);
  });
});

describe('a number that was at its target when the plan was made', () => {
  it('is held if it was moved since, and moved back with --force', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 3 });
    await run(cwd, ['plan', writeInput(cwd, 3), ...planFlags(flags), '--name', 'a']);
    await run(cwd, ['plan', writeInput(cwd, 3), ...planFlags(flags), '--name', 'b']);
    const [first = '', second = ''] = runDirs(cwd);
    sandbox.edit({ id: numberId(2), messaging_profile_id: THIRD });
    expect((await run(cwd, ['apply', first, '--yes'])).exit).toBe(4);
    expect(table(cwd, 'results.csv', first)[1]).toMatchObject({
      status: 'held',
      reason: 'drifted',
      messaging_profile_id_after: THIRD,
    });
    expect(profileOf(sandbox, 2)).toBe(THIRD);
    expect((await run(cwd, ['apply', second, '--yes', '--force'])).exit).toBe(0);
    expect(profileOf(sandbox, 2)).toBe(PROFILE);
    expect(table(cwd, 'results.csv', second)[1]).toMatchObject({
      status: 'updated',
      messaging_profile_id_before: THIRD,
    });
    expect((await run(cwd, ['undo', second, '--yes'])).exit).toBe(0);
    expect(profileOf(sandbox, 2)).toBe(THIRD);
  });
});

describe('an API that stumbles while a saved plan is compared', () => {
  it('ends the run with 7 and all of its files, and the printed command goes on', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 3 });
    await run(cwd, ['plan', writeInput(cwd, 3), ...planFlags(flags)]);
    const { port } = sandbox;
    await sandbox.close();
    const refused = await run(cwd, ['apply', lastRun(cwd), '--yes', '--outage-patience', '0', '--max-attempts', '1']);
    expect(refused.exit).toBe(7);
    expect(summaryOf(cwd)).toMatchObject({ exit_code: 7, state: 'refused', resumable: false });
    await readingApi({ numbers: 3, port });
    // Nothing was sent, so nothing is gone on with: it is compared, and asked for, once more.
    expect((await run(cwd, ['resume', lastRun(cwd)])).exit).toBe(8);
    expect((await paste(cwd, commandIn(refused.stdout, 'apply'))).exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 2, unchanged: 1 });
  });
});

describe('resume', () => {
  it('holds what was changed while the run was interrupted, and does not send what is at its target', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 100, latencyMs: 5 });
    const input = writeInput(cwd, 100);
    await run(cwd, ['apply', input, ...flags, '--stop-after', '20']);
    const sent = new Set(writes(sandbox).map(({ id }) => id));
    const unsent = sandbox
      .snapshot()
      .numbers.filter(({ id, messaging_profile_id: on }) => !sent.has(id) && on !== PROFILE);
    const [drifted = { id: '' }, there = { id: '' }] = unsent;
    sandbox.edit({ id: drifted.id, messaging_profile_id: THIRD === unsent[0]?.messaging_profile_id ? OTHER : THIRD });
    sandbox.edit({ id: there.id, messaging_profile_id: PROFILE });
    const { exit } = await run(cwd, ['resume']);
    expect(exit).toBe(4);
    const results = table(cwd, 'results.csv');
    const of = (id: string) => results.find((row) => row.phone_number_id === id);
    expect(of(drifted.id)).toMatchObject({ status: 'held', reason: 'drifted' });
    expect(of(there.id)).toMatchObject({ status: 'unchanged' });
    expect(summaryOf(cwd).counts).toMatchObject({ held: 1, unprocessed: 0 });
    const again = writes(sandbox).map(({ id }) => id);
    expect(again).not.toContain(drifted.id);
    expect(again).not.toContain(there.id);
  });

  it('holds a number that was in flight at a kill and was changed since', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 50 }, [`hang@${numberId(1)}*1`]);
    const begun = () => writes(sandbox).some(({ id }) => id === numberId(1));
    await stopped(cwd, ['apply', writeInput(cwd, 50), ...flags, '--concurrency', '1'], 'SIGKILL', begun);
    sandbox.edit({ id: numberId(1), messaging_profile_id: THIRD });
    const { exit } = await run(cwd, ['resume']);
    expect(exit).toBe(4);
    expect(table(cwd, 'results.csv')[0]).toMatchObject({ status: 'held', reason: 'drifted' });
    expect(profileOf(sandbox, 1)).toBe(THIRD);
  });

  it('of a run that was offline reads only what it has written', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 30 });
    await run(cwd, ['apply', writeInput(cwd, 30), ...flags, '--offline', '--stop-after', '10']);
    sandbox.edit({ id: numberId(25), messaging_profile_id: THIRD });
    expect((await run(cwd, ['resume'])).exit).toBe(0);
    const reads = sandbox.requests().filter(({ method }) => method === 'GET');
    expect(reads.map(({ id }) => id)).toEqual([1, 2, 3, 11, 12, 13].map(numberId));
    expect(profileOf(sandbox, 25)).toBe(PROFILE);
  });
});
