import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/app/context.ts';
import { UsageError } from '../../../src/app/errors.ts';
import { copyInput, type InputSource, inputExists, inputSourceOf } from '../../../src/app/planning/input-source.ts';
import { planRun } from '../../../src/app/planning/plan-run.ts';
import { newRun } from '../../../src/app/run/create.ts';
import { keptSettings, openRun, typedPath } from '../../../src/app/run/open.ts';
import { resolveForCommand } from '../../../src/app/settings.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';

import { createStop } from '../../../src/engine/stop.ts';
import { loadManifest, runFiles } from '../../../src/io/run/directory.ts';
import { isLocked, readHolder } from '../../../src/io/run/lock.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { id } from '../../support/app/plans.ts';
import { tempDir } from '../../support/temp.ts';

const never = new AbortController().signal;

const home = process.cwd();

afterEach(() => process.chdir(home));

/** A working directory with an input, made that of this process, and the context of a command there. */
function place(flags: RawSettings = {}, name = 'Cut over (2).csv') {
  const cwd = realpathSync(tempDir());
  process.chdir(cwd);
  writeFileSync(join(cwd, name), `id,product\n${id(1)},A2P\n\n${id(2)},no product\n${id(1)},A2P\n`);
  const context = contextOf({}, cwd);
  return { cwd, context, input: name, resolved: resolveForCommand(flags, context, 'apply') };
}

describe('newRun', () => {
  it('makes a directory with nothing but a manifest and a lock, named after the input', async () => {
    const { cwd, context, input, resolved } = place({
      rate: '7',
      map: 'phone_number=Phone',
      yes: 'true',
      json: 'true',
    });
    const run = await newRun(inputSourceOf(input, context), 'apply', { ...resolved, context });
    expect(run.shown).toMatch(/^runs\/\d{8}T\d{6}Z-cut-over-2-[0-9a-f]{4}$/);
    expect(readdirSync(run.dir).sort()).toEqual(['lock', 'run.json']);
    const manifest = loadManifest(run.dir);
    expect(manifest).toEqual(run.manifest);
    expect(manifest).toMatchObject({
      tool: 'telnyx-reassign',
      name: 'cut-over-2',
      command: 'apply',
      state: 'planning',
      settings: { rate: '7', map: ['phone_number=Phone'] },
      input: { path: join(cwd, input) },
      source: null,
      locked: true,
      exit_code: null,
      pid: process.pid,
    });
    expect(await isLocked(runFiles(run.dir).lock)).toBe(true);
    expect(readHolder(runFiles(run.dir).lock)).toEqual({
      pid: process.pid,
      host: manifest.host,
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      what: `apply ${manifest.run_id}`,
    });
    expect(run.dir).toContain(manifest.run_id);
  });

  it('keeps what belongs to the run, without consent to write or outputs of one call', () => {
    const flags = {
      timeout: '3s',
      delimiter: 'tab',
      skip_rejected: 'true',
      yes: 'true',
      dry_run: 'true',
      quiet: 'true',
      results: 'r.csv',
      state_dir: 's',
      keep_runs: '1',
      log_file: 'l',
      name: 'x',
    };
    const { resolved } = place(flags);
    expect(keptSettings(resolved)).toEqual({ timeout: '3s', delimiter: 'tab', skip_rejected: 'true' });
  });

  it('takes no lock with --no-lock, and says so', async () => {
    const { context, input, resolved } = place({ no_lock: 'true' });
    const run = await newRun(inputSourceOf(input, context), 'apply', { ...resolved, context });
    expect(readdirSync(run.dir)).toEqual(['run.json']);
    expect(run.manifest).toMatchObject({ locked: false, settings: {} });
  });

  it('takes its name from --name, or from standard input, and records no path that cannot be read again', async () => {
    const { cwd, context, input, resolved } = place({ name: 'Zoë & Co', runs_dir: 'deep/runs' });
    const made = async (from: string, how = resolveForCommand({}, context, 'plan')) =>
      (await newRun(inputSourceOf(from, context), 'plan', { ...how, context })).manifest;
    expect((await made(input, resolved)).name).toBe('zo-co');
    expect(await made('-')).toMatchObject({ name: 'stdin', input: { path: null } });
    expect((await made('/dev/null')).input.path).toBeNull();
    const file = openSync(join(cwd, input), 'r');
    symlinkSync('/dev/fd', join(cwd, 'fds'));
    symlinkSync(`fds/${file}`, join(cwd, 'link.csv'));
    symlinkSync(input, join(cwd, 'file.csv'));
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const passing = [`/dev/fd/${file}`, `/proc/self/fd/${file}`, `/proc/${process.pid}/task/${process.pid}/fd/${file}`];
    for (const path of [...passing, `fds/${file}`, 'link.csv', 'pipe']) {
      expect((await made(path)).input.path, path).toBeNull();
    }
    expect((await made('file.csv')).input.path).toBe(join(cwd, 'file.csv'));
    closeSync(file);
    expect(readdirSync(cwd).sort()).toEqual([input, 'deep', 'runs', 'fds', 'link.csv', 'file.csv', 'pipe'].sort());
  });

  it('of the rows of another run has the name and path of that one, which need not be there any longer', async () => {
    const { cwd, context } = place();
    const source = { run_id: 'earlier', dir: join(cwd, 'runs', 'earlier'), only: 'failed', undo: false };
    const origin: InputSource = {
      path: join(cwd, 'gone.csv'),
      name: 'cutover',
      where: '',
      source,
      copy: async () => '',
    };
    const { manifest } = await newRun(origin, 'retry', resolveForCommand({}, context, 'retry'));
    expect(manifest).toMatchObject({ name: 'cutover', command: 'retry', source, input: { path: origin.path } });
    const renamed = await newRun(origin, 'retry', resolveForCommand({ name: 'other' }, context, 'retry'));
    expect(renamed.manifest.name).toBe('other');
  });

  it('is refused if the directory cannot be made', async () => {
    const { cwd, context, input } = place();
    writeFileSync(join(cwd, 'file'), '');
    for (const dir of ['file', 'file/runs', '/proc/nowhere']) {
      const resolved = resolveForCommand({ runs_dir: dir }, context, 'plan');
      const refused = await newRun(inputSourceOf(input, context), 'plan', { ...resolved, context }).catch(
        (error) => error,
      );
      expect(refused).toBeInstanceOf(UsageError);
      expect(refused.message).toMatch(
        /^Could not make a run directory in .*: [A-Z]+ \(.*\)\. Fix: choose another with --runs-dir\.$/,
      );
    }
  });
});

describe('copyInput and planRun', () => {
  it('copy and plan a file, or standard input, and record what came of it', async () => {
    const { cwd, input, resolved, context } = place();
    const offline = resolveForCommand({ offline: 'true' }, context, 'apply');
    const text = readFileSync(join(cwd, input));
    const stdin = new PassThrough();
    stdin.end(text);
    const piped = { ...context, stdin: stdin as unknown as Context['stdin'] };
    for (const from of [input, '-']) {
      const origin = inputSourceOf(from, piped);
      const made = await newRun(origin, 'plan', { ...resolved, context: piped });
      const taken = await copyInput(made, origin, never);
      expect(readFileSync(runFiles(taken.dir).input).equals(text)).toBe(true);
      expect(taken.manifest).toMatchObject({ state: 'planning', input: { sha256: hash('sha256', text), rows: 0 } });
      expect(loadManifest(taken.dir)).toEqual(taken.manifest);
      const { run, planSha256, account } = await planRun(
        taken,
        origin,
        { ...offline, context: piped, key: null },
        { signal: never, stop: createStop() },
      );
      expect(account).toBeNull();
      expect(run.manifest).toMatchObject({
        state: 'planned',
        input: {
          sha256: hash('sha256', text),
          rows: 3,
          blank_lines: 1,
          dialect: { encoding: 'utf-8', delimiter: ',' },
        },
        plan: { change: 1, rejected: 1, duplicate: 1, unchanged: 0, held: 0, sha256: planSha256, reading: null },
        fault: null,
      });
      expect(loadManifest(run.dir)).toEqual(run.manifest);
    }
  });

  it('throw the reason of a signal that has come', async () => {
    const { input, resolved, context } = place();
    const origin = inputSourceOf(input, context);
    const made = await newRun(origin, 'plan', { ...resolved, context });
    const signal = AbortSignal.abort('SIGTERM');
    await expect(copyInput(made, origin, signal)).rejects.toMatchObject({ name: 'AbortError' });
    const taken = await copyInput(made, origin, never);
    const offline = resolveForCommand({ offline: 'true' }, context, 'apply');
    const planned = planRun(taken, origin, { ...offline, context, key: null }, { signal, stop: createStop() });
    await expect(planned).rejects.toBe('SIGTERM');
    expect(loadManifest(made.dir)).toMatchObject({ state: 'planning', plan: null });
  });
});

describe('openRun', () => {
  it('opens a run by its path from here, and refuses other directories', async () => {
    const { context, input, resolved } = place();
    const made = await newRun(inputSourceOf(input, context), 'plan', { ...resolved, context });
    const { since: _since, ...kept } = made;
    for (const given of [made.shown, made.dir, `./${made.shown}/`]) expect(openRun(given, context)).toEqual(kept);
    const refuse = (given: string) => () => openRun(given, context);
    for (const given of ['.', 'gone', input]) {
      expect(refuse(given)).toThrow(UsageError);
      expect(refuse(given)).toThrow(`${given} is not a run directory: it has no run.json`);
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
  it('distinguishes a file from none, and refuses what is not a file or cannot be read', () => {
    const { cwd, context, input } = place();
    expect(inputExists(input, context)).toBe(true);
    expect(inputExists('gone.csv', context)).toBe(false);
    mkdirSync(join(cwd, 'dir'));
    expect(() => inputExists('dir', context)).toThrow('dir is a directory without run.json');
    chmodSync(join(cwd, input), 0);
    if (process.getuid?.() !== 0) expect(() => inputExists(input, context)).toThrow(/Could not read .*: EACCES/);
  });
});
