import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { DEAD } from '../../support/app/run-directories.ts';
import { CLI } from '../../support/program/paths.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import {
  commandIn,
  lastRun,
  numberId,
  runDirs,
  summaryOf,
  table,
  workDirectory,
} from '../../support/program/workspace.ts';

const [FIRST, SECOND, THIRD] = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [
  string,
  string,
  string,
];

/** The account as version 0.1.0 found it. */
const BEFORE: readonly (readonly [profile: string | null, product: string])[] = [
  [FIRST, 'A2P'],
  [FIRST, 'A2P'],
  [FIRST, 'A2P'],
  [FIRST, 'A2P'],
  [SECOND, 'A2P'],
  [SECOND, 'A2P'],
  [SECOND, 'P2P'],
  [SECOND, 'A2P'],
];

/** The account as the input of the fixtures wants it; the API of the fixtures does not have number 2. */
const WANTED: typeof BEFORE = [
  [THIRD, 'A2P'],
  [FIRST, 'A2P'],
  [THIRD, 'P2P'],
  [THIRD, 'A2P'],
  [FIRST, 'A2P'],
  [null, 'A2P'],
  [SECOND, 'A2P'],
  [FIRST, 'A2P'],
];

/** An account in which these rows have their target, and the others have what 0.1.0 found. */
async function accountWith(done: readonly number[]): Promise<Sandbox> {
  const numbers = BEFORE.map((before, at) => {
    const [profile, product] = (done.includes(at + 1) ? WANTED[at] : before) as (typeof BEFORE)[number];
    const phone = `+1800000000${at + 1}`;
    return { id: numberId(at + 1), phone_number: phone, messaging_profile_id: profile, messaging_product: product };
  });
  return (await api({ numbers }, [`404@${numberId(2)}`])).sandbox;
}

function valuesOf(sandbox: Sandbox): (typeof BEFORE)[number][] {
  return sandbox.snapshot().numbers.map((number) => [number.messaging_profile_id, number.messaging_product]);
}

/** Copies a run of 0.1.0 into a work directory, and lets it point to the API of the test. */
function copyRun(fixture: 'finished' | 'killed' | 'interrupted', sandbox: Sandbox): string {
  const cwd = workDirectory();
  const from = resolve(import.meta.dirname, '../../fixtures/v0.1.0', fixture);
  const manifest = JSON.parse(readFileSync(join(from, 'run.json'), 'utf8'));
  const dir = join(cwd, 'runs', manifest.run_id);
  cpSync(from, dir, { recursive: true });
  manifest.settings.base_url = sandbox.url;
  // It ran on this host, and its process has ended.
  const here = { ...manifest, host: hostname(), pid: DEAD };
  writeFileSync(join(dir, 'run.json'), JSON.stringify(here));
  return cwd;
}

const FAST = ['--rate', 'off'];

const endings = (cwd: string) =>
  table(cwd, 'results.csv').map(({ row, status, reason }) => `${row} ${status} ${reason}`.trim());

/** The numbers that were written, in the order of their ids. */
function writtenIds(sandbox: Sandbox): (string | undefined)[] {
  return sandbox
    .requests()
    .filter(({ method }) => method === 'PATCH')
    .map(({ path }) => path.split('/')[3])
    .sort();
}

describe('a run directory of version 0.1.0', () => {
  it('is resumed after a kill: rows in flight are read, and sent only where they are not at their target', async () => {
    // The write of row 4 had arrived when the process was killed; those of rows 5 to 7 had not.
    const sandbox = await accountWith([1, 3, 4]);
    const cwd = copyRun('killed', sandbox);
    const { exit } = await run(cwd, ['resume', ...FAST]);
    expect(exit).toBe(4);
    expect(valuesOf(sandbox)).toEqual(WANTED);
    expect(endings(cwd)).toEqual([
      '1 updated',
      '2 failed api_error',
      '3 updated',
      '4 updated confirmed_by_read',
      '5 updated',
      '6 updated',
      '7 updated',
      '8 updated',
    ]);
    expect(writtenIds(sandbox)).toEqual([5, 6, 7, 8].map(numberId));
    expect(summaryOf(cwd).sum_ok).toBe(true);
  });

  it('is resumed after Ctrl-C: rows that were put back are sent without a read', async () => {
    const sandbox = await accountWith([1, 3, 4]);
    const cwd = copyRun('interrupted', sandbox);
    const { exit } = await run(cwd, ['resume', lastRun(cwd), ...FAST]);
    expect(exit).toBe(4);
    expect(valuesOf(sandbox)).toEqual(WANTED);
    expect(writtenIds(sandbox)).toEqual([5, 6, 7, 8].map(numberId));
    const about = sandbox.requests().filter(({ path }) => /messaging$/.test(path) && path.includes(numberId(5)));
    expect(about.map(({ method }) => method)).toEqual(['PATCH', 'GET']);
  });

  it('is undone as far as possible: it had not read the account, so every row is held as before_unknown', async () => {
    const sandbox = await accountWith([1, 3, 4, 5, 6, 7, 8]);
    const cwd = copyRun('finished', sandbox);
    const { exit, stderr } = await run(cwd, ['undo', lastRun(cwd), '--yes']);
    expect(exit).toBe(4);
    expect(stderr).toContain('7 rows: 0 to send, 7 held');
    expect(stderr).toContain('the value from before is unknown');
    expect(writtenIds(sandbox)).toEqual([]);
    expect(valuesOf(sandbox)).toEqual(WANTED);
    expect(new Set(table(cwd, 'held.csv').map((row) => row.reassign_reason))).toEqual(new Set(['before_unknown']));
  });

  it('is verified against the account', async () => {
    const sandbox = await accountWith([1, 3, 4, 5, 6, 7]);
    const cwd = copyRun('finished', sandbox);
    const { exit, stdout } = await run(cwd, ['verify', lastRun(cwd)]);
    expect(exit).toBe(4);
    expect(stdout).toContain('verify: 6 at target, 2 drifted');
    const verdicts = table(cwd, 'verify.csv').map(({ row, verdict }) => `${row} ${verdict}`);
    expect(verdicts).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((row) => `${row} ${row === 2 || row === 8 ? 'drifted' : 'at_target'}`),
    );
  });

  it('gets its result files again', async () => {
    const cwd = copyRun('killed', await accountWith([]));
    const { exit, stdout } = await run(cwd, ['results', lastRun(cwd)]);
    expect(exit).toBe(0);
    expect(stdout).toContain('rows read = updated + failed + unverified + unprocessed');
    expect(endings(cwd)).toEqual([
      '1 updated',
      '2 failed api_error',
      '3 updated',
      '4 unverified interrupted',
      '5 unverified interrupted',
      '6 unverified interrupted',
      '7 unverified interrupted',
      '8 unprocessed',
    ]);
    expect(commandIn(stdout, 'resume')).toContain(lastRun(cwd));
  });

  it('is listed with its state and its counts, and the printed command brings its rows to their targets', async () => {
    const sandbox = await accountWith([1, 3, 4]);
    const cwd = copyRun('interrupted', sandbox);
    const { exit, stdout } = await run(cwd, ['runs', '--json']);
    expect(exit).toBe(0);
    const [listed] = JSON.parse(stdout).runs;
    expect(listed).toMatchObject({ state: 'interrupted', exit_code: 130 });
    expect(listed.counts).toMatchObject({ updated: 3, failed: 1, unprocessed: 4 });
    // The command is that of 0.1.0, which recorded the address of its own API and had no `resume`.
    const command = listed.next_command
      .replace('telnyx-reassign', `node ${CLI}`)
      .replace('http://127.0.0.1:4711/v2', sandbox.url)
      .replace('--rate 3', '--rate off');
    expect((await paste(cwd, command)).exit).toBe(4);
    expect(valuesOf(sandbox)).toEqual(WANTED);
  });
});

describe('a run directory of a newer version', () => {
  it('is refused if its ledger says what this version does not know, and nothing is sent', async () => {
    const sandbox = await accountWith([1, 3, 4]);
    const cwd = copyRun('interrupted', sandbox);
    const dir = lastRun(cwd);
    const manifest = JSON.parse(readFileSync(join(cwd, dir, 'run.json'), 'utf8'));
    writeFileSync(join(cwd, dir, 'run.json'), JSON.stringify({ ...manifest, version: '9.9.9', waves: [5] }));
    appendFileSync(join(cwd, dir, 'ledger.ndjson'), '{"type":"order_moved","rows":[5]}\n');
    for (const args of [
      ['resume', ...FAST],
      ['results', dir],
      ['undo', dir, '--yes'],
      ['retry', dir, '--yes'],
    ]) {
      const { exit, stderr } = await run(cwd, args);
      expect(stderr).toContain('unknown entry type "order_moved"');
      expect(stderr).toContain('Fix: use version 9.9.9 or later.');
      expect(exit).toBe(2);
    }
    expect(runDirs(cwd)).toEqual([dir]);
    expect(sandbox.requests()).toEqual([]);
  });

  it('is refused if its state is unknown, and listed as such', async () => {
    const cwd = copyRun('interrupted', await accountWith([]));
    const dir = lastRun(cwd);
    const manifest = JSON.parse(readFileSync(join(cwd, dir, 'run.json'), 'utf8'));
    writeFileSync(join(cwd, dir, 'run.json'), JSON.stringify({ ...manifest, version: '9.9.9', state: 'soaking' }));
    const fix = 'unknown state "soaking". Version 9.9.9 of telnyx-reassign wrote it. Fix: use version 9.9.9 or later.';
    const resumed = await run(cwd, ['resume', dir]);
    expect([resumed.exit, resumed.stderr]).toEqual([2, expect.stringContaining(fix)]);
    const listed = await run(cwd, ['runs']);
    expect([listed.exit, listed.stderr]).toEqual([0, expect.stringContaining(fix)]);
  });
});
