import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileOf, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { runPreloaded, start } from '../../support/program/start.ts';
import {
  lastRun,
  numberId,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

describe('exit codes', () => {
  it('0: every row is updated', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 20), ...flags]);
    expect(exit).toBe(0);
    expect(stdout).toContain('20  updated');
    expect(stdout).toContain('20  rows read = updated');
    expect(
      table(cwd, 'results.csv').every((row) => row.status === 'updated' && row.messaging_profile_id_after === PROFILE),
    ).toBe(true);
    expect(profileOf(sandbox, 20)).toBe(PROFILE);
    expect(summaryOf(cwd)).toMatchObject({
      exit_code: 0,
      exit_name: 'ok',
      state: 'finished',
      next_command: null,
      sum_ok: true,
    });
  });

  it('0: a plan is saved, and applying it does what it says', async () => {
    const cwd = workDirectory();
    const { sandbox } = await api();
    const planned = await run(cwd, ['plan', writeInput(cwd, 5), ...at(sandbox.url)], { key: null });
    expect(planned.exit).toBe(0);
    expect(table(cwd, 'results.csv').map((row) => row.status)).toEqual(Array(5).fill('planned'));
    expect(sandbox.requests()).toEqual([]);
    const next = summaryOf(cwd).next_command as string;
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(table(cwd, 'results.csv').map((row) => row.status)).toEqual(Array(5).fill('updated'));
    expect(runDirs(cwd)).toHaveLength(1);
  });

  it('1: a ledger that can no longer be written stops the run, and results makes the files again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    const args = ['apply', writeInput(cwd, 200), ...flags];
    const { exit, stdout } = await runPreloaded('full-disk.mjs', cwd, args, { FULL_AFTER: '10' });
    expect(exit).toBe(1);
    expect(stdout).toContain('ENOSPC');
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ exit_name: 'internal', state: 'interrupted', sum_ok: true });
    // Nothing left without its intent on disk.
    const written = writesTo(sandbox).length;
    const { updated, unverified } = summary.counts;
    expect(written).toBeLessThanOrEqual(updated + unverified);
    expect((await run(cwd, ['results', lastRun(cwd)])).exit).toBe(0);
    expect((await paste(cwd, summary.next_command as string)).exit).toBe(0);
    expect(profileOf(sandbox, 200)).toBe(PROFILE);
  });

  it('2: flags, variables, job files, no key, no file; no directory is made', async () => {
    const cwd = workDirectory();
    const input = writeInput(cwd, 1);
    writeFileSync(join(cwd, 'bad.yaml'), 'command: apply\ninput: numbers.csv\nratte: 5\n');
    const cases: [string[], RegExp, Record<string, string>?][] = [
      [['aply', input], /unknown command aply; did you mean apply\?/],
      [['apply', input, '--yess'], /unknown flag --yess; did you mean --yes\?/],
      [['apply', input, '--rate', 'x'], /--rate must be a number from 0.001 to 10000, auto or off, not "x"/],
      [['apply', input, '--rate', '5', '--rate', '7'], /--rate is given more than once/],
      [['apply', input, ...at('http://api.example.com')], /must be https/],
      [['apply', input, '--rate', 'off'], /--rate off is for a loopback address only/],
      [['apply', 'nosuch.csv'], /there is no file nosuch.csv/],
      [['apply'], /apply needs an input/],
      [['apply', input, '--api-key', 'KEYoops'], /the API key is never a flag/],
      [['run', 'bad.yaml'], /bad.yaml:3:1: unknown key ratte; did you mean rate\?/],
      [['apply', input], /TELNYX_REASSIGN_YES is not taken from the environment/, { TELNYX_REASSIGN_YES: 'true' }],
      [
        ['apply', input],
        /unknown variable TELNYX_REASSIGN_RATES; did you mean TELNYX_REASSIGN_RATE\?/,
        { TELNYX_REASSIGN_RATES: '5' },
      ],
    ];
    for (const [args, message, env] of cases) {
      const { exit, stderr, stdout } = await run(cwd, args, env === undefined ? {} : { env });
      expect({ args, exit }).toEqual({ args, exit: 2 });
      expect(stderr).toMatch(message);
      expect(stdout + stderr).not.toContain('KEYoops');
    }
    const keyless = await run(cwd, ['apply', input, '--yes'], { key: null });
    expect(keyless.exit).toBe(2);
    expect(keyless.stderr).toContain('set TELNYX_API_KEY');
    expect(runDirs(cwd)).toEqual([]);
  }, 60_000);

  it('3: rejected rows stop everything before the first request, and all are listed', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    writeFileSync(
      join(cwd, 'bad.csv'),
      `id,profile_id\n${numberId(1)},${PROFILE}\n1.29338E+18,${PROFILE}\n${numberId(2)},null\n`,
    );
    const { exit, stderr } = await run(cwd, ['apply', 'bad.csv', ...flags]);
    expect(exit).toBe(3);
    expect(stderr).toMatch(/line 3 {2}id_in_scientific_notation/);
    expect(stderr).toMatch(/line 4 {2}ambiguous_cell/);
    expect(sandbox.requests()).toEqual([]);
    expect(table(cwd, 'results.csv').map((row) => row.status)).toEqual(['unprocessed', 'rejected', 'rejected']);
    expect(table(cwd, 'failed.csv').map((row) => row.reassign_reason)).toEqual([
      '',
      'id_in_scientific_notation',
      'ambiguous_cell',
    ]);
    const again = await paste(cwd, summaryOf(cwd).next_command as string);
    expect(again.exit).toBe(3);
  });

  it('3: a file that cannot be read as a whole', async () => {
    const cwd = workDirectory();
    writeFileSync(join(cwd, 'picture.csv'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0xfe]));
    const { exit, stdout } = await run(cwd, ['plan', 'picture.csv']);
    expect(exit).toBe(3);
    expect(stdout).toContain('bad_encoding');
    expect(summaryOf(cwd)).toMatchObject({ state: 'refused', exit_code: 3, error: { code: 'bad_encoding' } });
  });

  it.each([
    ['plan', 'a workbook', 'PK\x03\x04[Content_Types].xml xl/workbook.xml', 'not_csv', 'Excel workbook'],
    ['apply', 'zero bytes', '\0'.repeat(300_000), 'bad_encoding', 'zero bytes'],
    ['verify', 'a page', '<!doctype html><p>Sign in', 'not_csv', 'an HTML page'],
  ])('3: %s of %s ends before anything is copied, and leaves nothing', async (command, _, text, code, what) => {
    const cwd = workDirectory();
    writeFileSync(join(cwd, 'numbers.csv'), text);
    for (const input of ['numbers.csv', '-']) {
      const ended = await run(cwd, [command, input, '--json'], { input: text });
      expect(ended.exit).toBe(3);
      const { error, exit_name: name } = JSON.parse(ended.stdout);
      expect([name, error.code]).toEqual(['input', code]);
      expect(error.message).toContain(input === '-' ? 'standard input' : input);
      expect(error.message).toContain(what);
      expect(runDirs(cwd)).toEqual([]);
    }
  });

  it('4: rows that fail for good, with the reason of the API', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({}, [`not-eligible@${numberId(3)}`, `wrong-echo@${numberId(4)}`]);
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 10), ...flags]);
    expect(exit).toBe(4);
    expect(stdout).toContain('40324');
    const rows = table(cwd, 'results.csv');
    expect(rows[2]).toMatchObject({ status: 'failed', reason: 'api_error', http_status: '422', error_code: '40324' });
    expect(rows[3]).toMatchObject({ status: 'failed', reason: 'response_mismatch', http_status: '200' });
    expect(profileOf(sandbox, 4)).not.toBe(PROFILE);
    expect(table(cwd, 'failed.csv').map((row) => row.phone_number_id)).toEqual([numberId(3), numberId(4)]);
  });

  it('4: rejected rows that were skipped, and duplicates that change nothing', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    const lines = ['id,profile_id', `${numberId(1)},${PROFILE}`, `,${PROFILE}`, `${numberId(1)},${PROFILE}`, ''];
    writeFileSync(join(cwd, 'mixed.csv'), lines.join('\n'));
    const { exit } = await run(cwd, ['apply', 'mixed.csv', '--skip-rejected', ...flags]);
    expect(exit).toBe(4);
    expect(table(cwd, 'results.csv').map((row) => row.status)).toEqual(['updated', 'rejected', 'duplicate']);
    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it('5: only temporary failures remain, and the printed command updates them', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({}, [`425@${numberId(2)}*3`]);
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 4), '--max-attempts', '3', ...flags]);
    expect(exit).toBe(5);
    expect(table(cwd, 'results.csv')[1]).toMatchObject({
      status: 'failed',
      reason: 'attempts_exhausted',
      attempts: '3',
    });
    const next = summaryOf(cwd).next_command as string;
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(profileOf(sandbox, 2)).toBe(PROFILE);
  });

  it('6: a phone number that does not belong to its id stops the run', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({}, [`wrong-number@${numberId(2)}`]);
    const known = sandbox.snapshot().numbers.slice(0, 30);
    const lines = known.map(({ id, phone_number }) => `${id},${phone_number},${PROFILE}`);
    writeFileSync(join(cwd, 'numbers.csv'), ['id,phone_number,profile_id', ...lines, ''].join('\n'));
    const { exit, stdout } = await run(cwd, ['apply', 'numbers.csv', '--concurrency', '1', ...flags]);
    expect(exit).toBe(6);
    expect(stdout).toContain(known[1]?.phone_number);
    const statuses = table(cwd, 'results.csv').map((row) => row.status);
    expect(statuses.slice(0, 3)).toEqual(['updated', 'failed', 'unprocessed']);
    expect(summaryOf(cwd)).toMatchObject({ state: 'paused', resumable: true, exit_name: 'stopped' });
  });

  it('6: a wait beyond --max-server-wait stops the run and fails no row', async () => {
    const cwd = workDirectory();
    const { flags } = await api({}, [`429@${numberId(1)}*1`]);
    const { exit, stdout } = await run(cwd, [
      'apply',
      writeInput(cwd, 3),
      '--max-server-wait',
      '500ms',
      '--concurrency',
      '1',
      ...flags,
    ]);
    expect(exit).toBe(6);
    expect(stdout).toMatch(
      /asks to wait 1s, longer than --max-server-wait 500ms; go on after \d{4}-\d\d-\d\dT\d\d:\d\dZ/,
    );
    expect(table(cwd, 'results.csv').every((row) => row.status === 'unprocessed')).toBe(true);
    expect((await paste(cwd, (summaryOf(cwd).next_command as string).replace('500ms', '5s'))).exit).toBe(0);
  });

  it('8: not confirmed, off a terminal; the printed command continues', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    const unconfirmed = flags.filter((flag) => flag !== '--yes');
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 3), ...unconfirmed]);
    expect(exit).toBe(8);
    const next = summaryOf(cwd).next_command as string;
    expect(next).toMatch(/ apply runs\/\S+ --yes$/);
    expect(stdout).toContain(next);
    expect(sandbox.requests()).toEqual([]);
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(profileOf(sandbox, 3)).toBe(PROFILE);
  });

  it('8: a plan that was changed by hand', async () => {
    const cwd = workDirectory();
    const { sandbox } = await api();
    await run(cwd, ['plan', writeInput(cwd, 3), ...at(sandbox.url)]);
    appendFileSync(join(cwd, lastRun(cwd), 'plan.csv'), 'x\n');
    const { exit, stderr } = await run(cwd, ['apply', lastRun(cwd), '--yes']);
    expect(exit).toBe(8);
    expect(stderr).toContain('plan.csv');
    expect(sandbox.requests()).toEqual([]);
    const command = /Plan again: (.*)$/m.exec(stderr)?.[1] as string;
    expect((await paste(cwd, command)).exit).toBe(0);
  });

  it('8: fewer rows than --min-rows', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 3), '--min-rows', '4', ...flags]);
    expect(exit).toBe(8);
    expect(sandbox.requests()).toEqual([]);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
  });

  it('8: a run that is finished is not applied again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 3), ...flags]);
    const before = readFileSync(join(cwd, lastRun(cwd), 'results.csv'), 'utf8');
    const { exit } = await run(cwd, ['apply', lastRun(cwd), '--yes']);
    expect(exit).toBe(8);
    expect(writesTo(sandbox)).toHaveLength(3);
    expect(readFileSync(join(cwd, lastRun(cwd), 'results.csv'), 'utf8')).toBe(before);
  });

  // Of these the first and the last do what they are asked before they answer.
  const unreadable = [`reset-after@${numberId(2)}`, `502-html@${numberId(3)}`, `cut-json@${numberId(4)}`];

  it('5: rows whose writes had no readable answer, and of which a read shows that they were not done', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({}, unreadable);
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 5), '--max-attempts', '2', ...flags]);
    expect(exit).toBe(5);
    const rows = table(cwd, 'results.csv');
    expect(rows.map((row) => row.status)).toEqual(['updated', 'updated', 'failed', 'updated', 'updated']);
    expect(rows[1]).toMatchObject({ reason: 'confirmed_by_read', http_status: '200', attempts: '1' });
    expect(rows[2]).toMatchObject({ reason: 'attempts_exhausted', http_status: '502', attempts: '2' });
    expect(rows[3]).toMatchObject({ reason: 'confirmed_by_read', attempts: '1' });
    expect(rows[2]?.messaging_profile_id_after).toBe(profileOf(sandbox, 3));
  });

  it('11: rows whose writes had no readable answer, and whose numbers could not be read', async () => {
    const cwd = workDirectory();
    const { flags } = await api({}, unreadable, [
      `reset@${numberId(2)}`,
      `502-html@${numberId(3)}`,
      `cut-json@${numberId(4)}`,
    ]);
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 5), '--max-attempts', '2', ...flags]);
    expect(exit).toBe(11);
    const rows = table(cwd, 'results.csv');
    expect(rows.map((row) => row.status)).toEqual(['updated', 'unverified', 'unverified', 'unverified', 'updated']);
    expect(rows[1]).toMatchObject({ reason: 'read_failed', error_code: 'ECONNRESET', attempts: '1' });
    expect(rows[2]).toMatchObject({ reason: 'read_failed', http_status: '502' });
  });

  it('a second signal breaks off what hangs, and says that it may have been written', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({}, [`hang@${numberId(1)}`]);
    const started = start(cwd, ['apply', writeInput(cwd, 3), '--concurrency', '1', ...flags]);
    await until(() => sandbox.requests().length >= 1);
    started.child.kill('SIGINT');
    await until(() => started.output().includes('repeat the signal'));
    started.child.kill('SIGINT');
    const { exit } = await started.ended;
    expect(exit).toBe(130);
    expect(table(cwd, 'results.csv').map((row) => row.status)).toEqual(['unverified', 'unprocessed', 'unprocessed']);
  });
});
