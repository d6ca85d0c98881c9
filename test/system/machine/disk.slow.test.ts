import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { CLI } from '../../support/program/paths.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { pasteInShell, runPreloaded, start } from '../../support/program/start.ts';
import {
  lastRun,
  runDirs,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Rows whose intent is whole in the ledger. */
function intents(cwd: string): Set<number> {
  const path = join(cwd, lastRun(cwd), 'ledger.ndjson');
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const entries = lines.map((line) => JSON.parse(line) as { type: string; row: number });
  return new Set(entries.filter(({ type }) => type === 'intent').map(({ row }) => row));
}

function rowsSent(sandbox: Sandbox, method = 'PATCH'): number[] {
  const numbers = sandbox.snapshot().numbers.map(({ id }) => id);
  return sandbox
    .requests()
    .filter((request) => request.method === method)
    .map(({ id }) => numbers.indexOf(id ?? '') + 1);
}

describe('a full disk under the ledger', () => {
  it.each([
    ['full-disk.mjs', '0'],
    ['full-disk.mjs', '1'],
    ['torn-disk.mjs', '1'],
    ['torn-disk.mjs', '7'],
  ])('%s after %s writes: what was sent is recorded, 1, and the printed command goes on', async (name, after) => {
    const { sandbox, flags } = await api({ latencyMs: 3 });
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 80), '--concurrency', '8', ...flags];
    const { exit, stdout, stderr } = await runPreloaded(name, cwd, args, { FULL_AFTER: after });
    expect(exit).toBe(1);
    expect(stdout).toContain('ENOSPC');
    expect(stdout + stderr).not.toMatch(/^ {4}at /m);
    const recorded = intents(cwd);
    const sent = rowsSent(sandbox);
    expect(sent.filter((row) => !recorded.has(row))).toEqual([]);
    if (after === '0' || (after === '1' && name === 'full-disk.mjs')) expect(sent).toEqual([]);
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ exit_code: 1, exit_name: 'internal', state: 'interrupted', sum_ok: true });
    expect(summary.counts.updated + summary.counts.unverified).toBeGreaterThanOrEqual(sent.length);
    const again = await paste(cwd, summary.next_command as string);
    expect(again.exit, again.stdout + again.stderr).toBe(0);
    expect(table(cwd, 'results.csv').map(({ status }) => status)).toEqual(Array(80).fill('updated'));
    // What had been sent before was read, and not written blindly a second time.
    const all = rowsSent(sandbox);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('results that may not be written', () => {
  it('1 with the reason; the ledger is kept, and the printed command makes them', async () => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const env = { DENIED_CALL: 'openSync', DENIED_PATH: 'results.csv', DENIED_CODE: 'EACCES' };
    const { exit, stderr } = await runPreloaded('denied.mjs', cwd, ['apply', writeInput(cwd, 5), ...flags], env);
    expect(exit).toBe(1);
    expect(stderr).toContain('EACCES');
    expect(stderr).not.toContain('    at ');
    const next = /After fixing that: (.*)$/m.exec(stderr)?.[1] as string;
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 5 });
    expect(rowsSent(sandbox)).toHaveLength(5);
  });
});

describe('a run directory that is removed midway', () => {
  it('stops the run at once: 1, and nothing more is sent', async () => {
    const { sandbox, flags } = await api({ latencyMs: 10 });
    const cwd = workDirectory();
    const started = start(cwd, ['apply', writeInput(cwd, 900), '--concurrency', '4', ...flags]);
    await until(() => sandbox.requests().length > 20);
    rmSync(join(cwd, lastRun(cwd)), { recursive: true });
    const sent = sandbox.requests().length;
    const { exit, stdout, stderr } = await started.ended;
    expect(exit).toBe(1);
    // What was in flight and what had its intent on disk.
    expect(sandbox.requests().length).toBeLessThan(sent + 30);
    expect(stdout + stderr).toContain('was removed');
    expect(stdout + stderr).not.toMatch(/^ {4}at /m);
    const after = sandbox.requests().length;
    await pause(300);
    expect(sandbox.requests()).toHaveLength(after);
    const next = /After fixing that: (.*)$/m.exec(stderr)?.[1] as string;
    expect((await paste(cwd, next)).exit).toBe(0);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(table(cwd, 'results.csv').every(({ status }) => status === 'updated')).toBe(true);
  });
});

describe('a directory for runs that is read-only', () => {
  it.each(['EACCES', 'EROFS'])('%s: 2 with the flag that names another, and nothing is sent', async (DENIED_CODE) => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const env = { DENIED_CALL: 'mkdirSync', DENIED_PATH: '/runs', DENIED_CODE };
    const runDenied = (args: string[]) => runPreloaded('denied.mjs', cwd, args, env);
    const { exit, stderr } = await runDenied(['apply', writeInput(cwd, 2), ...flags]);
    expect(exit).toBe(2);
    expect(stderr).toContain(DENIED_CODE);
    expect(stderr).toContain('--runs-dir');
    expect(stderr).not.toContain('    at ');
    expect(sandbox.requests()).toEqual([]);
    expect(runDirs(cwd)).toEqual([]);
    expect((await runDenied(['apply', 'numbers.csv', '--runs-dir', 'elsewhere', ...flags])).exit).toBe(0);
  });

  it.each([
    ['run.json', 'openSync', '0'],
    // The last one of the plan, and the one that says that the run is at work.
    ['run.json', 'openSync', '2'],
    ['run.json', 'openSync', '3'],
    ['plan.csv', 'openSync', '0'],
    ['log.ndjson', 'openSync', '0'],
    ['ledger.ndjson', 'open', '0'],
    ['summary.json', 'openSync', '0'],
  ])('%s cannot be written (%s, after %s times): a message, and no half of a run', async (file, call, after) => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const env = { DENIED_CALL: call, DENIED_PATH: file, DENIED_CODE: 'ENOSPC', DENIED_AFTER: after };
    const { exit, stdout, stderr } = await runPreloaded(
      'denied.mjs',
      cwd,
      ['apply', writeInput(cwd, 2), ...flags],
      env,
    );
    expect([1, 2]).toContain(exit);
    expect(stdout + stderr).toContain('ENOSPC');
    expect(stdout + stderr).not.toMatch(/^ {4}at /m);
    if (file !== 'summary.json' && file !== 'log.ndjson') expect(sandbox.requests()).toEqual([]);
    // A directory that no command knows as a run would stay for ever.
    expect(runDirs(cwd).filter((dir) => !existsSync(join(cwd, dir, 'run.json')))).toEqual([]);
    for (const dir of runDirs(cwd)) {
      const again = await run(cwd, ['resume', dir]);
      const printed = /(?:Execute it|Start again|Plan again)[^:]*: (.*)$/m.exec(again.stderr)?.[1];
      if (again.exit === 0) continue;
      expect(again.exit).toBe(8);
      expect((await paste(cwd, printed as string)).exit, again.stderr).toBe(0);
    }
  });
});

describe('a closed output', () => {
  it('does not end a run, whether its reader leaves midway or there is none from the start', async () => {
    const { sandbox, flags } = await api({ latencyMs: 5 });
    const cwd = workDirectory();
    const started = start(cwd, ['apply', writeInput(cwd, 60), '--concurrency', '2', ...flags]);
    await until(() => sandbox.requests().length > 5);
    started.child.stdout?.destroy();
    started.child.stderr?.destroy();
    expect((await started.ended).exit).toBe(0);
    expect(summaryOf(cwd)).toMatchObject({ exit_code: 0, counts: { updated: 60 } });
    const command = `'${process.execPath}' '${CLI}' apply numbers.csv ${flags.join(' ')}`;
    for (const [dir, redirection] of [
      ['a', '>&-'],
      ['b', '2>&-'],
      ['c', '>&- 2>&-'],
      ['d', '> /dev/full'],
      ['e', '2> /dev/full'],
    ]) {
      const { exit } = await pasteInShell(cwd, `${command} --runs-dir ${dir} ${redirection}`);
      expect({ redirection, exit }).toEqual({ redirection, exit: 0 });
    }
    const piped = await pasteInShell(cwd, `{ ${command} --runs-dir f; echo "ended with $?" >&2; } | true`);
    expect(piped.stderr).toContain('ended with 0');
    expect(existsSync(join(cwd, 'f'))).toBe(true);
  });
});
