import { chmodSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { type Context, UsageError } from '../../src/commands/context.ts';
import {
  checkOutputs,
  inputExists,
  keptSettings,
  newRun,
  openRun,
  planRun,
  typedPath,
} from '../../src/commands/new-run.ts';
import { settle } from '../../src/commands/settled.ts';
import type { Typed } from '../../src/core/resolve-settings.ts';
import { loadManifest, runFiles } from '../../src/io/run-directory.ts';
import { tempDir } from '../io/temp.ts';
import { contextOf } from './contexts.ts';
import { id } from './plans.ts';

const never = new AbortController().signal;

const home = process.cwd();

afterEach(() => process.chdir(home));

/** A working directory with an input, made that of this process, and the context of a command there. */
function place(flags: Typed = {}, name = 'Cut over (2).csv') {
  const cwd = realpathSync(tempDir());
  process.chdir(cwd);
  writeFileSync(join(cwd, name), `id,product\n${id(1)},A2P\n\n${id(2)},no product\n${id(1)},A2P\n`);
  const context = contextOf({}, cwd);
  return { cwd, context, input: name, resolved: settle(flags, context, 'apply') };
}

describe('newRun', () => {
  it('makes a directory with nothing but a manifest, named after the input', () => {
    const { cwd, context, input, resolved } = place({
      rate: '7',
      map: 'phone_number=Phone',
      yes: 'true',
      json: 'true',
    });
    const run = newRun(input, resolved, 'apply', context);
    expect(run.shown).toMatch(/^runs\/\d{8}T\d{6}Z-cut-over-2-[0-9a-f]{4}$/);
    expect(readdirSync(run.dir)).toEqual(['run.json']);
    const manifest = loadManifest(run.dir);
    expect(manifest).toEqual(run.manifest);
    expect(manifest).toMatchObject({
      tool: 'telnyx-reassign',
      name: 'cut-over-2',
      command: 'apply',
      state: 'planning',
      settings: { rate: '7', map: ['phone_number=Phone'] },
      input: { path: join(cwd, input) },
      exit_code: null,
      pid: process.pid,
    });
    expect(run.dir).toContain(manifest.run_id);
  });

  it('keeps what belongs to the run, and no consent to write and no output of one call', () => {
    const flags = {
      timeout: '3s',
      delimiter: 'tab',
      skip_rejected: 'true',
      yes: 'true',
      dry_run: 'true',
      quiet: 'true',
      results: 'r.csv',
      log_file: 'l',
      name: 'x',
    };
    const { resolved } = place(flags);
    expect(keptSettings(resolved)).toEqual({ timeout: '3000ms', delimiter: 'tab', skip_rejected: 'true' });
  });

  it('takes its name from --name, or from standard input, and records no path that cannot be read again', () => {
    const { cwd, context, input, resolved } = place({ name: 'Zoë & Co', runs_dir: 'deep/runs' });
    expect(newRun(input, resolved, 'plan', context).manifest.name).toBe('zo-co');
    const unnamed = settle({}, context, 'plan');
    expect(newRun(null, unnamed, 'plan', context).manifest).toMatchObject({ name: 'stdin', input: { path: null } });
    expect(newRun('/dev/null', unnamed, 'plan', context).manifest.input.path).toBeNull();
    expect(readdirSync(cwd).sort()).toEqual([input, 'deep', 'runs'].sort());
  });

  it('is refused where the directory cannot be made', () => {
    const { cwd, context, input } = place();
    writeFileSync(join(cwd, 'file'), '');
    for (const dir of ['file', 'file/runs', '/proc/nowhere']) {
      const refuse = () => newRun(input, settle({ runs_dir: dir }, context, 'plan'), 'plan', context);
      expect(refuse).toThrow(UsageError);
      expect(refuse).toThrow(/^cannot make a run directory in .* \([A-Z]+\); choose another with --runs-dir$/);
    }
  });
});

describe('planRun', () => {
  it('copies and plans a file, or standard input, and records what came of it', async () => {
    const { cwd, input, resolved, context } = place();
    const text = readFileSync(join(cwd, input));
    const stdin = new PassThrough();
    stdin.end(text);
    const piped = { ...context, stdin: stdin as unknown as Context['stdin'] };
    for (const from of [input, null]) {
      const made = newRun(from, resolved, 'plan', piped);
      const { run, planned } = await planRun(made, from, resolved, piped, never);
      expect(readFileSync(runFiles(run.dir).input).equals(text)).toBe(true);
      expect(run.manifest).toMatchObject({
        state: 'planned',
        input: { rows: 3, blank_lines: 1, dialect: { encoding: 'utf-8', delimiter: ',' } },
        plan: { change: 1, rejected: 1, duplicate: 1, sha256: planned.planSha256 },
        fault: null,
      });
      expect(loadManifest(run.dir)).toEqual(run.manifest);
    }
  });
});

describe('openRun', () => {
  it('opens a run from where it is typed, and refuses what is none', () => {
    const { context, input, resolved } = place();
    const made = newRun(input, resolved, 'plan', context);
    for (const given of [made.shown, made.dir, `./${made.shown}/`]) expect(openRun(given, context)).toEqual(made);
    const refuse = (given: string) => () => openRun(given, context);
    for (const given of ['.', 'gone', input]) {
      expect(refuse(given)).toThrow(UsageError);
      expect(refuse(given)).toThrow(`${given} is no run directory: it has no run.json`);
    }
    writeFileSync(runFiles(made.dir).manifest, '{');
    expect(refuse(made.shown)).toThrow(UsageError);
    expect(refuse(made.shown)).toThrow('run.json is not JSON');
  });
});

describe('typedPath', () => {
  it('is relative below the working directory and absolute elsewhere', () => {
    const context = contextOf({}, '/home/ops/here');
    expect(typedPath(context, 'runs/x')).toBe('runs/x');
    expect(typedPath(context, '/home/ops/here/runs/x')).toBe('runs/x');
    expect(typedPath(context, '../runs/x')).toBe('/home/ops/runs/x');
    expect(typedPath(context, '.')).toBe('/home/ops/here');
  });
});

describe('inputExists', () => {
  it('tells a file from none, and refuses what is no file or cannot be read', () => {
    const { cwd, context, input } = place();
    expect(inputExists(input, context)).toBe(true);
    expect(inputExists('gone.csv', context)).toBe(false);
    mkdirSync(join(cwd, 'dir'));
    expect(() => inputExists('dir', context)).toThrow('dir is a directory without run.json');
    chmodSync(join(cwd, input), 0);
    if (process.getuid?.() !== 0) expect(() => inputExists(input, context)).toThrow(/cannot read .*\(EACCES\)/);
  });
});

describe('checkOutputs', () => {
  const check = (flags: Typed) => {
    const { cwd, context, input } = place(flags, 'in.csv');
    mkdirSync(join(cwd, 'dir'));
    symlinkSync('in.csv', join(cwd, 'link.csv'));
    writeFileSync(join(cwd, 'old.csv'), 'old');
    checkOutputs(input, settle(flags, context, 'apply'), context);
    return readFileSync(join(cwd, 'old.csv'), 'utf8');
  };

  it('lets pass what can be written, and changes nothing', () => {
    for (const flags of [
      {},
      { log_file: '-' },
      { results: 'new.csv' },
      { results: 'dir/new.csv' },
      { results: '/dev/null' },
    ]) {
      expect(check(flags)).toBe('old');
    }
    expect(check({ results: 'old.csv', log_file: 'old.csv' })).toBe('old');
  });

  it.each([
    [{ results: 'gone/new.csv' }, /^cannot write --results gone\/new\.csv \(ENOENT\)$/],
    [{ log_file: 'in.csv/log' }, /^cannot write --log-file in\.csv\/log \(ENOTDIR\)$/],
    [{ results: 'dir' }, /^cannot write --results dir \(EISDIR\)$/],
    [{ results: 'in.csv' }, /^--results in\.csv is the input itself$/],
    [{ log_file: 'link.csv' }, /^--log-file link\.csv is the input itself$/],
  ])('refuses %j', (flags, fault) => {
    expect(() => check(flags)).toThrow(UsageError);
    expect(() => check(flags)).toThrow(fault);
  });
});
