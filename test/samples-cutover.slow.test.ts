import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Sandbox } from '../src/sandbox/server.ts';
import { commandsOf, ROOT, read } from './docs/documents.ts';
import { valuesOf } from './support/program/account.ts';
import { run } from './support/program/run.ts';
import { manifestOf, runDirs, summaryOf, table, workDirectory } from './support/program/workspace.ts';
import { openSandbox } from './support/sandbox/open.ts';

const README = 'samples/cutover/README.md';
/** The times that a test does not have. */
const FASTER: Record<string, string> = { '24h': '200ms', '15m': '100ms' };

/** The words of the commands of the program in the README, in their order; of other commands the whole line. */
const COMMANDS = commandsOf(README).filter(([program]) => program === 'telnyx-reassign');
const lineOf = (start: string) => new RegExp(`^${start} .*$`, 'm').exec(read(README))?.[0] as string;

/** What the account looks like with the numbers of the export on another profile. */
const onNewBrand = (sandbox: Sandbox) =>
  sandbox.snapshot().numbers.filter((number) => number.messaging_profile_id?.endsWith('a002')).length;

/** The commands of the README in a copy of its directory, against a sandbox with its account. */
async function rehearsal() {
  const cwd = workDirectory();
  cpSync(join(ROOT, 'samples/cutover'), cwd, { recursive: true });
  const [start = [], ...commands] = COMMANDS;
  expect(start.slice(1)).toEqual(['sandbox', '--state', 'account.json']);
  const sandbox = await openSandbox({ state: JSON.parse(readFileSync(join(cwd, 'account.json'), 'utf8')) });
  const env = { TELNYX_REASSIGN_BASE_URL: sandbox.url, TELNYX_REASSIGN_RATE: 'off' };
  /** Runs the next command of the README. Returns what it printed. */
  async function next(verb: string): Promise<string> {
    const [, ...words] = commands.shift() ?? [];
    const [dir = ''] = runDirs(cwd);
    const digest = existsSync(join(cwd, dir, 'run.json')) ? (manifestOf(cwd, dir).plan?.sha256 ?? '') : '';
    const values: Record<string, string> = { RUN_DIR: dir, DIGEST: digest, ...FASTER };
    const args = words.map((word) => values[word] ?? word);
    expect(args[0]).toBe(verb);
    const { exit, stdout, stderr } = await run(cwd, args, { env });
    expect({ args, exit, stderr: exit === 0 ? '' : stderr }).toEqual({ args, exit: 0, stderr: '' });
    return stdout;
  }
  return { cwd, sandbox, env, next, left: () => commands.length };
}

it('samples/cutover: every command of its README does what the README says, in that order', async () => {
  const { cwd, sandbox, env, next, left } = await rehearsal();
  const before = valuesOf(sandbox.snapshot());

  await next('export');
  await next('export');
  execFileSync('sh', ['-c', lineOf('sed')], { cwd });
  const plan = await next('run');
  const [dir = ''] = runDirs(cwd);
  const digest = manifestOf(cwd, dir).plan?.sha256;
  // Two numbers, a short code, a sender, a hosted number, two keyword answers and three opt-outs.
  const onOldBrand = /^ {2}Old brand +2 +1 +1 +1 +2 +3$/m;
  expect(plan).toMatch(onOldBrand);
  expect(plan).toContain(`Digest  ${digest}`);
  expect(summaryOf(cwd, dir).plan).toMatchObject({ change: 18, rejected: 0 });
  expect(await next('apply')).toContain(`Digest  ${digest}`);
  expect(valuesOf(sandbox.snapshot())).toEqual(before);

  await next('apply');
  expect(onNewBrand(sandbox)).toBe(20);
  const verified = await next('verify');
  expect(verified).toContain('success ratios: 0 of 18 numbers fell by more than 10 %');
  expect(verified).toMatch(onOldBrand);
  await next('verify');
  expect(table(cwd, 'campaigns.csv', dir).every(({ changed }) => changed === 'no')).toBe(true);

  const [edit = ''] = /\{.*\}/.exec(lineOf('curl')) ?? [];
  sandbox.edit(JSON.parse(edit));
  const fell = await run(cwd, ['verify', dir, '--before', 'before.csv', '--strict'], { env });
  expect(fell).toMatchObject({ exit: 4, stdout: expect.stringContaining('1 of 18 numbers fell') });

  await next('export');
  await next('undo');
  expect(valuesOf(sandbox.snapshot())).toEqual(before);
  await next('apply');
  expect(summaryOf(cwd).counts).toMatchObject({ updated: 0, unchanged: 20 });
  expect(left()).toBe(0);
});
