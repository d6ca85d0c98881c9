import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import {
  lastRun,
  logOf,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
  writeLines,
} from '../../support/program/workspace.ts';

const ledgerOf = (cwd: string) =>
  readFileSync(join(cwd, lastRun(cwd), 'ledger.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const steeredIn = (cwd: string) => ledgerOf(cwd).filter(({ type }) => type === 'steered');

/** A run at work: a slow one, unless its rate is set. `ctl` sends a command to it. */
async function atWork(rows: number, flags: string[] = ['--rate', '20'], input?: string) {
  const { sandbox, flags: usual } = await api({ numbers: rows });
  const cwd = workDirectory();
  const others = usual.filter((flag) => flag !== 'off' && flag !== '--rate');
  const applied = run(cwd, ['apply', input ?? writeInput(cwd, rows), ...others, ...flags]);
  await until(() => writesTo(sandbox).length > 4);
  const ctl = (...words: string[]) => run(cwd, ['ctl', lastRun(cwd), ...words]);
  return { sandbox, cwd, applied, ctl, sent: () => writesTo(sandbox).length };
}

describe('ctl', () => {
  it('pauses a run, which sends nothing more until resume', async () => {
    const { cwd, applied, ctl, sent } = await atWork(40);
    expect(await ctl('pause')).toMatchObject({ exit: 0, stdout: 'sending -> paused\n' });
    const before = sent();
    expect((await ctl('pause')).stdout).toMatch(/^already paused by \S.* since /);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent()).toBeLessThanOrEqual(before + 1);
    expect((await ctl('resume')).stdout).toBe('paused -> sending\n');
    expect((await ctl('rate', 'off')).exit).toBe(0);
    expect((await applied).exit).toBe(0);
    expect(summaryOf(cwd)).toMatchObject({ counts: { updated: 40 }, state: 'finished' });
    expect(summaryOf(cwd).steered.map(({ command }) => command)).toEqual(['pause', 'pause', 'resume', 'rate']);
    expect(steeredIn(cwd).length).toBe(4);
    expect(logOf(cwd).filter(({ event }) => event === 'run.steered').length).toBe(4);
  });

  it('changes rate, concurrency and max-failures, and keeps them in run.json', async () => {
    const { cwd, applied, ctl } = await atWork(40);
    expect((await ctl('rate', '50')).stdout).toBe('rate: 20 -> 50 (concurrency: 40 -> 100)\n');
    expect((await ctl('concurrency', '7')).stdout).toBe('concurrency: 100 -> 7\n');
    expect((await ctl('max-failures', '3')).stdout).toBe('max-failures: 5% -> 3\n');
    expect(manifestOf(cwd).settings).toMatchObject({ rate: '50', concurrency: '7', max_failures: '3' });
    expect((await applied).stdout).toMatch(/Steered: 3 commands, the last by .*: max-failures 5% -> 3\n/);
    expect(manifestOf(cwd).settings).toMatchObject({ rate: '50', concurrency: '7', max_failures: '3' });
    expect(summaryOf(cwd).rate.setting).toBe('50');
  });

  it('holds a profile by its id, and sends its rows in the same session when it is released', async () => {
    const cwd = workDirectory();
    const rows = Array.from({ length: 80 }, (_, at) => `${numberId(at + 1)},${at % 2 === 0 ? PROFILE : OTHER}`);
    writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows]);
    const { applied, ctl, ...world } = await atWork(80, ['--rate', '20'], join(cwd, 'numbers.csv'));
    expect((await ctl('hold', OTHER.toUpperCase())).stdout).toBe(`rows to ${OTHER}: sent -> held\n`);
    await until(() => world.sent() > 14);
    expect((await ctl('pause')).exit).toBe(0);
    expect((await ctl('release', OTHER)).stdout).toBe(`rows to ${OTHER}: held -> sent\n`);
    await ctl('rate', 'off');
    await ctl('resume');
    expect((await applied).exit).toBe(0);
    expect(summaryOf(world.cwd).counts).toMatchObject({ updated: 80 });
    expect(ledgerOf(world.cwd).filter(({ type }) => type === 'session_started').length).toBe(1);
  });

  it('leaves rows held that are not released, and names who held them', async () => {
    const cwd = workDirectory();
    const rows = Array.from({ length: 30 }, (_, at) => `${numberId(at + 1)},${at < 10 ? PROFILE : OTHER}`);
    writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows]);
    const { applied, ctl, ...world } = await atWork(30, ['--rate', '20'], join(cwd, 'numbers.csv'));
    await ctl('hold', OTHER);
    expect((await applied).exit).toBe(4);
    const held = table(world.cwd, 'held.csv');
    expect(held.length).toBeGreaterThan(10);
    const results = table(world.cwd, 'results.csv').filter(({ status }) => status === 'held');
    expect(results[0]).toMatchObject({ reason: 'profile_stopped' });
    expect(JSON.stringify(results[0])).toMatch(/held by \S.* since /);
    const next = summaryOf(world.cwd).next_command as string;
    expect((await paste(world.cwd, next)).exit).toBe(0);
  });

  it('drains a run, which resume then finishes', async () => {
    const { cwd, applied, ctl } = await atWork(40);
    expect((await ctl('drain')).stdout).toBe('sending -> ending\n');
    expect(await applied).toMatchObject({ exit: 143, stdout: expect.stringContaining('Drained by ') });
    expect(manifestOf(cwd)).toMatchObject({ state: 'interrupted', stop: { reason: 'drained' } });
    expect((await paste(cwd, `${summaryOf(cwd).next_command} --rate off`)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(40);
  });

  it('obeys two operators one after the other, and each answer says what that command has changed', async () => {
    const { cwd, applied, ctl } = await atWork(30);
    const rates = Array.from({ length: 20 }, (_, at) => String(30 + at));
    const answers = await Promise.all(rates.map((rate) => ctl('rate', rate)));
    expect(answers.map(({ exit }) => exit)).toEqual(rates.map(() => 0));
    const steered = steeredIn(cwd);
    expect(steered.map(({ to }) => to).sort()).toEqual(rates);
    // Each one begins where the one before has ended, whatever their order was.
    expect(steered.map(({ from }) => from)).toEqual(['20', ...steered.slice(0, -1).map(({ to }) => to)]);
    const changes = answers.map(({ stdout }) => /^rate: (\d+ -> \d+)/.exec(stdout)?.[1]);
    expect(changes.sort()).toEqual(steered.map(({ from, to }) => `${from} -> ${to}`).sort());
    expect(manifestOf(cwd).settings.rate).toBe(steered.at(-1)?.to);
    await ctl('rate', 'off');
    expect((await applied).exit).toBe(0);
  });

  it('holds the rows that leave their profiles, by UNASSIGN in any case', async () => {
    const cwd = workDirectory();
    const rows = Array.from({ length: 30 }, (_, at) => `${numberId(at + 1)},${at < 20 ? PROFILE : 'UNASSIGN'}`);
    writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows]);
    const flags = ['--rate', '20', '--allow-unassign'];
    const { applied, ctl } = await atWork(30, flags, join(cwd, 'numbers.csv'));
    expect((await ctl('hold', 'unassign')).stdout).toBe('rows to UNASSIGN: sent -> held\n');
    expect((await ctl('release', 'Unassign')).stdout).toBe('rows to UNASSIGN: held -> sent\n');
    await ctl('rate', 'off');
    expect((await applied).exit).toBe(0);
  });

  it('refuses what is no command, or no target of the run, and changes nothing', async () => {
    const { cwd, applied, ctl } = await atWork(30);
    for (const words of [[], ['stop'], ['rate'], ['rate', 'fast'], ['pause', 'now'], ['concurrency', '0']]) {
      const { exit, stderr } = await ctl(...words);
      expect([words, exit]).toEqual([words, 2]);
      expect(stderr).toContain('max-failures N|N%');
    }
    const { exit, stderr } = await ctl('hold', 'unknown');
    expect(exit).toBe(2);
    expect(stderr).toContain(`unknown is not a profile to which this run sends rows. These are:`);
    expect(stderr).toContain(PROFILE);
    const json = await ctl('rate', 'x', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 2, error: { code: 'usage' } });
    expect(steeredIn(cwd)).toEqual([]);
    expect(JSON.parse((await ctl('rate', '200', '--json')).stdout)).toMatchObject({
      exit_code: 0,
      command: 'rate',
      from: '20',
      to: '200',
    });
    expect((await ctl('rate', '200', '--quiet')).stdout).toBe('');
    await applied;
  });

  it('says in which state a run is that no process works on, and the next command', async () => {
    const { flags } = await api({ numbers: 3 });
    const cwd = workDirectory();
    await run(cwd, ['plan', writeInput(cwd, 3), ...flags.slice(0, 3)]);
    const planned = await run(cwd, ['ctl', lastRun(cwd), 'pause']);
    expect(planned.exit).toBe(8);
    expect(planned.stderr).toMatch(/^No process is at work on run \S+: it is planned. Next: .* apply /);
    await paste(cwd, `${/Next: (.*)/.exec(planned.stderr)?.[1]} --rate off`);
    const finished = await run(cwd, ['ctl', lastRun(cwd), 'pause']);
    expect(finished).toMatchObject({ exit: 8, stderr: expect.stringContaining('it is finished.') });
    const json = await run(cwd, ['ctl', lastRun(cwd), 'pause', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 8, error: { code: 'not_at_work' } });
    expect((await run(cwd, ['ctl', 'nowhere', 'pause'])).exit).toBe(2);
    expect((await run(cwd, ['ctl'])).exit).toBe(2);
  });

  it('steers no run from a copy of its directory, and refuses a wrong token', async () => {
    const { cwd, applied, ctl } = await atWork(30);
    cpSync(join(cwd, lastRun(cwd)), join(cwd, 'copy'), { recursive: true, filter: (path) => !path.endsWith('.sock') });
    expect((await run(cwd, ['ctl', 'copy', 'pause'])).exit).toBe(8);
    const file = join(cwd, lastRun(cwd), 'control.json');
    const control = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...control, token: '0'.repeat(32) }));
    expect(await ctl('pause')).toMatchObject({ exit: 8, stderr: 'The token is not that of this run.\n' });
    // It is at work, and has no socket.
    writeFileSync(file, '');
    const { exit, stderr } = await ctl('pause');
    expect([exit, stderr]).toEqual([8, expect.stringMatching(/^Run \S+ is at work .* takes no commands now.* See: /)]);
    expect((await paste(cwd, /See: (.*)/.exec(stderr)?.[1] ?? '')).stdout).toMatch(
      / apply (sending|waiting to send)\n/,
    );
    writeFileSync(file, JSON.stringify(control));
    expect((await ctl('rate', 'off')).exit).toBe(0);
    expect((await applied).exit).toBe(0);
    expect(readdirSync(join(cwd, lastRun(cwd))).filter((name) => name.startsWith('control'))).toEqual([]);
  });

  it('steers a run whose path is too long for a socket', async () => {
    const { sandbox, flags } = await api({ numbers: 30 });
    const cwd = join(workDirectory(), 'd'.repeat(120));
    mkdirSync(cwd);
    const others = flags.filter((flag) => flag !== 'off' && flag !== '--rate');
    const applied = run(cwd, ['apply', writeInput(cwd, 30), ...others, '--rate', '20']);
    await until(() => writesTo(sandbox).length > 4);
    expect((await run(cwd, ['ctl', lastRun(cwd), 'rate', 'off'])).exit).toBe(0);
    expect((await applied).exit).toBe(0);
  });
});
