import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../../src/cli/registry.ts';
import { KEY } from '../../support/program/environment.ts';
import { paste, run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
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

describe('the sandbox command', () => {
  it('starts, prints a curl line that works, takes a run, and ends on a signal', async () => {
    const cwd = workDirectory();
    const sandbox = start(cwd, ['sandbox', '--port', '0', '--numbers', '10', '--fault', `503-bare@${numberId(1)}*1`]);
    await until(() => sandbox.output().includes('Press Ctrl-C to stop'));
    const said = sandbox.output();
    expect(said.indexOf('does not imitate')).toBeLessThan(said.indexOf('curl'));
    const url = /http:\/\/127\.0\.0\.1:\d+\/v2/.exec(said)?.[0] as string;
    const path = /curl .* (http\S+)/.exec(said)?.[1] as string;
    const answer = await fetch(path, { headers: { authorization: 'Bearer any' } });
    expect(((await answer.json()) as { data: { id: string } }).data.id).toBe(numberId(1));
    const ended = await run(cwd, [
      'apply',
      writeInput(cwd, 10),
      ...at(url),
      '--rate',
      'off',
      '--retry-base',
      '1ms',
      '--yes',
    ]);
    expect(ended.exit).toBe(0);
    expect(summaryOf(cwd).requests).toMatchObject({ total: 15, writes: 11, reads: 4, retries: 1, rate_limited: 0 });
    sandbox.child.kill('SIGTERM');
    expect((await sandbox.ended).exit).toBe(0);
  });

  it.each([
    [['--fault', 'nope=1'], /nope/],
    [['--port', 'x'], /--port must be a whole number/],
    [['--latency', 'soon'], /--latency must be a duration/],
    [['--raet-limit', '5'], /did you mean --rate-limit/],
  ])('refuses %j', async (args, message) => {
    const { exit, stderr } = await run(workDirectory(), ['sandbox', ...args]);
    expect(exit).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('plan and --dry-run', () => {
  it.each([
    { how: 'without a key', key: null, flags: ['--offline'], methods: [] },
    { how: 'with a key', key: KEY, flags: [], methods: ['GET'] },
  ])('send nothing, and are the same, $how', async ({ key, flags, methods }) => {
    const cwd = workDirectory();
    const { sandbox } = await api({ key: KEY });
    const before = sandbox.snapshot();
    const input = writeInput(cwd, 5);
    const to = ['--base-url', sandbox.url, '--rate', 'off', ...flags];
    const planned = await run(cwd, ['plan', input, ...to], { key });
    const dry = await run(cwd, ['apply', input, '--dry-run', ...to], { key });
    expect([planned.exit, dry.exit]).toEqual([0, 0]);
    expect([...new Set(sandbox.requests().map(({ method }) => method))]).toEqual(methods);
    expect(sandbox.snapshot()).toEqual(before);
    const anonymous = (text: string) =>
      text
        .replaceAll(/\d{8}T\d{6}Z-numbers-[0-9a-f]{4}/g, 'RUN')
        .replaceAll(/until [\d-]+ [\d:]+ \S+/g, 'until THEN')
        .replaceAll(/requests in [\d.:]+ ?\S*/g, 'requests in THEN')
        .replaceAll(/[\d.]+\/s on average/g, 'N on average')
        .replaceAll(/at most \d+ in any second/g, 'at most N in any second');
    expect(anonymous(dry.stdout)).toBe(anonymous(planned.stdout));
    const [first, second] = runDirs(cwd) as [string, string];
    for (const file of ['plan.csv', 'results.csv', 'failed.csv', 'input.csv']) {
      expect(readFileSync(join(cwd, second, file), 'utf8')).toBe(readFileSync(join(cwd, first, file), 'utf8'));
    }
  });

  it('changes no file of an earlier run', async () => {
    const cwd = workDirectory();
    const input = writeInput(cwd, 3);
    await run(cwd, ['apply', input, '--sandbox', '--yes', '--rate', 'off']);
    const dir = lastRun(cwd);
    const before = readFileSync(join(cwd, dir, 'summary.json'), 'utf8');
    for (const command of [
      ['plan', input],
      ['apply', input, '--dry-run'],
    ]) {
      expect((await run(cwd, [...command, '--offline', '--keep-runs', '1'])).exit).toBe(0);
    }
    expect(runDirs(cwd)).toHaveLength(3);
    expect(readFileSync(join(cwd, dir, 'summary.json'), 'utf8')).toBe(before);
  });
});

describe('a run directory', () => {
  it('is private, and holds the files of the contract from the first run on', async () => {
    const cwd = workDirectory();
    await run(cwd, ['plan', writeInput(cwd, 1), '--offline']);
    const dir = join(cwd, lastRun(cwd));
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const file of [
      'run.json',
      'input.csv',
      'plan.csv',
      'results.csv',
      'failed.csv',
      'log.ndjson',
      'summary.json',
    ]) {
      expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
    }
  });

  it('gives its results again after they are gone, byte for byte', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({}, [`422@${numberId(2)}`]);
    await run(cwd, ['apply', writeInput(cwd, 6), ...flags]);
    await sandbox.close();
    const dir = lastRun(cwd);
    const files = ['results.csv', 'failed.csv'].map((file) => join(cwd, dir, file));
    const before = files.map((file) => readFileSync(file, 'utf8'));
    const { counts, causes, requests } = summaryOf(cwd);
    for (const file of [...files, join(cwd, dir, 'summary.json')]) rmSync(file);
    expect((await run(cwd, ['results', dir])).exit).toBe(0);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
    expect(summaryOf(cwd)).toMatchObject({ counts, causes, requests, exit_code: 4 });
  });

  it('says of a refused run what it said then, when its results are made again', async () => {
    const cwd = workDirectory();
    const { exit } = await run(cwd, [
      'plan',
      resolve(import.meta.dirname, '../../../samples/rejections.csv'),
      '--offline',
    ]);
    expect(exit).toBe(3);
    const { error } = summaryOf(cwd);
    expect(error?.code).toBe('rejected_rows');
    expect((await run(cwd, ['results', lastRun(cwd)])).exit).toBe(0);
    expect(summaryOf(cwd).error).toEqual(error);
  });

  it('keeps the state of its sandbox for later commands', async () => {
    const cwd = workDirectory();
    await run(cwd, ['plan', writeInput(cwd, 2), '--sandbox', '--rate', 'off']);
    const { next_command: next } = summaryOf(cwd);
    expect((await paste(cwd, next as string)).exit).toBe(0);
    const state = JSON.parse(readFileSync(join(cwd, lastRun(cwd), 'sandbox.json'), 'utf8')) as {
      numbers: { messaging_profile_id: string }[];
    };
    expect(state.numbers.map((number) => number.messaging_profile_id)).toEqual([PROFILE, PROFILE]);
  });

  it('takes results to a file of the user too, and the log away', async () => {
    const cwd = workDirectory();
    await run(cwd, [
      'apply',
      writeInput(cwd, 2),
      '--sandbox',
      '--yes',
      '--rate',
      'off',
      '--results',
      'out.csv',
      '--log-file',
      'my.log',
    ]);
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(
      readFileSync(join(cwd, lastRun(cwd), 'results.csv'), 'utf8'),
    );
    expect(readFileSync(join(cwd, 'my.log'), 'utf8')).toContain('run.finished');
  });

  it('of standard input holds its exact bytes', async () => {
    const cwd = workDirectory();
    const input = `\uFEFFid;profile_id\r\n${numberId(1)};${PROFILE.toUpperCase()}\r\n`;
    const { exit } = await run(cwd, ['apply', '-', '--sandbox', '--yes', '--rate', 'off'], { input });
    expect(exit).toBe(0);
    expect(readFileSync(join(cwd, lastRun(cwd), 'input.csv'), 'utf8')).toBe(input);
    expect(table(cwd, 'results.csv')[0]).toMatchObject({ messaging_profile_id_target: PROFILE, status: 'updated' });
  });
});

describe('stopping before anything is sent', () => {
  it('ends a plan that waits for standard input with the code of the signal, and says so', async () => {
    const cwd = workDirectory();
    const started = start(cwd, ['plan', '-'], { input: null });
    await until(() => runDirs(cwd).length === 1);
    started.child.kill('SIGTERM');
    const { exit, stdout } = await started.ended;
    expect(exit).toBe(143);
    expect(stdout).toContain('nothing was sent');
    expect(summaryOf(cwd)).toMatchObject({ state: 'interrupted', exit_code: 143, counts: { updated: 0 } });
  });
});

describe('help', () => {
  it('names the version, the commands and the flags, and what was meant', async () => {
    const cwd = workDirectory();
    const version = (
      JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as { version: string }
    ).version;
    expect((await run(cwd, ['--version'])).stdout).toBe(`${version}\n`);
    const help = await run(cwd, ['--help']);
    expect(help).toMatchObject({ exit: 0, stderr: '' });
    for (const word of [...COMMAND_NAMES, 'Exit codes', 'TELNYX_API_KEY']) {
      expect(help.stdout).toContain(word);
    }
    const apply = await run(cwd, ['apply', '--help']);
    for (const word of ['Input:', 'Pace and retry:', '--max-server-wait', '--dry-run', 'Examples:']) {
      expect(apply.stdout).toContain(word);
    }
    const script = await run(cwd, ['completion']);
    expect(script.exit).toBe(0);
    expect(script.stdout).toContain('telnyx-reassign');
  });

  it('lists runs with their state and the command that goes on', async () => {
    const cwd = workDirectory();
    expect((await run(cwd, ['runs'])).stdout).toContain('no runs');
    await run(cwd, ['plan', writeInput(cwd, 2), '--offline']);
    const { stdout } = await run(cwd, ['runs']);
    expect(stdout).toContain('planned');
    const next = /next: (.*)$/m.exec(stdout)?.[1] as string;
    expect(next).toContain(`apply ${lastRun(cwd)} --yes`);
    expect((await paste(cwd, `${next} --dry-run`)).exit).toBe(0);
  });

  it('reads the key from a file and from the credentials of a service', async () => {
    const cwd = workDirectory();
    const { flags } = await api({ key: KEY });
    writeFileSync(join(cwd, 'telnyx_api_key'), `${KEY}\n`);
    const byFile = await run(cwd, ['apply', writeInput(cwd, 1), ...flags], {
      key: null,
      env: { TELNYX_API_KEY_FILE: join(cwd, 'telnyx_api_key') },
    });
    const byService = await run(cwd, ['apply', 'numbers.csv', ...flags], {
      key: null,
      env: { CREDENTIALS_DIRECTORY: cwd },
    });
    const both = await run(cwd, ['apply', 'numbers.csv', ...flags], {
      key: 'KEYdiffers',
      env: { CREDENTIALS_DIRECTORY: cwd },
    });
    expect([byFile.exit, byService.exit, both.exit]).toEqual([0, 0, 2]);
  });
});
