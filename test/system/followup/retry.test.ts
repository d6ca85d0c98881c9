import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { writesTo } from '../../support/program/account.ts';
import { plainApi } from '../../support/program/plain-api.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import {
  lastRun,
  manifestOf,
  numberId,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const ids = (cwd: string, dir: string) => table(cwd, 'results.csv', dir).map((row) => row.phone_number_id);

/** A run directory that was not there before. */
const newOne = (cwd: string, before: string[]) => runDirs(cwd).find((dir) => !before.includes(dir)) as string;

/** A run with a row of each kind: 2 permanent, 3 retryable, 4 unverified, 6 to 8 unprocessed. */
async function mixed(cwd: string): Promise<{ sandbox: Sandbox; source: string }> {
  const { sandbox, flags } = await api(
    {},
    [`not-eligible@${numberId(2)}`, `425@${numberId(3)}*2`, `reset-after@${numberId(4)}*1`],
    [`reset@${numberId(4)}*2`],
  );
  const more = ['--max-attempts', '2', '--stop-after', '5', '--concurrency', '1'];
  expect((await run(cwd, ['apply', writeInput(cwd, 8), ...more, ...flags])).exit).toBe(10);
  return { sandbox, source: lastRun(cwd) };
}

describe('retry', () => {
  it.each<[string, number[]]>([
    ['', [2, 3, 4, 6, 7, 8]],
    ['retryable', [3]],
    ['permanent', [2]],
    ['unverified', [4]],
    ['unprocessed', [6, 7, 8]],
    ['retryable,unprocessed', [3, 6, 7, 8]],
    ['held', []],
  ])('--only %j takes the rows %j', async (only, rows) => {
    const cwd = workDirectory();
    const { sandbox, source } = await mixed(cwd);
    const before = sandbox.requests().length;
    const { exit, stderr } = await run(cwd, ['retry', source, ...(only === '' ? [] : ['--only', only]), '--yes']);
    if (rows.length === 0) {
      expect(exit).toBe(0);
      expect(stderr).toContain('nothing to do');
      expect(runDirs(cwd)).toEqual([source]);
      expect(sandbox.requests()).toHaveLength(before);
      return;
    }
    expect(exit).toBe(rows.includes(2) ? 4 : 0);
    const made = newOne(cwd, [source]);
    expect(ids(cwd, made)).toEqual(rows.map(numberId));
    const asked = sandbox
      .requests()
      .slice(before)
      .map(({ id }) => id);
    expect([...new Set(asked)].sort()).toEqual(rows.map(numberId).sort());
    expect(summaryOf(cwd, made)).toMatchObject({ command: 'retry', sum_ok: true, input: { rows: rows.length } });
    // Only one that leaves nothing behind is in place of the other.
    expect(manifestOf(cwd, source).state).toBe(only === '' ? 'superseded' : 'paused');
  });

  it('--only cause:NN takes the rows of that file in causes/, and refuses an unknown one with the list', async () => {
    const cwd = workDirectory();
    const { sandbox, source } = await mixed(cwd);
    expect(readdirSync(join(cwd, source, 'causes')).sort()).toEqual([
      ...['01-40324.csv', '02-10007.csv', '03-ECONNRESET.csv'],
    ]);
    const before = sandbox.requests().length;
    const unknown = await run(cwd, ['retry', source, '--only', 'cause:07', '--yes']);
    expect(unknown.exit).toBe(2);
    expect(unknown.stderr).toMatch(
      /has no cause:07; it has these causes:\n.* {2}cause:01 {2}1 row failed: 422 40324 Mess/,
    );
    expect([sandbox.requests().length, runDirs(cwd)]).toEqual([before, [source]]);
    const { exit } = await run(cwd, ['retry', source, '--only', 'cause:2,cause:03,unprocessed', '--yes']);
    expect(exit).toBe(0);
    const made = newOne(cwd, [source]);
    expect(ids(cwd, made)).toEqual([3, 4, 6, 7, 8].map(numberId));
    expect(manifestOf(cwd, made).source?.only).toBe('cause:02,cause:03,unprocessed');
    // Nothing is left that a resume could finish.
    expect(manifestOf(cwd, source).state).toBe('superseded');
  });

  it('of a cause is saved without --yes, and goes on as printed', async () => {
    const cwd = workDirectory();
    const { source } = await mixed(cwd);
    const asked = await run(cwd, ['retry', source, '--only', 'cause:02']);
    expect(asked.exit).toBe(8);
    const made = newOne(cwd, [source]);
    expect(summaryOf(cwd, made).next_command).toContain(`apply ${made}`);
    expect((await paste(cwd, summaryOf(cwd, made).next_command ?? '')).exit).toBe(0);
    expect(ids(cwd, made)).toEqual([numberId(3)]);
  });

  it('has nothing to do after a run that is at its targets', async () => {
    const cwd = workDirectory();
    const { flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 3), ...flags]);
    const { exit, stderr } = await run(cwd, ['retry', lastRun(cwd)]);
    expect(exit).toBe(0);
    expect(stderr).toContain('nothing to do');
    expect(JSON.parse((await run(cwd, ['retry', lastRun(cwd), '--json'])).stdout)).toMatchObject({ exit_code: 0 });
    expect(runDirs(cwd)).toHaveLength(1);
  });

  it('of an interrupted run needs --yes off a terminal, supersedes it, and resume then refuses it', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 6), '--stop-after', '2', ...flags]);
    const source = lastRun(cwd);
    const { exit, stdout } = await run(cwd, ['retry', source]);
    expect(exit).toBe(8);
    expect(writesTo(sandbox)).toHaveLength(2);
    expect(manifestOf(cwd, source).state).toBe('paused');
    const made = newOne(cwd, [source]);
    const next = summaryOf(cwd, made).next_command as string;
    expect(stdout).toContain(next);
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(writesTo(sandbox)).toHaveLength(6);
    expect(summaryOf(cwd, made)).toMatchObject({ command: 'retry', counts: { updated: 4 } });
    expect(manifestOf(cwd, source)).toMatchObject({
      state: 'superseded',
      superseded_by: manifestOf(cwd, made).run_id,
    });
    for (const verb of ['resume', 'retry']) {
      const refused = await run(cwd, [verb, source]);
      expect(refused.exit).toBe(8);
      expect(refused.stderr).toContain(manifestOf(cwd, made).run_id);
    }
    expect(writesTo(sandbox)).toHaveLength(6);
  });

  it('keeps further columns and --map, twice over', async () => {
    const cwd = workDirectory();
    const { flags } = await api({}, [`425@${numberId(2)}*4`]);
    const lines = [1, 2, 3].map((n) => `"Berlin, ${n}";${numberId(n)};${PROFILE}`);
    writeFileSync(join(cwd, 'sites.csv'), ['Site;Number ID;profile_id', ...lines, ''].join('\n'));
    const map = ['--map', 'phone_number_id=Number ID', '--max-attempts', '2'];
    expect((await run(cwd, ['apply', 'sites.csv', ...map, ...flags])).exit).toBe(5);
    const first = lastRun(cwd);
    expect((await paste(cwd, summaryOf(cwd, first).next_command as string)).exit).toBe(5);
    const second = newOne(cwd, [first]);
    expect(table(cwd, 'failed.csv', second)).toEqual([
      expect.objectContaining({ Site: 'Berlin, 2', 'Number ID': numberId(2), reassign_status: 'failed' }),
    ]);
    expect((await paste(cwd, summaryOf(cwd, second).next_command as string)).exit).toBe(0);
    const third = newOne(cwd, [first, second]);
    expect(ids(cwd, third)).toEqual([numberId(2)]);
    expect(table(cwd, 'input.csv', third)[0]).toMatchObject({ Site: 'Berlin, 2', profile_id: PROFILE });
  });

  it('says how many of its rows it rejects', async () => {
    const numbers = [1, 2, 3].map((at) => ({ id: numberId(at), messaging_profile_id: null }));
    const profiles = [{ id: PROFILE, name: 'Support', enabled: true }];
    const refusing = (_url: URL, method: string) => (method === 'PATCH' ? 422 : undefined);
    const { flags } = await plainApi({ numbers, profiles, onRequest: refusing });
    const cwd = workDirectory();
    expect((await run(cwd, ['apply', writeInput(cwd, 3), '--yes', ...flags])).exit).toBe(4);
    const source = lastRun(cwd);
    profiles[0] = { id: PROFILE, name: 'Support', enabled: false };
    expect((await run(cwd, ['retry', source, '--yes'])).exit).toBe(3);
    const { error } = summaryOf(cwd, newOne(cwd, [source]));
    expect(error?.message).toBe(`3 rows of the 3 rows of ${source} rejected; nothing was sent`);
  });

  it('goes on with the sandbox as the run has left it, without a key', async () => {
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 6), '--sandbox', '--rate', 'off', '--stop-after', '2', '--yes'];
    expect((await run(cwd, args, { key: null })).exit).toBe(10);
    const source = lastRun(cwd);
    expect((await run(cwd, ['retry', source, '--yes'], { key: null })).exit).toBe(0);
    const kept = JSON.parse(readFileSync(join(cwd, newOne(cwd, [source]), 'sandbox.json'), 'utf8')) as {
      revision: number;
      numbers: { messaging_profile_id: string }[];
    };
    expect(kept.revision).toBe(6);
    expect(kept.numbers.map((number) => number.messaging_profile_id)).toEqual(Array(6).fill(PROFILE));
  });
});
