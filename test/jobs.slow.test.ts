import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { generated } from '../scripts/docs.ts';
import type { Context } from '../src/app/context.ts';
import { accountLockPath } from '../src/app/run/state-directory.ts';
import { EXIT } from '../src/core/run/exit-codes.ts';
import { loadManifest } from '../src/io/run/directory.ts';
import { takeLock } from '../src/io/run/lock.ts';
import type { Sandbox } from '../src/sandbox/server.ts';
import { httpServer } from './support/io/servers.ts';
import { informingReads } from './support/program/account.ts';
import { KEY } from './support/program/environment.ts';
import { CLI } from './support/program/paths.ts';
import { run } from './support/program/run.ts';
import { workDirectory } from './support/program/workspace.ts';
import { openSandbox } from './support/sandbox/open.ts';

const ROOT = resolve(import.meta.dirname, '..');
const JOBS = join(ROOT, 'jobs');
const jobFiles = readdirSync(JOBS).filter((name) => name.endsWith('.yaml') && name !== 'alerts.yaml');

function docText(name: string): string {
  return readFileSync(join(JOBS, '..', 'docs', name), 'utf8');
}

function jobText(name: string): string {
  return readFileSync(join(JOBS, name), 'utf8');
}

/** A sandbox that has the numbers of the examples and accepts one key only. */
function accountSandbox(numbers = 24): Promise<Sandbox> {
  return openSandbox({ numbers, key: KEY });
}

/** The ids that a sandbox was asked to change; of those in flight any may arrive first. */
function written(sandbox: Sandbox): (string | null)[] {
  return sandbox.requests().flatMap(({ method, id }) => (method === 'PATCH' ? [id] : []));
}

/** A page of numbers, one of profiles, how many numbers are on each of the three profiles, and how many in all. */
const READS = 6;

/** How many calls have read the account, without those that only inform. */
function reads(sandbox: Sandbox): number {
  return sandbox.requests().filter(({ method }) => method === 'GET').length - informingReads(sandbox).length;
}

/** A work directory with jobs/ and samples/ in it, as the package has them. */
function withJobs(): string {
  const cwd = workDirectory();
  for (const folder of ['jobs', 'samples']) cpSync(join(ROOT, folder), join(cwd, folder), { recursive: true });
  return cwd;
}

type Row = { id: string; profile: string; product: string };

/** The rows of an example input, which has no quotes. */
function rowsOf(path: string): Row[] {
  const [, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [id = '', , profile = '', product = ''] = line.split(',');
    return { id, profile, product };
  });
}

/** The ids of the rows whose numbers are not at their target now. */
function notAtTarget(sandbox: Sandbox, rows: Row[]): string[] {
  const numbers = new Map(sandbox.snapshot().numbers.map((number) => [number.id, number]));
  return rows.flatMap(({ id, profile, product }) => {
    const number = numbers.get(id);
    const isThere =
      number !== undefined &&
      (profile === '' || number.messaging_profile_id === profile) &&
      (product === '' || number.messaging_product === product);
    return isThere ? [] : [id];
  });
}

function expectAtTarget(sandbox: Sandbox, rows: Row[]): void {
  expect(notAtTarget(sandbox, rows)).toEqual([]);
}

/** A monitor of jobs, which records who calls. */
async function listeningMonitor() {
  const requests: string[] = [];
  const { url } = await httpServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.end();
  });
  return { url: url.replace('/v2', '/secret'), requests: () => requests };
}

/** Runs a line in a shell, with nothing in its environment but what is given and the PATH to the built program. */
function shell(cwd: string, line: string, env: Record<string, string>): Promise<{ code: number | null; text: string }> {
  const bin = join(cwd, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'telnyx-reassign'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  chmodSync(join(bin, 'telnyx-reassign'), 0o755);
  return new Promise((done) => {
    const child = spawn('sh', ['-c', line], { cwd, env: { PATH: `${bin}:${process.env.PATH}`, ...env } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += String(chunk);
      });
    }
    child.once('close', (code) => done({ code, text }));
  });
}

describe('job.schema.json', () => {
  it('is made from the settings: `npm run docs` writes it again', () => {
    const made = generated((path) => readFileSync(join(ROOT, path), 'utf8'));
    expect(jobText('job.schema.json')).toBe(made['jobs/job.schema.json']);
  });
});

describe('job files', () => {
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(jobText('job.schema.json')) as object);

  it('are those of the README', () => {
    expect(jobFiles.sort()).toEqual([
      ...['many-hosts.yaml', 'migration.yaml', 'nightly.yaml', 'preview.yaml', 'waves.yaml'],
    ]);
  });

  it.each(jobFiles)('%s says what it is for, names its schema, and keeps to it', (name) => {
    const [first = '', ...rest] = jobText(name).split('\n');
    const schema = /^# yaml-language-server: \$schema=(.+)$/.exec(first)?.[1] ?? '';
    expect(existsSync(join(JOBS, schema))).toBe(true);
    expect(rest.findIndex((line) => !line.startsWith('#'))).toBeGreaterThan(5);
    expect(rest.some((line) => line.includes(`telnyx-reassign run jobs/${name}`))).toBe(true);
    expect(validate(parseYaml(jobText(name))), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(jobFiles)(
    '%s with a key that is not known is refused by the schema, and by the program with its place',
    async (name) => {
      const cwd = withJobs();
      const lines = [...jobText(name).trimEnd().split('\n'), 'rates: 3'];
      expect(validate(parseYaml(lines.join('\n')))).toBe(false);
      writeFileSync(join(cwd, 'jobs', name), `${lines.join('\n')}\n`);
      const { exit, stderr } = await run(cwd, ['run', `jobs/${name}`]);
      expect(exit).toBe(EXIT.usage);
      expect(stderr).toContain(`jobs/${name}:${lines.length}:1: unknown key rates; did you mean rate?`);
      expect(existsSync(join(cwd, 'jobs/runs'))).toBe(false);
    },
  );

  // The first three rows of each kind of change are read back: here some profiles, some products, some of both.
  it.each([
    ['nightly.yaml', 'jobs/numbers.csv', 3],
    ['migration.yaml', 'samples/cutover.csv', 8],
  ])('%s brings every number of its input to its target, and never asks', async (name, input, readBacks) => {
    const [cwd, sandbox] = [withJobs(), await accountSandbox()];
    const rows = rowsOf(join(cwd, input));
    const wanting = notAtTarget(sandbox, rows);
    const ended = await run(cwd, ['run', `jobs/${name}`, '--base-url', sandbox.url, '--rate', '200']);
    expect(ended.exit, ended.stdout + ended.stderr).toBe(0);
    expect(wanting.length).toBeGreaterThan(5);
    expect(written(sandbox).sort()).toEqual(wanting);
    expect(reads(sandbox)).toBe(READS + readBacks);
    expectAtTarget(sandbox, rows);
    // Beside the job file, not in the directory that it was called from.
    expect(existsSync(join(cwd, 'runs'))).toBe(false);
    expect(readdirSync(join(cwd, 'jobs/runs'))).toHaveLength(1);
  });

  it.each([
    { how: [], key: KEY, calls: READS },
    { how: ['--offline'], key: null, calls: 0 },
  ])(
    'preview.yaml sends nothing, $how; the command that it prints carries out the plan',
    async ({ how, key, calls }) => {
      const [cwd, sandbox] = [withJobs(), await accountSandbox()];
      const before = sandbox.snapshot();
      const args = ['run', 'jobs/preview.yaml', '--base-url', sandbox.url, '--rate', '200', ...how];
      const ended = await run(cwd, args, { key });
      expect(ended.exit, ended.stderr).toBe(0);
      expect([written(sandbox), reads(sandbox)]).toEqual([[], calls]);
      expect(sandbox.snapshot()).toEqual(before);
      const [runDir = ''] = readdirSync(join(cwd, 'jobs/runs'));
      expect(await run(cwd, ['apply', join('jobs/runs', runDir), '--yes'])).toMatchObject({ exit: 0 });
      expectAtTarget(sandbox, rowsOf(join(cwd, 'samples/cutover.csv')));
    },
  );
});

describe('nightly.yaml', () => {
  const args = (sandbox: Sandbox) => ['run', 'jobs/nightly.yaml', '--base-url', sandbox.url, '--rate', '200'];

  it('replaces an unfinished run of the night before by a new one of what is not at its target', async () => {
    const [cwd, sandbox] = [withJobs(), await accountSandbox()];
    const rows = rowsOf(join(cwd, 'jobs/numbers.csv'));
    const wanting = notAtTarget(sandbox, rows);
    expect(await run(cwd, [...args(sandbox), '--stop-after', '3'])).toMatchObject({ exit: EXIT.window });
    expect(written(sandbox).sort()).toEqual(wanting.slice(0, 3));
    expect(await run(cwd, args(sandbox))).toMatchObject({ exit: EXIT.ok });
    const states = readdirSync(join(cwd, 'jobs/runs')).map((id) => loadManifest(join(cwd, 'jobs/runs', id)).state);
    expect(states.sort()).toEqual(['finished', 'superseded']);
    expect(written(sandbox).sort()).toEqual(wanting);
    expectAtTarget(sandbox, rows);
  });

  it('refuses a list that has grown beyond max_changes, and sends nothing', async () => {
    const { max_changes: most } = parseYaml(jobText('nightly.yaml')) as { max_changes: number };
    const [cwd, sandbox] = [withJobs(), await accountSandbox(2 * most)];
    const { numbers, profiles } = sandbox.snapshot();
    const target = profiles[0]?.id as string;
    const others = numbers.filter((number) => number.messaging_profile_id !== target).slice(0, most + 1);
    const there = numbers.filter((number) => number.messaging_profile_id === target).slice(0, 100);
    const lines = [...others, ...there].map(({ id }) => `${id},${target}\n`);
    writeFileSync(join(cwd, 'jobs/numbers.csv'), `phone_number_id,messaging_profile_id\n${lines.join('')}`);
    const { exit, stdout, stderr } = await run(cwd, args(sandbox));
    expect(exit).toBe(EXIT.refused);
    // What is at its target already is no change.
    expect(stdout + stderr).toContain('1,001 rows of 1,101 would change');
    expect(stdout + stderr).toContain(`more than --max-changes ${most}`);
    expect(written(sandbox)).toEqual([]);
  });
});

describe('migration.yaml', () => {
  it('is refused while an unfinished run of the list is there, and prints the command that goes on', async () => {
    const [cwd, sandbox] = [withJobs(), await accountSandbox()];
    const args = ['run', 'jobs/migration.yaml', '--base-url', sandbox.url, '--rate', '200'];
    const rows = rowsOf(join(cwd, 'samples/cutover.csv'));
    const wanting = notAtTarget(sandbox, rows);
    expect(await run(cwd, [...args, '--stop-after', '3'])).toMatchObject({ exit: EXIT.window });
    const again = await run(cwd, [...args, '--json']);
    expect(again.exit).toBe(EXIT.refused);
    const { next_command: next } = JSON.parse(again.stdout) as { next_command: string };
    expect(next).toContain(' resume ');
    expect(await run(cwd, next.slice(next.indexOf(' resume ') + 1).split(' '))).toMatchObject({ exit: EXIT.ok });
    expect(written(sandbox).sort()).toEqual(wanting);
    expectAtTarget(sandbox, rows);
  });
});

describe('waves.yaml', () => {
  it('sends three waves, asks the gate after two, pings, and writes metrics', async () => {
    const [cwd, sandbox, monitor] = [withJobs(), await accountSandbox(), await listeningMonitor()];
    const rows = rowsOf(join(cwd, 'samples/cutover.csv'));
    const args = ['run', 'jobs/waves.yaml', '--base-url', sandbox.url, '--rate', '200', '--soak', '0'];
    const ended = await run(cwd, args, { env: { TELNYX_REASSIGN_PING: monitor.url } });
    expect(ended.exit, ended.stdout + ended.stderr).toBe(0);
    expectAtTarget(sandbox, rows);
    expect(ended.stderr.match(/asking the gate/g)).toHaveLength(2);
    expect(monitor.requests()).toEqual(['GET /secret/start', 'POST /secret']);
    expect(readFileSync(join(cwd, 'jobs/waves.prom'), 'utf8')).toContain('telnyx_reassign_exit_code{name="waves"} 0\n');
  });

  it('undoes what it has changed if the gate refuses it', async () => {
    const [cwd, sandbox] = [withJobs(), await accountSandbox()];
    const before = sandbox.snapshot().numbers;
    const args = ['run', 'jobs/waves.yaml', '--base-url', sandbox.url, '--rate', '200', '--soak', '0'];
    const ended = await run(cwd, [...args, '--gate', 'false']);
    expect(ended.exit, ended.stdout + ended.stderr).toBe(EXIT.stopped);
    const settings = ({ id, messaging_profile_id, messaging_product }: (typeof before)[number]) => {
      return [id, messaging_profile_id, messaging_product];
    };
    expect(sandbox.snapshot().numbers.map(settings)).toEqual(before.map(settings));
    expect(written(sandbox).length).toBe(16);
  });
});

/** The paths of the examples, moved into a work directory. */
function moved(text: string, cwd: string): string {
  return text.replaceAll('/etc/telnyx-reassign', join(cwd, 'jobs')).replaceAll('/var/lib/telnyx-reassign', cwd);
}

describe('crontab.example', () => {
  const lines = jobText('crontab.example').split('\n');
  const entry = lines.filter((line) => /^[0-9*]/.test(line));
  const command = entry[0]?.split(/\s+/).slice(5).join(' ') ?? '';
  const settings = Object.fromEntries(
    lines.flatMap((line) => [...line.matchAll(/^([A-Z_]+)=(.*)$/g)]).map(([, name, value]) => [name, value]),
  ) as Record<string, string>;

  it('has one entry, and docs/automation.md shows the same', () => {
    expect(entry).toHaveLength(1);
    expect(entry[0]).toMatch(/^[0-9]+ [0-9]+ \* \* \* {2}cd \S+ && telnyx-reassign run /);
    // cron reads a percent sign as a line break.
    expect(entry[0]).not.toContain('%');
    expect(docText('automation.md')).toContain(entry[0]);
  });

  /** The command as cron runs it, with the variables of the crontab. */
  async function runEntry(cwd: string, url: string): Promise<{ code: number | null; text: string }> {
    writeFileSync(join(cwd, 'jobs/api_key'), `${KEY}\n`, { mode: 0o600 });
    const ours = Object.entries(settings).filter(([name]) => name.startsWith('TELNYX_'));
    return shell(cwd, moved(command, cwd), {
      ...Object.fromEntries(ours.map(([name, value]) => [name, moved(value, cwd)])),
      TELNYX_REASSIGN_BASE_URL: url,
    });
  }

  it('runs the nightly job, and prints nothing when all is well', async () => {
    const [cwd, sandbox] = [withJobs(), await accountSandbox()];
    expect(await runEntry(cwd, sandbox.url)).toEqual({ code: 0, text: '' });
    expectAtTarget(sandbox, rowsOf(join(JOBS, 'numbers.csv')));
    expect(readdirSync(join(cwd, 'runs'))).toHaveLength(1);
  });

  it('tells a monitor, if the line for it is used', async () => {
    const [cwd, sandbox, monitor] = [withJobs(), await accountSandbox(), await listeningMonitor()];
    const [, name = '', path = ''] = lines.map((line) => /^#(TELNYX_\w+)=(\S+)$/.exec(line)).find(Boolean) ?? [];
    writeFileSync(moved(path, cwd), `${monitor.url}\n`, { mode: 0o600 });
    settings[name] = path;
    const ended = await runEntry(cwd, sandbox.url);
    delete settings[name];
    expect(ended).toEqual({ code: 0, text: '' });
    expect(monitor.requests()).toEqual(['GET /secret/start', 'POST /secret']);
  });

  it('does not start while another run of the key is at work where systemd has its locks too', async () => {
    const [cwd, sandbox] = [withJobs(), await accountSandbox()];
    const [service = ''] = /^StateDirectory=(.+)$/m.exec(jobText('telnyx-reassign.service'))?.slice(1) ?? [];
    expect(settings.TELNYX_REASSIGN_STATE_DIR).toBe(`/var/lib/${service}`);
    const context = { env: { STATE_DIRECTORY: cwd }, cwd } as unknown as Context;
    const path = accountLockPath({ state_dir: null, base_url: sandbox.url }, KEY, context);
    const lock = await takeLock(path, { pid: 4711, host: 'here', since: 'now', what: 'a run of systemd' });
    const { code, text } = await runEntry(cwd, sandbox.url);
    lock?.release();
    expect(code).toBe(EXIT.locked);
    expect(text).toContain('process 4711 on here, since now (a run of systemd)');
    expect(existsSync(join(cwd, 'runs'))).toBe(false);
    expect(sandbox.requests()).toHaveLength(0);
  });

  it('prints the summary when all is not well, for cron to mail', async () => {
    const cwd = withJobs();
    writeFileSync(join(cwd, 'jobs/numbers.csv'), 'phone_number_id,messaging_profile_id\n');
    const { code, text } = await runEntry(cwd, (await accountSandbox()).url);
    expect(code).toBe(EXIT.refused);
    expect(text).toContain('Exit 8 (refused)');
    expect(text).toContain(`results  ${cwd}/runs/`);
  });
});

describe('systemd units', () => {
  const service = jobText('telnyx-reassign.service');
  const values = (name: string, text = service) =>
    [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1] as string);

  it('hand the key over as a credential, and run the nightly job', async () => {
    const [cwd, sandbox] = [withJobs(), await accountSandbox()];
    const [credential = ''] = values('LoadCredential');
    expect(credential).toMatch(/^telnyx_api_key:\//);
    const credentials = join(cwd, 'credentials');
    mkdirSync(credentials);
    writeFileSync(join(credentials, credential.split(':')[0] as string), `${KEY}\n`, { mode: 0o400 });
    const [exec = ''] = values('ExecStart');
    expect(exec).toMatch(/^\/usr\/local\/bin\/telnyx-reassign run /);
    // As systemd does: a plain command line with ${} filled in, and no key in the environment.
    const line = moved(`cd ${values('WorkingDirectory')[0]} && ${exec.replace('/usr/local/bin/', '')}`, cwd);
    const ended = await shell(cwd, line, {
      CREDENTIALS_DIRECTORY: credentials,
      STATE_DIRECTORY: cwd,
      TELNYX_REASSIGN_BASE_URL: sandbox.url,
    });
    expect(ended.code, ended.text).toBe(0);
    expectAtTarget(sandbox, rowsOf(join(JOBS, 'numbers.csv')));
    expect(readdirSync(join(cwd, 'runs'))).toHaveLength(1);
    expect(readdirSync(cwd).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
  });

  it('take no exit code for a success but 0 and that of a stop', () => {
    expect(values('SuccessExitStatus')).toEqual([String(EXIT.interrupted_sigterm)]);
  });

  it('explain every exit code, as docs/exit-codes.md does', () => {
    const codes = [...new Set(Object.values(EXIT))].sort((a, b) => a - b);
    const numbers = (text: string) => text.split(', ').map(Number);
    const inService = [...service.matchAll(/^# {2,}([0-9, ]*[0-9]) {2}\S/gm)].flatMap((match) =>
      numbers(match[1] as string),
    );
    expect(inService).toEqual(codes);
    const whatToDo = docText('exit-codes.md').split('## What to do')[1] as string;
    const inDocument = [...whatToDo.matchAll(/^\| ([0-9, ]*[0-9]) +\| \S/gm)].flatMap((match) =>
      numbers(match[1] as string),
    );
    expect(inDocument).toEqual(codes);
  });

  it('keep to a user, a state directory and little else', () => {
    for (const line of [
      'Type=oneshot',
      'User=telnyx-reassign',
      'StateDirectory=telnyx-reassign',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'ProtectHome=yes',
    ]) {
      expect(service.split('\n')).toContain(line);
    }
  });

  it('are started by the timer of the same name', () => {
    const timer = jobText('telnyx-reassign.timer');
    expect(values('OnCalendar', timer)).toEqual(['*-*-* 02:17:00']);
    expect(values('WantedBy', timer)).toEqual(['timers.target']);
    expect(timer).not.toContain('Unit=');
  });
});
