import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileSha256 } from '../../../src/io/digest.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { CLI } from '../../support/program/paths.ts';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { lastRun, workDirectory, writeInput } from '../../support/program/workspace.ts';

/** Every command that takes a run directory. */
const COMMANDS = ['apply', 'resume', 'retry', 'undo', 'verify', 'results'];
/** A run directory as another person may have sent it: planned, or stopped in the middle. */
type Foreign = { cwd: string; sandbox: Sandbox; planned: string; paused: string };
let foreign: Foreign;

beforeEach(async () => {
  const cwd = workDirectory();
  const { sandbox, flags } = await api({ numbers: 6 });
  const input = writeInput(cwd, 6);
  await run(cwd, ['apply', input, ...flags, '--stop-after', '2']);
  const paused = lastRun(cwd);
  await run(cwd, ['plan', input, ...flags.filter((flag) => flag !== '--yes')]);
  foreign = { cwd, sandbox, planned: lastRun(cwd), paused };
});

/** A copy of a run directory whose files can be changed. */
function copyOf(from: string): string {
  const copy = join('runs', 'copy');
  rmSync(join(foreign.cwd, copy), { recursive: true, force: true });
  cpSync(join(foreign.cwd, from), join(foreign.cwd, copy), { recursive: true });
  return copy;
}

const writes = () => foreign.sandbox.requests().filter(({ method }) => method === 'PATCH').length;

/** The run to which a command belongs. */
const sourceOf = (command: string) => (command === 'apply' ? foreign.planned : foreign.paused);

/** Runs a command on a directory, and returns its exit code. It must neither write nor fail for a bug. */
async function exitOf(command: string, dir: string, ...flags: string[]): Promise<{ exit: number; said: string }> {
  const before = writes();
  const { exit, stderr, stdout } = await run(foreign.cwd, [command, dir, ...flags]);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(writes()).toBe(before);
  return { exit: exit ?? -1, said: stdout + stderr };
}

describe('a run directory from elsewhere', () => {
  const kinds: [string, (path: string, victim: string) => unknown][] = [
    ['a link', (path, victim) => symlinkSync(victim, path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a directory', (path) => mkdirSync(path)],
  ];

  it.each(['interrupted', 'paused', 'running', 'refused'])('is not confirmed by a state of %s', async (state) => {
    const copy = copyOf(foreign.planned);
    const file = join(foreign.cwd, copy, 'run.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...manifest, command: 'apply', state }));
    const { exit, said } = await exitOf('resume', copy);
    expect(exit).toBe(8);
    expect(said).toContain(`apply ${copy}`);
    expect((await run(foreign.cwd, ['apply', copy, '--yes', '--if-unfinished', 'new'])).exit).toBe(0);
  });

  it.each(kinds)('with %s in the place of any of its files is refused by every command', async (_, make) => {
    for (const file of [
      'run.json',
      'input.csv',
      'plan.csv',
      'ledger.ndjson',
      'lock',
      'log.ndjson',
      'summary.json',
      'held.csv',
    ]) {
      for (const command of COMMANDS) {
        const dir = copyOf(sourceOf(command));
        const path = join(foreign.cwd, dir, file);
        const victim = join(foreign.cwd, 'victim');
        writeFileSync(victim, existsSync(path) ? readFileSync(path) : 'keep');
        const before = readFileSync(victim);
        rmSync(path, { force: true });
        make(path, victim);
        const { exit, said } = await exitOf(command, dir);
        expect({ file, command, exit }).toEqual({ file, command, exit: 2 });
        expect(said).toContain(`${file} is a`);
        expect(readFileSync(victim).equals(before)).toBe(true);
      }
    }
    expect((await run(foreign.cwd, ['runs'])).exit).not.toBe(1);
  });

  it.each(['ledger.ndjson', 'lock', 'log.ndjson'])(
    'with a second name for its %s does not write to it',
    async (file) => {
      const dir = copyOf(foreign.paused);
      const path = join(foreign.cwd, dir, file);
      const victim = join(foreign.cwd, 'victim');
      linkSync(path, victim);
      const before = readFileSync(victim);
      const { exit, said } = await exitOf('resume', dir);
      expect(exit).toBe(2);
      expect(said).toContain('hard link');
      expect(readFileSync(victim).equals(before)).toBe(true);
    },
  );

  /** Changes run.json of a copy. */
  const withManifest = (from: string, change: (manifest: Record<string, never>) => void): string => {
    const dir = copyOf(from);
    const path = join(foreign.cwd, dir, 'run.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>;
    change(manifest);
    writeFileSync(path, JSON.stringify(manifest));
    return dir;
  };

  it('cannot answer for the user, and names no place to write to, nothing to remove and no other lock', async () => {
    const out = join(foreign.cwd, 'out');
    mkdirSync(out);
    const settings = {
      ...{ yes: 'true', force: 'true', if_unfinished: 'new', no_lock: 'true', keep_runs: '1', quiet: 'true' },
      ...{ results: join(out, 'r.csv'), log_file: join(out, 'log'), state_dir: join(out, 'state') },
      runs_dir: join(out, 'runs'),
    };
    const runs = readdirSync(join(foreign.cwd, 'runs')).length;
    for (const command of COMMANDS) {
      const dir = withManifest(sourceOf(command), (manifest) => Object.assign(manifest.settings as never, settings));
      if (command === 'resume') {
        expect((await run(foreign.cwd, ['resume', dir])).exit).toBe(0);
      } else {
        const { exit } = await exitOf(command, dir);
        const expected = { apply: 8, retry: 8, undo: 4, verify: 0, results: 0 } as Record<string, number>;
        expect({ command, exit }).toEqual({ command, exit: expected[command] });
      }
      expect(readdirSync(out)).toEqual([]);
    }
    expect(readdirSync(join(foreign.cwd, 'runs')).length).toBeGreaterThan(runs);
  });

  it.each<[string, (manifest: Record<string, Record<string, unknown>>) => void, number]>([
    ['no rows', ({ input }) => Object.assign(input as object, { rows: 0 }), 8],
    ['billions of rows', ({ input }) => Object.assign(input as object, { rows: 1e15 }), 8],
    ['nothing to change', ({ plan }) => Object.assign(plan as object, { change: 0 }), 8],
    ['another digest of the plan', ({ plan }) => Object.assign(plan as object, { sha256: '0' }), 8],
    ['another digest of the input', ({ input }) => Object.assign(input as object, { sha256: '0' }), 8],
    ['an exit code that no command has', (manifest) => Object.assign(manifest, { exit_code: 300 }), 2],
    ['a run id that leads elsewhere', (manifest) => Object.assign(manifest, { run_id: '../../x' }), 2],
  ])('whose run.json says %s sends nothing', async (_, change, expected) => {
    for (const command of COMMANDS) {
      const dir = withManifest(sourceOf(command), (manifest) => change(manifest as never));
      const { exit } = await exitOf(command, dir, ...(['apply', 'retry', 'undo'].includes(command) ? ['--yes'] : []));
      expect({ command, exit }).toEqual({ command, exit: expected });
    }
    expect((await run(foreign.cwd, ['runs'])).exit).toBe(0);
  });

  it('whose plan names an id that leads elsewhere sends nothing, although the digests fit', async () => {
    for (const command of COMMANDS) {
      const dir = copyOf(sourceOf(command));
      const plan = join(foreign.cwd, dir, 'plan.csv');
      writeFileSync(plan, readFileSync(plan, 'utf8').replace(/\n3,4,[^,]+,/, '\n3,4,..,'));
      const manifest = JSON.parse(readFileSync(join(foreign.cwd, dir, 'run.json'), 'utf8')) as {
        plan: { sha256: string };
      };
      manifest.plan.sha256 = await fileSha256(plan);
      writeFileSync(join(foreign.cwd, dir, 'run.json'), JSON.stringify(manifest));
      const { exit, said } = await exitOf(
        command,
        dir,
        ...(['apply', 'retry', 'undo'].includes(command) ? ['--yes'] : []),
      );
      expect({ command, exit }).toEqual({ command, exit: 8 });
      expect(said).toContain('row 3 has an id that no plan has');
    }
  });

  it.each<[string, (lines: string[]) => string]>([
    ['zeros before other lines', (lines) => [...lines.slice(0, 2), '\0\0\0', ...lines.slice(2)].join('\n')],
    ['a line that is no JSON', (lines) => ['x', ...lines].join('\n')],
    ['a row that the plan does not have', (lines) => lines.join('\n').replaceAll(/"row":\d+/g, '"row":99')],
    ['a row that is below the first', (lines) => lines.join('\n').replaceAll(/"row":\d+/g, '"row":-1')],
    [
      'an intent after the outcome',
      (lines) => [...lines.slice(0, -1), lines.find((line) => line.includes('"intent"')), ''].join('\n'),
    ],
    ['a count that is none', (lines) => lines.join('\n').replace(/"attempts":\d+/, '"attempts":1e999')],
  ])('whose ledger has %s is refused with what to do', async (_, damage) => {
    for (const command of ['resume', 'retry', 'undo', 'results']) {
      const dir = copyOf(foreign.paused);
      const path = join(foreign.cwd, dir, 'ledger.ndjson');
      const damaged = damage(readFileSync(path, 'utf8').split('\n'));
      writeFileSync(path, damaged);
      const { exit, said } = await exitOf(
        command,
        dir,
        ...(command === 'retry' || command === 'undo' ? ['--yes'] : []),
      );
      expect({ command, exit }).toEqual({ command, exit: 8 });
      expect(said).toMatch(/ledger\.ndjson is damaged (in line \d+ \(byte \d+\)|at byte \d+): /);
      expect(said).toMatch(/see what the account has: .* verify runs\/copy\n.*Then plan again.*: .* plan /);
      expect(readFileSync(path, 'utf8')).toBe(damaged);
    }
  });

  it('names no command to run but its own, and no control character', async () => {
    const dir = copyOf(foreign.paused);
    const path = join(foreign.cwd, dir, 'summary.json');
    const summary = JSON.parse(readFileSync(path, 'utf8')) as object;
    for (const evil of ['rm -rf ~', `node ${CLI} runs; rm -rf ~`, 'x\u001b[2J', '\nNext: x', 7, { a: 1 }]) {
      writeFileSync(path, JSON.stringify({ ...summary, next_command: evil, counts: { 'a\u001b[2J\nb': 1 } }));
      const { stdout, exit } = await run(foreign.cwd, ['runs']);
      expect(exit).toBe(0);
      expect(stdout).not.toMatch(/rm -rf|\p{Cc}\[2J|^Next: x/mu);
      if (typeof evil === 'string') expect(stdout).toMatch(/next: node \S+ resume runs\/copy$/m);
    }
  });

  it('whose ledger says that rows of a saved plan were sent is not applied', async () => {
    const dir = copyOf(foreign.planned);
    const path = join(foreign.cwd, dir, 'ledger.ndjson');
    for (const line of readFileSync(join(foreign.cwd, foreign.paused, 'ledger.ndjson'), 'utf8').split('\n')) {
      if (line.includes('"outcome"')) appendFileSync(path, `${line}\n`);
    }
    const { exit, said } = await exitOf('apply', dir, '--yes');
    expect(exit).toBe(8);
    expect(said).toContain('and run.json says that nothing was sent');
  });
});
