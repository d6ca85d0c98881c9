import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { KEY } from '../../support/program/environment.ts';
import { paste, run } from '../../support/program/run.ts';
import { at } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import { lastRun, summaryOf, until, workDirectory, writeInput } from '../../support/program/workspace.ts';

let server: Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

type Reply = { status: number; headers?: Record<string, string>; body: string; cut?: boolean };

/** A server that quotes the key wherever it can. */
async function quotingServer(reply: (auth: string, n: number) => Reply): Promise<string> {
  let n = 0;
  const listening = createServer((request, response) => {
    const auth = request.headers.authorization ?? '';
    const { status, headers = {}, body, cut = false } = reply(auth, n++);
    request.resume();
    request.on('end', () => {
      response.writeHead(status, { 'x-request-id': `id ${auth}`, ...headers });
      if (!cut) response.end(body);
      else response.write(body, () => response.destroy());
    });
  });
  server = listening;
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/v2`;
}

/** Every byte of every file below a directory, by name. */
function allFiles(dir: string): [string, string][] {
  return readdirSync(dir).flatMap((name): [string, string][] => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? allFiles(path) : [[path, readFileSync(path, 'latin1')]];
  });
}

const envelope = (auth: string) =>
  JSON.stringify({
    errors: [{ code: auth, title: `bad ${auth}`, detail: `you sent ${auth.toLowerCase()}`, source: { pointer: auth } }],
  });

const data = (auth: string) =>
  JSON.stringify({ data: { id: auth, phone_number: auth, messaging_profile_id: auth, messaging_product: auth } });

/** A page of numbers, and of profiles as well. */
const page = (auth: string) =>
  JSON.stringify({
    data: [{ ...JSON.parse(data(auth)).data, name: auth, organization_id: auth, webhook_url: null }],
    meta: { total_results: 1, total_pages: 1 },
  });

const WAYS: Record<string, (auth: string, n: number) => Reply> = {
  'error details': (auth) => ({ status: 422, body: envelope(auth) }),
  'a refused key': (auth) => ({ status: 401, body: envelope(auth) }),
  'a refused account': (auth) => ({ status: 403, body: envelope(auth) }),
  'a 429': (auth, n) => ({ status: n < 2 ? 429 : 422, headers: { 'retry-after': '0' }, body: envelope(auth) }),
  'a 500 page of HTML': (auth) => ({ status: 500, body: `<html>${auth}</html>` }),
  'a 200 that shows the key as settings': (auth) => ({ status: 200, body: data(auth) }),
  'a list that shows the key as settings and names': (auth) => ({ status: 200, body: page(auth) }),
  'a redirect': (auth, n) =>
    n === 0
      ? { status: 422, body: envelope(auth) }
      : { status: 302, headers: { location: `http://127.0.0.1:1/${encodeURIComponent(auth)}` }, body: auth },
  'a cut body': (auth) => ({ status: 200, headers: { 'content-length': '5000' }, body: auth, cut: true }),
};

describe('the key', () => {
  it.each(Object.keys(WAYS))('appears nowhere when the server quotes it in %s', async (way) => {
    const cwd = workDirectory();
    const url = await quotingServer(WAYS[way] as (auth: string, n: number) => Reply);
    const fast = ['--rate', 'off', '--retry-base', '1ms', '--max-attempts', '2', '--outage-patience', '0'];
    const flags = [...at(url), ...fast, '--yes'];
    const reading = ['--base-url', url, ...fast, '--log-level', 'trace'];
    const ended = [
      await run(cwd, ['apply', writeInput(cwd, 3), '--log-level', 'trace', ...flags]),
      await run(cwd, ['apply', 'numbers.csv', '--json', '--log-file', '-', ...flags]),
      await run(cwd, ['plan', 'numbers.csv', ...reading]),
      await run(cwd, ['verify', 'numbers.csv', ...reading]),
      await run(cwd, ['runs']),
      await run(cwd, ['apply', '--print-config']),
    ];
    const haystack = [
      ...ended.map(({ stdout, stderr }, n): [string, string] => [`command ${n}`, stdout + stderr]),
      ...allFiles(cwd),
    ];
    expect(haystack.length).toBeGreaterThan(30);
    const holding = haystack
      .filter(([, text]) => text.toLowerCase().includes(KEY.toLowerCase()))
      .map(([where]) => where);
    expect(holding).toEqual([]);
  });

  it('appears nowhere when it is typed in the wrong place', async () => {
    const cwd = workDirectory();
    writeInput(cwd, 1);
    for (const args of [
      ['apply', KEY],
      ['apply', 'numbers.csv', '--rate', KEY],
      ['apply', 'numbers.csv', `--${KEY}`],
      [KEY],
      ['apply', 'numbers.csv', KEY, '--json'],
    ]) {
      const { exit, stdout, stderr } = await run(cwd, args);
      expect(exit).toBe(2);
      expect(stdout + stderr).not.toContain(KEY);
    }
  });

  it('is set or not set in --print-config, and never shown', async () => {
    const cwd = workDirectory();
    const withKey = await run(cwd, ['--print-config']);
    expect(withKey.exit).toBe(0);
    expect(withKey.stdout).toMatch(/api key +set /);
    const without = await run(cwd, ['--print-config'], { key: null });
    expect(without.stdout).toMatch(/api key +not set/);
  });

  it('is not even read for the sandbox', async () => {
    const cwd = workDirectory();
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 2), '--sandbox', '--yes', '--rate', 'off'], {
      env: { TELNYX_API_KEY_FILE: '/nosuch/file' },
    });
    expect(exit).toBe(0);
  });
});

describe('a server that cannot be trusted', () => {
  it('cannot move the cursor of a terminal', async () => {
    const cwd = workDirectory();
    const detail = '\u001b[2J\u0007gone\r\n=cmd()';
    const url = await quotingServer(() => ({
      status: 422,
      body: JSON.stringify({ errors: [{ code: '10027', title: `=1+1${detail}`, detail }] }),
    }));
    const { stdout, stderr } = await run(cwd, [
      'apply',
      writeInput(cwd, 1),
      ...at(url),
      '--rate',
      'off',
      '--yes',
      '--log-file',
      '-',
    ]);
    const results = readFileSync(join(cwd, summaryOf(cwd).files.results as string), 'utf8');
    for (const text of [stdout, stderr, results]) {
      expect(text).not.toContain('\u001b');
      expect(text).not.toContain('\u0007');
    }
    expect(results).toContain("'=1+1");
  });

  it('cannot send the key elsewhere by a redirect', async () => {
    const cwd = workDirectory();
    let elsewhere = 0;
    const trap = createServer((_, response) => {
      elsewhere += 1;
      response.end('{}');
    });
    await new Promise<void>((done) => trap.listen(0, '127.0.0.1', done));
    const { port } = trap.address() as AddressInfo;
    const url = await quotingServer(() => ({
      status: 307,
      headers: { location: `http://127.0.0.1:${port}/v2` },
      body: '',
    }));
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 5), ...at(url), '--rate', 'off', '--yes']);
    const reading = await run(cwd, ['plan', 'numbers.csv', '--base-url', url]);
    trap.close();
    expect([exit, reading.exit]).toEqual([7, 7]);
    expect(elsewhere).toBe(0);
    for (const text of [stdout, reading.stdout]) expect(text).toContain('redirects are not followed');
  });

  it('cannot get the key through a run directory that names another address', async () => {
    const cwd = workDirectory();
    await run(cwd, ['plan', writeInput(cwd, 1), ...at('https://api.example.invalid/v2')]);
    const dir = (await run(cwd, ['runs', '--json'])).stdout;
    const run_id = (JSON.parse(dir) as { runs: { dir: string; next_command: string }[] }).runs[0];
    const refused = await run(cwd, ['apply', run_id?.dir as string, '--yes']);
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('--base-url https://api.example.invalid/v2');
    const other = await run(cwd, ['apply', run_id?.dir as string, '--yes', '--base-url', 'https://api.telnyx.com/v2']);
    expect(other.exit).toBe(2);
    // The printed command names it, so that it works as printed; no test goes to a host that is not this one.
    expect(run_id?.next_command).toContain('--base-url https://api.example.invalid/v2');
    const pasted = await paste(cwd, `${run_id?.next_command} --dry-run`);
    expect(pasted.exit).toBe(0);
  });
});

describe('output', () => {
  it('is one JSON object on standard output, on every exit', async () => {
    const cwd = workDirectory();
    const input = writeInput(cwd, 2);
    const cases: [string[], number][] = [
      [['plan', input, '--offline', '--json'], 0],
      [['plan', input, '--base-url', 'http://127.0.0.1:1/v2', '--outage-patience', '0', '--json'], 7],
      [['apply', input, '--sandbox', '--yes', '--json', '--rate', 'off'], 0],
      [['apply', input, '--sandbox', '--json'], 8],
      [['apply', 'nosuch.csv', '--json'], 2],
      [['apply', input, '--json', '--nope'], 2],
      [['nope', '--json'], 2],
      [['runs', '--json'], 0],
      [['apply', '--print-config', '--json'], 0],
      [['apply', 'nosuch.csv', '--missing-input-ok', '--json'], 0],
    ];
    for (const [args, expected] of cases) {
      const { exit, stdout } = await run(cwd, args);
      const parsed = JSON.parse(stdout) as { exit_code: number; error?: { message: string } };
      expect({ args, exit, exit_code: parsed.exit_code }).toEqual({ args, exit: expected, exit_code: expected });
      if (expected !== 0) expect(parsed.error?.message).toBeTruthy();
    }
  }, 60_000);

  it('is nothing at all with --quiet when all is well, and the summary on standard error when not', async () => {
    const cwd = workDirectory();
    const input = writeInput(cwd, 2);
    const good = await run(cwd, ['apply', input, '--sandbox', '--yes', '--quiet', '--rate', 'off']);
    expect(good).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    const bad = await run(cwd, ['apply', input, '--sandbox', '--quiet']);
    expect(bad).toMatchObject({ exit: 8, stdout: '' });
    expect(bad.stderr).toContain('Exit 8 (refused)');
  });

  it('does not end a run when its reader has gone', async () => {
    const cwd = workDirectory();
    const input = writeInput(cwd, 30);
    const flags = ['--sandbox', '--yes', '--rate', '100'];
    const started = start(cwd, ['apply', input, ...flags]);
    started.child.stdout?.destroy();
    started.child.stderr?.destroy();
    expect((await started.ended).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(30);
  });

  it('has a line in the log for every event, with the fields of the contract', async () => {
    const cwd = workDirectory();
    const url = await quotingServer((_, n) =>
      n === 0
        ? { status: 503, headers: { 'x-request-id': 'r-1' }, body: '' }
        : {
            status: 422,
            headers: { 'x-request-id': 'r-2' },
            body: '{"errors":[{"code":"10027","title":"T","detail":"D"}]}',
          },
    );
    await run(cwd, ['apply', writeInput(cwd, 1), ...at(url), '--rate', 'off', '--retry-base', '1ms', '--yes']);
    const lines = readFileSync(join(cwd, summaryOf(cwd).files.log as string), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      'run.started',
      'attempt.failed',
      'attempt.failed',
      'row.failed',
      'run.finished',
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({ level: expect.any(String), run_id: summaryOf(cwd).run_id, msg: expect.any(String) });
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    expect(lines[1]).toMatchObject({
      level: 'warn',
      row: 1,
      attempt: 1,
      http_status: 503,
      request_id: 'r-1',
      retry_in_ms: expect.any(Number),
    });
    expect(lines[2]).toMatchObject({ error_code: '10027', error_title: 'T', error_detail: 'D', retry_in_ms: null });
    expect(lines[3]).toMatchObject({
      level: 'error',
      reason: 'api_error',
      http_status: 422,
      error_code: '10027',
      request_id: 'r-2',
    });
  });

  it('is made again from the files of a run that was killed', async () => {
    const cwd = workDirectory();
    let answered = 0;
    const url = await quotingServer((_, n) => {
      answered = n;
      return { status: 200, body: '{"data":{"messaging_profile_id":"00000000-0000-4000-8000-000000000002"}}' };
    });
    const started = start(cwd, ['apply', writeInput(cwd, 400), ...at(url), '--rate', '100', '--yes']);
    await until(() => answered > 50);
    started.child.kill('SIGKILL');
    await started.ended;
    expect((await run(cwd, ['results', lastRun(cwd)])).exit).toBe(0);
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ state: 'interrupted', sum_ok: true, exit_code: 1 });
    expect(summary.counts.updated + summary.counts.unverified + summary.counts.unprocessed).toBe(400);
    expect(summary.counts.updated).toBeGreaterThan(0);
    expect((await paste(cwd, `${summary.next_command} --rate off`)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(400);
  });
});

describe('the URL of a webhook', () => {
  const TOKEN = 'T0kenOfAWebhook9';
  const URL = `https://hooks.example.com/services/T0/B0/${TOKEN}`;

  const WRONG_PLACES = [['--yes', URL], ['--notify-on', URL], [`--notify-on=${URL}`], ['--rate', URL]];
  it.each([['--notify', URL], [`--notify=${URL}`], ['--ping', URL], [`-ping=${URL}`], [URL], ...WRONG_PLACES])(
    'is refused where it is typed, and not quoted: %s',
    async (...flag) => {
      const cwd = workDirectory();
      writeInput(cwd, 1);
      for (const json of [[], ['--json']]) {
        const { exit, stdout, stderr } = await run(cwd, ['apply', 'numbers.csv', ...flag, ...json]);
        expect(exit).toBe(2);
        expect(stdout + stderr).not.toContain(TOKEN);
        const { groups } = /^--(?<name>notify|ping)(?!-)/.exec(String(flag[0])) ?? {};
        if (groups === undefined) continue;
        const variable = `TELNYX_REASSIGN_${String(groups.name).toUpperCase()}`;
        expect(stdout + stderr).toContain(`set ${variable}, or ${variable}_FILE to a file`);
      }
    },
  );

  it('is set or not set in --print-config', async () => {
    const cwd = workDirectory();
    const env = { TELNYX_REASSIGN_NOTIFY: URL };
    const text = await run(cwd, ['apply', '--print-config'], { env });
    expect(text.stdout).toMatch(/^notify +set +environment$/m);
    expect(text.stdout).toMatch(/^ping +not set +default$/m);
    const json = await run(cwd, ['apply', '--print-config', '--json'], { env });
    expect(JSON.parse(json.stdout).settings).toMatchObject({ notify: { value: 'set' }, ping: { value: 'not set' } });
    expect(text.stdout + text.stderr + json.stdout + json.stderr).not.toContain(TOKEN);
  });
});
