import { readFileSync } from 'node:fs';
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
    expect((await applied).stdout).toMatch(/Steered: 3 commands, last max-failures 5% -> 3 by /);
    expect(manifestOf(cwd).settings).toMatchObject({ rate: '50', concurrency: '7', max_failures: '3' });
    expect(summaryOf(cwd).rate.setting).toBe('50');
  });

  it('holds a profile by its id, and sends its rows in the same session when it is released', async () => {
    const cwd = workDirectory();
    const rows = Array.from({ length: 40 }, (_, at) => `${numberId(at + 1)},${at % 2 === 0 ? PROFILE : OTHER}`);
    writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows]);
    const { applied, ctl, ...world } = await atWork(40, ['--rate', '20'], join(cwd, 'numbers.csv'));
    expect((await ctl('hold', OTHER.toUpperCase())).stdout).toBe(`rows to ${OTHER}: sent -> held\n`);
    await ctl('rate', '40');
    await until(() => world.sent() > 20);
    expect((await ctl('release', OTHER)).stdout).toBe(`rows to ${OTHER}: held -> sent\n`);
    expect((await applied).exit).toBe(0);
    expect(summaryOf(world.cwd).counts).toMatchObject({ updated: 40 });
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
});
