import { describe, expect, it } from 'vitest';
import { run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { lastRun, numberId, PROFILE, table, workDirectory, writeLines } from '../../support/program/workspace.ts';

const accountOf = (...phones: string[]) => phones.map((phone_number, at) => ({ id: numberId(at + 1), phone_number }));
const planRows = (cwd: string) => table(cwd, 'plan.csv');

describe('phone numbers in other spellings', () => {
  it('are accepted if the account confirms them, and then sent', async () => {
    const cwd = workDirectory();
    const numbers = accountOf('+18005550001', '+18005550002', '+442079460958', '+18005550004', '+8005550004');
    const { sandbox, flags } = await readingApi({ numbers, profiles: 3 });
    const rows = [
      `${numberId(1)},(800) 555-0001`,
      ',18005550002',
      ',tel:+44-20-7946-0958',
      ',8005550004',
      ',8005550009',
      `${numberId(1)},1 800 555 0002`,
      ',4.4E+11',
    ];
    const input = writeLines(
      cwd,
      ['id,Number', ...rows].map((row, at) => `${row},${at ? PROFILE : 'profile_id'}`),
    );
    const { exit } = await run(cwd, ['apply', input, '--skip-rejected', ...flags]);
    expect(exit).toBe(4);
    expect(planRows(cwd).map(({ action, reason, phone_number }) => [action, reason, phone_number])).toEqual([
      ['change', '', '+18005550001'],
      ['change', '', '+18005550002'],
      ['change', '', '+442079460958'],
      ['rejected', 'bad_phone_number', '8005550004'],
      ['rejected', 'not_found', '8005550009'],
      ['rejected', 'phone_number_mismatch', '1 800 555 0002'],
      ['rejected', 'bad_phone_number', '4.4E+11'],
    ]);
    expect(planRows(cwd)[0]?.note).toBe('the file writes the phone number as "(800) 555-0001"');
    const moved = sandbox.snapshot().numbers.filter((number) => number.messaging_profile_id === PROFILE);
    expect(moved.map(({ id }) => id)).toEqual(expect.arrayContaining([1, 2, 3].map(numberId)));
  });

  it('are rejected with --offline, where nothing confirms them', async () => {
    const cwd = workDirectory();
    const input = writeLines(cwd, ['id,number,product', `${numberId(1)},18005550001,A2P`]);
    expect((await run(cwd, ['plan', input, '--offline'])).exit).toBe(3);
    expect(planRows(cwd)).toMatchObject([{ reason: 'bad_phone_number' }]);
  });

  it('can be rehearsed in the sandbox', async () => {
    const cwd = workDirectory();
    const rows = ['(800) 555-0001,A2P', '+1 800 555 0002,A2P', '+18005550001,A2P'];
    const input = writeLines(cwd, ['phone number,product', ...rows]);
    expect((await run(cwd, ['plan', input, '--sandbox'])).exit).toBe(0);
    expect(planRows(cwd).map(({ action }) => action)).toEqual(['unchanged', 'unchanged', 'duplicate']);
  });
});

describe('profile names', () => {
  it('are equal in any form of their characters, and similar ones are shown', async () => {
    const cwd = workDirectory();
    const profiles = [
      { id: PROFILE, name: 'Verkauf M\u00fcnchen' },
      { id: '00000000-0000-4000-8000-00000000aaaa', name: 'A-1' },
    ];
    const { flags } = await readingApi({ numbers: 5, profiles });
    const names = ['Verkauf Mu\u0308nchen', '\uff36erkauf\u00a0M\u00fcnchen', 'A\u20111', '\u0410-1'];
    const rows = names.map((name, at) => `${numberId(at + 1)},${name}`);
    const input = writeLines(cwd, ['id,profile name', ...rows]);
    expect((await run(cwd, ['plan', input, ...flags.filter((flag) => flag !== '--yes')])).exit).toBe(3);
    expect(planRows(cwd)).toMatchObject([
      { messaging_profile_id_target: PROFILE },
      { messaging_profile_id_target: PROFILE },
      { reason: 'unknown_profile', note: expect.stringMatching(/"A\\u20111"; character 2 is U\+2011 .*"A-1"/) },
      { reason: 'unknown_profile', note: expect.stringMatching(/"\\u0410-1"; character 1 is U\+0410 .*"A-1"/) },
    ]);
  });
});

describe('ids that were made up', () => {
  it.each(['--offline', '--sandbox'])('are rejected with %s', async (flag) => {
    const cwd = workDirectory();
    const ids = ['abc', 'TBD', 'keep', 'NaN', '\\N'];
    const input = writeLines(cwd, ['id,product', ...ids.map((id) => `${id},A2P`), `${numberId(1)},TRUE`]);
    expect((await run(cwd, ['plan', input, flag])).exit).toBe(3);
    const codes = ['bad_id', ...Array.from({ length: 5 }, () => 'ambiguous_cell')];
    expect(planRows(cwd).map(({ reason }) => reason)).toEqual(codes);
  });
});

describe('ids that look rounded', () => {
  it('are rejected if all of a file do, and not if a retry takes only these', async () => {
    const cwd = workDirectory();
    const intact = ['1293384261075731499', '1293384261075731501'];
    const doubles = ['1293384261075731456', '1293384261075731712'];
    const { flags } = await readingApi({ numbers: [...intact, ...doubles].map((id) => ({ id })) });
    const lines = (ids: string[]) => ['id,profile_id', ...ids.map((id) => `${id},${PROFILE}`)];
    const all = writeLines(cwd, lines([...intact, ...doubles]));
    expect((await run(cwd, ['apply', all, '--stop-after', '2', ...flags])).exit).toBe(10);
    expect((await run(cwd, ['retry', lastRun(cwd), '--yes'])).exit).toBe(0);
    const part = writeLines(cwd, lines(doubles), 'part.csv');
    expect((await run(cwd, ['apply', part, ...flags])).exit).toBe(3);
    expect(planRows(cwd).map(({ reason }) => reason)).toEqual(['id_looks_rounded', 'id_looks_rounded']);
    expect((await run(cwd, ['apply', part, '--allow-rounded-ids', ...flags])).exit).toBe(0);
  });
});
