import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileSha256 } from '../../../src/io/digest.ts';
import { writesTo } from '../../support/program/account.ts';
import { plainApi } from '../../support/program/plain-api.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import {
  lastRun,
  numberId,
  OTHER,
  PROFILE,
  summaryOf,
  workDirectory,
  writeInput,
  writeLines,
} from '../../support/program/workspace.ts';

const UNKNOWN = '0'.repeat(64);

/** A saved plan, its digest, and the API that it is for. */
async function planned() {
  const { sandbox } = await api();
  const cwd = workDirectory();
  const { exit, stdout } = await run(cwd, ['plan', writeInput(cwd, 3), '--rate', 'off', '--base-url', sandbox.url]);
  expect(exit).toBe(0);
  const dir = lastRun(cwd);
  const digest = await fileSha256(join(cwd, dir, 'plan.csv'));
  return { sandbox, cwd, dir, digest, stdout };
}

describe('the digest of a plan', () => {
  it('is shown whole if another begins with the same characters', async () => {
    const { cwd, dir, digest } = await planned();
    const mistyped = `${digest.slice(0, -1)}${digest.endsWith('0') ? '1' : '0'}`;
    const { exit, stderr } = await run(cwd, ['apply', dir, '--expect-plan', mistyped, '--yes']);
    expect(exit).toBe(8);
    expect(stderr).toContain(`has the digest ${digest}, and --expect-plan asks for ${mistyped}: it is not the plan`);
  });

  it('is shown by plan and by a dry run of the saved plan, and is in their JSON', async () => {
    const { cwd, dir, digest, stdout } = await planned();
    expect(stdout).toContain(`\nDigest  ${digest}\n`);
    expect(summaryOf(cwd).plan_sha256).toBe(digest);
    const shown = await run(cwd, ['apply', dir, '--dry-run']);
    expect(shown.stdout).toContain(`\nDigest  ${digest}\n`);
    const json = await run(cwd, ['apply', dir, '--dry-run', '--json']);
    expect(JSON.parse(json.stdout).plan_sha256).toBe(digest);
  });

  it('lets --expect-plan send that plan, in any case, and is kept in the command that confirms', async () => {
    const { cwd, dir, digest, sandbox } = await planned();
    const approved = ['apply', dir, '--expect-plan', digest.toUpperCase()];
    const asked = await run(cwd, approved);
    expect(asked.exit).toBe(8);
    const next = summaryOf(cwd).next_command as string;
    expect(next).toContain(`--expect-plan ${digest} --yes`);
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(writesTo(sandbox)).toHaveLength(2);
  });
});

/** Changes the targets of a saved plan, and run.json to match. */
async function changePlan(dir: string): Promise<void> {
  const [plan, manifest] = [join(dir, 'plan.csv'), join(dir, 'run.json')];
  const digest = await fileSha256(plan);
  writeFileSync(plan, readFileSync(plan, 'utf8').replaceAll(PROFILE, OTHER));
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(digest, await fileSha256(plan)));
}

/** An account whose plan changes as soon as the account is read again: after the digest was checked. */
async function changingApi() {
  const numbers = [1, 2, 3].map((at) => ({ id: numberId(at), messaging_profile_id: null }));
  const profiles = [PROFILE, OTHER].map((id, at) => ({ id, name: `Profile ${at}` }));
  const writes: string[] = [];
  let change: (() => Promise<void>) | null = null;
  const onRequest = (url: URL, method: string) => {
    if (method === 'PATCH') writes.push(url.pathname);
    void change?.();
    change = null;
    return undefined;
  };
  const { flags } = await plainApi({ numbers, profiles, onRequest });
  const cwd = workDirectory();
  const input = writeLines(cwd, ['id,profile_id', ...numbers.map(({ id }) => `${id},${PROFILE}`)]);
  expect((await run(cwd, ['plan', input, ...flags])).exit).toBe(0);
  const dir = lastRun(cwd);
  const digest = await fileSha256(join(cwd, dir, 'plan.csv'));
  const changeSoon = () => {
    change = () => changePlan(join(cwd, dir));
  };
  return { cwd, dir, digest, writes, changeSoon };
}

describe('a plan that is changed while a command is at work on it', () => {
  it('is not sent, also if that was confirmed', async () => {
    const { cwd, dir, digest, writes, changeSoon } = await changingApi();
    changeSoon();
    const refused = await run(cwd, ['apply', dir, '--expect-plan', digest], { columns: 80, input: 'y\n' });
    expect([refused.exit, writes]).toEqual([8, []]);
    expect(refused.stderr).toContain(`plan.csv in ${dir} is not what was planned, so nothing was sent. Plan again: `);
  });

  it('is not sent by the next wave, nor by resume with the digest', async () => {
    const { cwd, dir, digest, writes } = await changingApi();
    const gate = `sed -i.old s/${PROFILE}/${OTHER}/ "$RUN_DIR/plan.csv"`;
    const waves = ['--waves', '1', '--gate', gate];
    const stopped = await run(cwd, ['apply', dir, '--expect-plan', digest, '--yes', ...waves]);
    expect([stopped.exit, writes.length]).toEqual([1, 1]);
    expect(stopped.stdout).toContain('plan.csv was changed while the run was at work');
    const next = summaryOf(cwd).next_command as string;
    expect(next).toContain(`resume ${dir} --expect-plan ${digest}`);
    expect((await paste(cwd, next)).exit).toBe(8);
    expect(writes).toHaveLength(1);
  });
});

describe('resume --expect-plan', () => {
  it('goes on with the plan that was approved, and with no other', async () => {
    const { cwd, dir, digest, writes } = await changingApi();
    const paused = await run(cwd, ['apply', dir, '--expect-plan', digest, '--stop-after', '1', '--yes']);
    expect(paused.exit).toBe(10);
    const next = summaryOf(cwd).next_command as string;
    expect(next).toContain(`resume ${dir} --expect-plan ${digest}`);
    const files = ['plan.csv', 'run.json'].map((name) => join(cwd, dir, name));
    const kept = files.map((path) => readFileSync(path, 'utf8'));
    await changePlan(join(cwd, dir));
    const refused = await run(cwd, ['resume', dir, '--expect-plan', digest, '--json']);
    const { error, next_command: again } = JSON.parse(refused.stdout);
    expect([refused.exit, error.code, writes.length]).toEqual([8, 'other_plan', 1]);
    // It has started, so there is no dry run of it.
    expect(error.message).not.toContain('--dry-run');
    expect(again).toContain(' plan ');
    for (const [at, path] of files.entries()) writeFileSync(path, kept[at] as string);
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(writes).toHaveLength(3);
  });
});

describe('--expect-plan', () => {
  it('refuses another plan before any request, and names the way to look at it', async () => {
    const { cwd, dir, digest, sandbox } = await planned();
    const before = sandbox.requests().length;
    const manifest = readFileSync(join(cwd, dir, 'run.json'), 'utf8');
    for (const more of [[], ['--dry-run']]) {
      const refused = await run(cwd, ['apply', dir, '--expect-plan', UNKNOWN, '--yes', ...more]);
      expect(refused.exit).toBe(8);
      expect(refused.stderr).toContain(
        `has the digest ${digest.slice(0, 12)}..., and --expect-plan asks for 000000000000...`,
      );
    }
    const { stdout } = await run(cwd, ['apply', dir, '--expect-plan', UNKNOWN, '--yes', '--json']);
    const { error, next_command: next } = JSON.parse(stdout);
    expect(error.code).toBe('other_plan');
    expect(sandbox.requests()).toHaveLength(before);
    expect(readFileSync(join(cwd, dir, 'run.json'), 'utf8')).toBe(manifest);
    expect((await paste(cwd, next)).stdout).toContain(digest);
  });

  it('refuses a plan that was changed after it was approved, also if run.json was changed to match', async () => {
    const { cwd, dir, digest, sandbox } = await planned();
    const approved = ['apply', dir, '--expect-plan', digest, '--yes', '--json'];
    const codeOf = async () => JSON.parse((await run(cwd, approved)).stdout).error.code;
    const plan = join(cwd, dir, 'plan.csv');
    const text = readFileSync(plan, 'utf8');
    writeFileSync(plan, text.replace(PROFILE, OTHER));
    expect(await codeOf()).toBe('plan_changed');
    const manifest = join(cwd, dir, 'run.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(digest, await fileSha256(plan)));
    expect(await codeOf()).toBe('other_plan');
    appendFileSync(plan, '\n');
    expect(await codeOf()).toBe('plan_changed');
    expect(writesTo(sandbox)).toEqual([]);
  });

  it('is a usage error without a run directory, with a bad value, as a variable, or where another run would be sent', async () => {
    const { cwd, dir, digest } = await planned();
    const input = join(cwd, 'numbers.csv');
    const cases: [args: string[], env: Record<string, string>, text: string][] = [
      [['apply', input, '--expect-plan', digest], {}, '--expect-plan needs a run directory'],
      [['apply', input, '--expect-plan', digest, '--dry-run'], {}, '--expect-plan needs a run directory'],
      [['apply', dir, '--expect-plan', digest.slice(1)], {}, '--expect-plan must be the digest of a plan'],
      [['apply', dir], { TELNYX_REASSIGN_EXPECT_PLAN: digest }, 'TELNYX_REASSIGN_EXPECT_PLAN'],
      [['apply', dir, '--expect-plan', digest, '--if-unfinished', 'resume'], {}, 'the plan of another run'],
    ];
    for (const [args, env, text] of cases) {
      const { exit, stderr } = await run(cwd, [...args], { env });
      expect({ args, exit }).toEqual({ args, exit: 2 });
      expect(stderr).toContain(text);
    }
  });
});
