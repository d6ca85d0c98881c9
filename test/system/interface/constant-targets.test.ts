import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMoved, numberOf, profileOf, valuesOf, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
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
  writeLines,
} from '../../support/program/workspace.ts';

/** Writes a CSV that lists the first numbers of the sandbox, and says nothing of their targets. */
function writeList(cwd: string, rows: number, name = 'numbers.csv'): string {
  const lines = Array.from({ length: rows }, (_, at) => `${numberId(at + 1)},batch ${at + 1}`);
  return writeLines(cwd, ['id,note', ...lines], name);
}

const headerOf = (cwd: string, file: string, dir = lastRun(cwd)) =>
  readFileSync(join(cwd, dir, file), 'utf8').split('\n')[0];

describe('--to-profile and --to-product', () => {
  it('move a list of numbers; plan, run.json and printed commands have them', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 5 });
    const cwd = workDirectory();
    const targets = ['--to-profile', PROFILE.toUpperCase(), '--to-product', 'P2P'];
    const planned = await run(cwd, [
      'plan',
      writeList(cwd, 5),
      ...targets,
      ...flags.filter((flag) => flag !== '--yes'),
    ]);
    expect(planned.exit).toBe(0);
    expect(planned.stdout).toContain(`\nTargets: every row to profile ${PROFILE}, product P2P\n`);
    expect(manifestOf(cwd).settings).toMatchObject({ to_profile: PROFILE, to_product: 'P2P' });
    expect(writesTo(sandbox)).toEqual([]);
    const applied = await paste(cwd, commandIn(planned.stdout, 'apply'));
    expect([applied.exit, isMoved(sandbox, 5)]).toEqual([0, true]);
    expect(numberOf(sandbox, 5)?.messaging_product).toBe('P2P');
    expect((await run(cwd, ['verify', 'numbers.csv', ...targets, ...flags])).exit).toBe(0);
    const elsewhere = await run(cwd, ['verify', 'numbers.csv', '--to-profile', THIRD, ...flags]);
    expect([elsewhere.exit, elsewhere.stdout]).toEqual([4, expect.stringContaining('5 drifted')]);
  });

  it('name a profile, and are undone, without a flag', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 4 });
    const cwd = workDirectory();
    const before = valuesOf(sandbox.snapshot());
    const { name = '' } = sandbox.snapshot().profiles.find(({ id }) => id === PROFILE) ?? {};
    const applied = await run(cwd, ['apply', writeList(cwd, 4), '--to-profile', name, ...flags]);
    expect([applied.exit, isMoved(sandbox, 4)]).toEqual([0, true]);
    expect(applied.stderr).toContain(`Targets: every row to profile "${name}"`);
    expect((await run(cwd, ['undo', lastRun(cwd), '--yes', '--rate', 'off'])).exit).toBe(0);
    expect(valuesOf(sandbox.snapshot())).toEqual(before);
    expect(manifestOf(cwd).settings.to_profile).toBeUndefined();
  });

  it('take numbers off their profile with --allow-unassign only', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 2 });
    const cwd = workDirectory();
    const args = ['apply', writeList(cwd, 2), '--to-profile', 'unassign', ...flags];
    const refused = await run(cwd, args);
    expect([refused.exit, runDirs(cwd)]).toEqual([2, []]);
    expect(refused.stderr).toContain('add --allow-unassign if that is meant');
    expect((await run(cwd, [...args, '--allow-unassign'])).exit).toBe(0);
    expect([profileOf(sandbox, 1), profileOf(sandbox, 2)]).toEqual([null, null]);
  });

  it('are refused beside such a column, and go with it if --map takes it away', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 2 });
    const cwd = workDirectory();
    writeLines(cwd, ['id,Profile ID', `${numberId(1)},${OTHER}`, `${numberId(2)},${THIRD}`]);
    const args = ['apply', 'numbers.csv', '--to-profile', PROFILE, ...flags];
    const refused = await run(cwd, args);
    expect([refused.exit, refused.stdout, runDirs(cwd)]).toEqual([2, '', []]);
    expect(refused.stderr).toContain('the file has the column "Profile ID", and --to-profile');
    expect(refused.stderr).toContain("or ignore the file's targets with --map messaging_profile_id=");
    expect((await run(cwd, [...args, '--map', 'messaging_profile_id='])).exit).toBe(0);
    expect(isMoved(sandbox, 2)).toBe(true);
  });

  it('stand in failed.csv and in the files of causes, which need no flag, and retry keeps them', async () => {
    const faults = [`422@${numberId(1)}*2`, `404@${numberId(3)}*1`];
    const { sandbox, flags } = await readingApi({ numbers: 4 }, faults);
    const cwd = workDirectory();
    writeLines(cwd, ['id,profile_id,note', ...[1, 2, 3, 4].map((n) => `${numberId(n)},${THIRD},n${n}`)]);
    const given = ['--to-profile', PROFILE, '--map', 'messaging_profile_id=', '--map', 'messaging_profile_name='];
    expect((await run(cwd, ['apply', 'numbers.csv', ...given, ...flags])).exit).toBe(4);
    const first = lastRun(cwd);
    const header = 'id,note,messaging_profile_id,reassign_status,reassign_reason,reassign_detail';
    expect(headerOf(cwd, 'failed.csv')).toBe(header);
    expect(table(cwd, 'failed.csv')).toMatchObject([
      { id: numberId(1), note: 'n1', messaging_profile_id: PROFILE },
      { id: numberId(3), note: 'n3', messaging_profile_id: PROFILE },
    ]);
    const retried = await run(cwd, ['retry', first, '--yes', '--rate', 'off']);
    expect([retried.exit, headerOf(cwd, 'failed.csv')]).toEqual([4, header]);
    expect(table(cwd, 'failed.csv')).toMatchObject([{ id: numberId(1), messaging_profile_id: PROFILE }]);
    const again = await run(cwd, ['apply', join(first, 'failed.csv'), ...flags]);
    expect([again.exit, isMoved(sandbox, 4)]).toEqual([0, true]);
  });

  it('make another run of the same file, with which an unfinished one is not resumed', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 6 });
    const cwd = workDirectory();
    const args = ['apply', writeList(cwd, 6), ...flags];
    expect((await run(cwd, [...args, '--to-profile', THIRD, '--stop-after', '2'])).exit).toBe(10);
    const same = await run(cwd, [...args, '--to-profile', THIRD, '--if-unfinished', 'resume', '--stop-after', '1']);
    expect([same.exit, writesTo(sandbox).length]).toEqual([10, 3]);
    const other = [...args, '--to-profile', PROFILE];
    const refused = await run(cwd, [...other, '--if-unfinished', 'resume']);
    expect([refused.exit, writesTo(sandbox).length]).toEqual([8, 3]);
    expect(refused.stdout).toContain('--to-profile or --to-product has changed since');
    expect(refused.stdout).toContain('sends its rows to the earlier targets');
    expect(summaryOf(cwd).error?.code).toBe('input_changed');
    expect((await paste(cwd, commandIn(refused.stdout, 'apply'))).exit).toBe(0);
    expect(isMoved(sandbox, 6)).toBe(true);
  });

  it('are keys of a job file, with their places', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 3 });
    const cwd = workDirectory();
    writeList(cwd, 3);
    const job = (...lines: string[]) =>
      writeLines(cwd, ['command: apply', 'input: numbers.csv', `base_url: ${sandbox.url}`, ...lines], 'job.yaml');
    const refused = await run(cwd, ['run', job('to_profile: UNASSIGN')]);
    expect([refused.exit, refused.stderr]).toEqual([
      2,
      expect.stringContaining('job.yaml:4:13: --to-profile UNASSIGN'),
    ]);
    const moved = await run(cwd, ['run', job(`to_profile: ${PROFILE}`, 'rate: off')]);
    expect([moved.exit, isMoved(sandbox, 3), flags.length]).toEqual([0, true, flags.length]);
  });

  it('go with standard input, waves and the sandbox', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 6 });
    const cwd = workDirectory();
    const input = readFileSync(join(cwd, writeList(cwd, 6)), 'utf8');
    const args = ['apply', '-', '--to-profile', PROFILE, '--waves', '2', ...flags];
    expect([(await run(cwd, args, { input })).exit, isMoved(sandbox, 6)]).toEqual([0, true]);
    const rehearsed = await run(cwd, [
      'apply',
      'numbers.csv',
      '--to-profile',
      'Support',
      '--sandbox',
      '--yes',
      '--rate',
      'off',
    ]);
    expect([rehearsed.exit, summaryOf(cwd).counts.updated]).toEqual([0, 6]);
  });

  it('are noted if a variable gives them, also where they are refused', async () => {
    const { flags } = await readingApi({ numbers: 2 });
    const cwd = workDirectory();
    const env = { TELNYX_REASSIGN_TO_PROFILE: PROFILE };
    const note = 'TELNYX_REASSIGN_TO_PROFILE is set: it is the target of every row';
    const planned = await run(cwd, ['apply', writeList(cwd, 2), '--dry-run', ...flags], { env });
    expect([planned.exit, planned.stderr]).toEqual([0, expect.stringContaining(`note: ${note}`)]);
    writeLines(cwd, ['id,product', `${numberId(1)},A2P`]);
    expect((await run(cwd, ['apply', 'numbers.csv', '--dry-run', ...flags], { env })).exit).toBe(0);
    writeLines(cwd, ['id,profile_id', `${numberId(1)},${THIRD}`]);
    const refused = await run(cwd, ['apply', 'numbers.csv', ...flags], { env });
    expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining(note)]);
  });

  it('are what has to be fixed if no profile has the name, and not the rows', async () => {
    const { flags } = await readingApi({ numbers: 2 });
    const cwd = workDirectory();
    const { exit, stdout } = await run(cwd, ['apply', writeList(cwd, 2), '--to-profile', 'Nowhere', ...flags]);
    expect([exit, summaryOf(cwd).counts.rejected]).toEqual([3, 2]);
    const error = '--to-profile "Nowhere": the account has no profile with the name "Nowhere"; there are ';
    expect(summaryOf(cwd).error).toMatchObject({ code: 'rejected_target', message: expect.stringContaining(error) });
    expect(stdout).toContain('\nFirst fix --to-profile, the target of every row.\nNext: ');
    expect(table(cwd, 'results.csv').map(({ reason }) => reason)).toEqual(['unknown_profile', 'unknown_profile']);
  });
});

describe('--number', () => {
  const phones = (sandbox: Parameters<typeof numberOf>[0], ...ns: number[]) =>
    ns.flatMap((n) => ['--number', numberOf(sandbox, n)?.phone_number ?? '']);

  it('takes the place of an input: plan, ledger, results, verify and undo are those of a file', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 5 });
    const cwd = workDirectory();
    const before = valuesOf(sandbox.snapshot());
    const numbers = phones(sandbox, 1, 3);
    const { exit, stderr } = await run(cwd, ['apply', ...numbers, '--to-profile', PROFILE, ...flags]);
    expect([exit, profileOf(sandbox, 1), profileOf(sandbox, 3)]).toEqual([0, PROFILE, PROFILE]);
    expect(stderr).not.toContain('delimiter');
    expect(writesTo(sandbox)).toHaveLength(2);
    const made = lastRun(cwd);
    expect(manifestOf(cwd)).toMatchObject({ input: { path: null, rows: 2 } });
    expect(manifestOf(cwd).name).toMatch(/^number-[0-9]+-and-1-more$/);
    expect(readFileSync(join(cwd, made, 'input.csv'), 'utf8')).toBe(`phone_number\n${numbers[1]}\n${numbers[3]}\n`);
    expect(table(cwd, 'results.csv').map(({ status }) => status)).toEqual(['updated', 'updated']);
    expect((await run(cwd, ['verify', ...numbers, '--to-profile', PROFILE, ...flags])).exit).toBe(0);
    expect((await run(cwd, ['verify', made, ...flags])).exit).toBe(0);
    expect((await run(cwd, ['undo', made, '--yes', '--rate', 'off'])).exit).toBe(0);
    expect(valuesOf(sandbox.snapshot())).toEqual(before);
  });

  it('prints commands that name the numbers again', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 3 });
    const cwd = workDirectory();
    const numbers = [...phones(sandbox, 1), '--number', '+19995550000'];
    const args = ['apply', ...numbers, '--to-profile', PROFILE, ...flags];
    const refused = await run(cwd, args);
    expect(refused.exit).toBe(3);
    expect(summaryOf(cwd).error?.message).toBe('1 row of --number rejected; nothing was sent');
    expect(refused.stderr).toContain('no number with the phone number +19995550000');
    const next = summaryOf(cwd).next_command ?? '';
    expect(next).toContain(`plan --to-profile ${PROFILE} ${numbers.join(' ')}`);
    expect((await paste(cwd, next)).exit).toBe(3);
    expect((await run(cwd, [...args, '--skip-rejected'])).exit).toBe(4);
    expect(profileOf(sandbox, 1)).toBe(PROFILE);
    expect(headerOf(cwd, 'failed.csv')).toMatch(/^phone_number,messaging_profile_id,reassign_status/);
  });

  it('is asked for on a terminal as a file is, also in another spelling, and names the run', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 2 });
    const cwd = workDirectory();
    const phone = numberOf(sandbox, 1)?.phone_number ?? '';
    const spelled = phone.replace(/^\+1([0-9]{3})([0-9]{3})/, '1 ($1) $2-');
    const asking = flags.filter((flag) => flag !== '--yes');
    const args = ['apply', '--number', spelled, '--to-profile', PROFILE, ...asking];
    const off = await run(cwd, args);
    expect([off.exit, off.stdout]).toEqual([8, expect.stringContaining('Not confirmed')]);
    const asked = await run(cwd, [...args, '--if-unfinished', 'new'], { input: 'y\n', columns: 100 });
    expect([asked.exit, profileOf(sandbox, 1)]).toEqual([0, PROFILE]);
    expect(asked.stderr).toContain('Send 1 change to');
    expect(manifestOf(cwd).name).toMatch(/^number-[0-9-]+$/);
  });

  it.each([
    [['numbers.csv', '--to-profile', PROFILE], '--number takes the place of an input, and numbers.csv is one'],
    [[], '--number needs --to-profile or --to-product'],
    [['--to-profile', PROFILE, '--offline'], '--number needs the account'],
    [['--to-profile', PROFILE, '--map', 'phone_number=x'], '--map is about an input file'],
  ])('is refused with %j', async (args, text) => {
    const cwd = workDirectory();
    const { exit, stderr } = await run(cwd, ['apply', '--number', '+13125550001', ...args]);
    expect([exit, stderr, existsSync(join(cwd, 'runs'))]).toEqual([2, expect.stringContaining(text), false]);
  });

  it('writes results where they are asked for, and never over what it must not', async () => {
    const { sandbox, flags } = await readingApi({ numbers: 1 });
    const cwd = workDirectory();
    const args = ['apply', ...phones(sandbox, 1), '--to-profile', PROFILE, ...flags];
    writeFileSync(join(cwd, 'key'), 'k');
    const refused = await run(cwd, [...args, '--results', 'key'], {
      env: { TELNYX_API_KEY_FILE: join(cwd, 'key') },
      key: null,
    });
    expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining('is the file of the API key')]);
    expect((await run(cwd, [...args, '--results', 'out.csv'])).exit).toBe(0);
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toContain('updated');
  });
});
