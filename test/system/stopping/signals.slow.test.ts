import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blindRepeats } from '../../support/program/account.ts';
import { KEY } from '../../support/program/environment.ts';
import { CLI } from '../../support/program/paths.ts';
import { paste, run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { pasteInShell, start } from '../../support/program/start.ts';
import {
  lastRun,
  numberId,
  runDirs,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const ROWS = 60;

function pidOf(cwd: string): number {
  return (JSON.parse(readFileSync(join(cwd, lastRun(cwd), 'run.json'), 'utf8')) as { pid: number }).pid;
}

/** The arguments of an `apply` of three rows, of which only one is in flight at a time. */
function oneAtATime(cwd: string, timeout: string, url: string): string[] {
  const pace = ['--concurrency', '1', '--timeout', timeout, '--rate', 'off'];
  return ['apply', writeInput(cwd, 3), ...pace, '--yes', ...at(url)];
}

/** The command line of an `apply` on a terminal of its own. */
function onTerminal(cwd: string, url: string): string {
  const words = ['apply', writeInput(cwd, ROWS), '--rate', '50', '--yes', ...at(url)];
  return `script -qec '${[process.execPath, CLI, ...words].join(' ')}' /dev/null`;
}

describe('what is in flight', () => {
  it('is waited for no longer than --timeout after one signal', async () => {
    const { sandbox } = await api({}, [`hang@${numberId(1)}`]);
    const cwd = workDirectory();
    const started = start(cwd, oneAtATime(cwd, '1s', sandbox.url));
    await until(() => sandbox.requests().length > 0);
    const began = Date.now();
    started.child.kill('SIGINT');
    const { exit } = await started.ended;
    expect(exit).toBe(130);
    expect(Date.now() - began).toBeLessThan(2500);
    expect(summaryOf(cwd)).toMatchObject({ state: 'interrupted', counts: { unprocessed: 2 }, sum_ok: true });
    expect(table(cwd, 'results.csv')[0]?.status).not.toBe('updated');
  });

  it('is broken off at once by a second signal, and read before it is sent again', async () => {
    const { sandbox } = await api({}, [`hang@${numberId(1)}*1`]);
    const cwd = workDirectory();
    const started = start(cwd, oneAtATime(cwd, '1m', sandbox.url));
    await until(() => sandbox.requests().length > 0);
    const began = Date.now();
    started.child.kill('SIGINT');
    await until(() => started.output().includes('repeat the signal'));
    started.child.kill('SIGINT');
    expect((await started.ended).exit).toBe(130);
    expect(Date.now() - began).toBeLessThan(1500);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 3 });
    expect(blindRepeats(sandbox)).toEqual([]);
  });
});

const hasScript = spawnSync('script', ['--version']).status === 0;

describe('SIGHUP', () => {
  it('means nothing without a terminal', async () => {
    const { sandbox } = await api();
    const cwd = workDirectory();
    const started = start(cwd, ['apply', writeInput(cwd, 30), '--rate', '100', '--yes', ...at(sandbox.url)]);
    await until(() => runDirs(cwd).length > 0);
    started.child.kill('SIGHUP');
    await until(() => sandbox.requests().length > 3);
    started.child.kill('SIGHUP');
    expect((await started.ended).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(30);
  });

  it.skipIf(!hasScript)('drains on a terminal: 129, and resume goes on', async () => {
    const { sandbox } = await api({ latencyMs: 20 });
    const cwd = workDirectory();
    const command = onTerminal(cwd, sandbox.url);
    const ended = pasteInShell(cwd, command);
    await until(() => sandbox.requests().length > 3);
    process.kill(pidOf(cwd), 'SIGHUP');
    expect((await ended).exit).toBe(129);
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ state: 'interrupted', exit_code: 129, sum_ok: true });
    expect(summary.counts.unprocessed).toBeGreaterThan(0);
    expect((await paste(cwd, summary.next_command as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(ROWS);
    expect(blindRepeats(sandbox)).toEqual([]);
  });

  it.skipIf(!hasScript)('of a terminal that is gone, as when a connection breaks, loses nothing', async () => {
    const { sandbox } = await api({ latencyMs: 20 });
    const cwd = workDirectory();
    const command = onTerminal(cwd, sandbox.url);
    // The shell tells the terminal's process id, and waits for it.
    const ended = pasteInShell(cwd, `${command} & echo $! > terminal.pid; wait $!`);
    await until(() => sandbox.requests().length > 3);
    process.kill(Number(readFileSync(join(cwd, 'terminal.pid'), 'utf8')), 'SIGKILL');
    await ended;
    await until(() => existsSync(join(cwd, lastRun(cwd), 'summary.json')));
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ state: 'interrupted', exit_code: 129, sum_ok: true, counts: { unverified: 0 } });
    const resumed = await run(cwd, ['resume', '--wait-for-lock', '5s'], { key: KEY });
    expect(resumed.exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(ROWS);
    expect(blindRepeats(sandbox)).toEqual([]);
  });
});
