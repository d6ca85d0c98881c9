import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/core/run/exit-codes.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { takeLock } from '../../../src/io/run/lock.ts';
import { TOKEN, webhook } from '../../support/io/webhook.ts';
import { run } from '../../support/program/run.ts';
import { api, jobAt } from '../../support/program/sandbox.ts';
import { lastRun, logOf, summaryOf, workDirectory, writeInput, writeLines } from '../../support/program/workspace.ts';

const SANDBOX = ['--sandbox', '--rate', 'off', '--yes'];

/** Every byte of every file below a directory, by name. */
function allFiles(dir: string): [string, string][] {
  return readdirSync(dir).flatMap((name): [string, string][] => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? allFiles(path) : [[path, readFileSync(path, 'latin1')]];
  });
}

describe('a run', () => {
  it('says that it starts and how it ends, to people and to a monitor', async () => {
    const cwd = workDirectory();
    const { env, pings, lines, bodies, received } = await webhook();
    const ended = await run(cwd, ['apply', writeInput(cwd, 3), ...SANDBOX], { env });
    expect(ended.exit).toBe(EXIT.ok);
    expect(pings()).toEqual(['GET /start', 'POST ']);
    expect(bodies()[0]).toContain('apply finished\n  3  updated\n');
    expect(lines()).toEqual([
      'numbers apply started, 3 rows to send',
      'numbers apply finished, exit 0 (ok): 3 updated',
    ]);
    const [start, end] = received.filter(({ json }) => json !== undefined).map(({ json }) => json.summary);
    expect(start).toMatchObject({ version: 1, name: 'numbers', phase: 'sending', rows: { total: 3 } });
    expect(end).toEqual(summaryOf(cwd));
    expect(ended.stderr).not.toContain('could not be delivered');
  });

  it('of numbers from the command line is named after them, also if it does not start', async () => {
    const cwd = workDirectory();
    const { env, lines } = await webhook();
    const args = ['apply', '--number', '+13125550001', ...SANDBOX];
    expect((await run(cwd, [...args, '--to-profile', 'Support'], { env })).exit).toBe(EXIT.ok);
    expect((await run(cwd, args, { env })).exit).toBe(EXIT.usage);
    expect(lines().map((line) => line.split(' ')[0])).toEqual(Array.from({ length: 3 }, () => 'number-13125550001'));
  });

  it('says which waves it has reached', async () => {
    const cwd = workDirectory();
    const { env, lines } = await webhook();
    await run(cwd, ['apply', writeInput(cwd, 3), ...SANDBOX, '--waves', '1,1'], { env });
    expect(lines()[0]).toBe('numbers apply started, 3 rows to send in 3 waves');
    // They are reached within a second, so they are sent with the end.
    const [second, third, end] = (lines()[1] as string).split('\n');
    expect(second).toBe('numbers wave 2 of 3 started, 1 row; 1 of 3 rows done');
    expect(third).toMatch(/wave 3 of 3 started, 1 row; 2 of 3 rows done$/);
    expect(end).toMatch(/apply finished, exit 0 \(ok\): 3 updated$/);
  });

  it('that ends badly says why, and what to do next', async () => {
    const cwd = workDirectory();
    const { flags } = await api({}, ['404=1']);
    const { env, pings, lines } = await webhook();
    const ended = await run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--max-failures', '100%'], { env });
    expect(ended.exit).toBe(EXIT.rows_not_at_target);
    expect(pings()).toEqual(['GET /start', 'POST /4']);
    expect(lines().at(-1)).toMatch(
      /^numbers apply finished, exit 4 \(rows_not_at_target\): 3 failed\. .*Next: .* retry /,
    );
  });

  it('sends people only what is a problem, if that is set', async () => {
    const cwd = workDirectory();
    const { flags } = await api({}, ['404@PATCH*1']);
    const { env, lines, pings } = await webhook();
    const quiet = { env: { ...env, TELNYX_REASSIGN_NOTIFY_ON: 'problem' } };
    await run(cwd, ['apply', writeInput(cwd, 3), ...SANDBOX], quiet);
    expect([lines(), pings()]).toEqual([[], ['GET /start', 'POST ']]);
    await run(cwd, ['apply', 'missing.csv', ...flags], quiet);
    expect(lines()).toEqual(['missing exit 2 (usage). there is no file missing.csv']);
  });

  it('goes on in silence if it is a plan or a rehearsal of one', async () => {
    const cwd = workDirectory();
    const { env, received } = await webhook();
    const input = writeInput(cwd, 3);
    const job = writeLines(cwd, ['command: plan', `input: ${input}`, 'sandbox: true', 'rate: off'], 'plan.yaml');
    const rehearsal = ['--sandbox', '--rate', 'off'];
    await run(cwd, ['apply', input, '--dry-run', ...rehearsal, '--metrics-file', 'm.prom'], { env });
    await run(cwd, ['plan', input, ...rehearsal], { env });
    await run(cwd, ['run', job], { env });
    await run(cwd, ['apply', '--print-config'], { env });
    await run(cwd, ['apply', '--help'], { env });
    await run(cwd, ['runs'], { env });
    expect(received).toEqual([]);
    expect(readdirSync(cwd)).not.toContain('m.prom');
  });
});

describe('every end is sent', () => {
  it.each([
    ['arguments', ['--rtae', '5'], EXIT.usage, 'exit 2 (usage). unknown flag --rtae'],
    ['a setting', ['--rate', 'fast'], EXIT.usage, 'exit 2 (usage). --rate must be a number'],
    ['the input', ['--map', 'phone_number_id=X'], EXIT.input, 'apply refused, exit 3 (input)'],
    ['a guard', ['--min-rows', '9'], EXIT.refused, 'apply refused, exit 8 (refused): '],
    ['no answer', [], EXIT.refused, 'apply planned, exit 8 (refused): '],
  ])('if %s is refused', async (_, flags, exit, text) => {
    const cwd = workDirectory();
    const { env, pings, lines } = await webhook();
    const rate = flags.includes('--rate') ? [] : ['--rate', 'off'];
    const args = ['apply', writeInput(cwd, 3), '--sandbox', '--metrics-file', 'm.prom', ...rate, ...flags];
    expect((await run(cwd, args, { env })).exit).toBe(exit);
    expect(pings()).toEqual([`POST /${exit}`]);
    expect(lines()).toEqual([expect.stringContaining(text)]);
  });

  it('if a job has a key that does not exist', async () => {
    const cwd = workDirectory();
    const { urls, pings, lines } = await webhook();
    const keys = ['command: apply', 'input: in.csv', 'max_chnges: 5', `notify: ${urls.notify}`, `ping: ${urls.ping}`];
    const job = writeLines(cwd, [...keys, 'name: nightly', 'metrics_file: m.prom'], 'job.yaml');
    chmodSync(join(cwd, job), 0o600);
    expect((await run(cwd, ['run', job])).exit).toBe(EXIT.usage);
    expect(pings()).toEqual(['POST /2']);
    expect(lines()).toEqual([expect.stringContaining('nightly exit 2 (usage). job.yaml:3:1: unknown key max_chnges')]);
    expect(readFileSync(join(cwd, 'm.prom'), 'utf8')).toContain('telnyx_reassign_exit_code{name="nightly"} 2\n');
  });

  it('if there is no such run', async () => {
    const cwd = workDirectory();
    const { env, pings, lines } = await webhook();
    expect((await run(cwd, ['resume', 'runs/20261123T020000Z-nightly-1f2e'], { env })).exit).toBe(EXIT.usage);
    expect([pings(), lines()]).toEqual([['POST /2'], [expect.stringMatching(/^nightly exit 2 \(usage\)\. /)]]);
    expect((await run(cwd, ['resume'], { env })).exit).toBe(EXIT.usage);
    expect(pings()).toEqual(['POST /2', 'POST /2']);
  });

  it('if another process has the lock', async () => {
    const cwd = workDirectory();
    const { env, pings, lines } = await webhook();
    await run(cwd, ['apply', writeInput(cwd, 3), '--sandbox', '--rate', 'off', '--dry-run'], { env });
    const dir = lastRun(cwd);
    const lock = await takeLock(runFiles(join(cwd, dir)).lock, { pid: 1 } as never);
    const ended = await run(cwd, ['apply', dir, '--yes', '--json', '--metrics-file', 'm.prom'], { env });
    if (lock !== null && 'release' in lock) lock.release();
    expect(ended.exit).toBe(EXIT.locked);
    expect(pings()).toEqual(['POST /9']);
    expect(lines()).toEqual([expect.stringMatching(/^numbers exit 9 \(locked\)\. /)]);
    expect(readFileSync(join(cwd, 'm.prom'), 'utf8')).toContain('telnyx_reassign_exit_code{name="numbers"} 9\n');
  });

  it('of a resumed run, a retry and an undo too', async () => {
    const cwd = workDirectory();
    const { env, pings, lines } = await webhook();
    const { sandbox, flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 4), ...flags, '--stop-after', '2'], { env });
    const dir = lastRun(cwd);
    await run(cwd, ['resume', dir, '--rate', 'off'], { env });
    await run(cwd, ['retry', dir, '--yes'], { env });
    await run(cwd, ['undo', dir, '--base-url', sandbox.url, '--yes', '--rate', 'off'], { env });
    expect(pings().filter((ping) => ping.startsWith('POST'))).toEqual([
      'POST /10',
      'POST ',
      'POST ',
      expect.any(String),
    ]);
    expect(lines().filter((line) => !line.includes('started'))).toEqual([
      expect.stringMatching(/^numbers apply paused, exit 10/),
      expect.stringMatching(/^numbers apply finished, exit 0/),
      expect.stringMatching(/^numbers exit 0/),
      expect.stringMatching(/^undo-numbers undo /),
    ]);
  });
});

describe('a message that cannot be delivered', () => {
  it.each([302, 404])('(HTTP %i) is a warning in the summary, and changes nothing else', async (status) => {
    const cwd = workDirectory();
    const { env, pings } = await webhook(() => status);
    const ended = await run(cwd, ['apply', writeInput(cwd, 3), ...SANDBOX, '--json'], { env });
    expect(ended.exit).toBe(EXIT.ok);
    expect(pings()).toEqual(['GET /start', 'POST ']);
    const note = status === 302 ? ', and redirects are not followed' : '';
    const warnings = ['notify', 'ping'].map(
      (name) => `${name}: 2 of 2 messages could not be delivered: it answered HTTP ${status}${note}`,
    );
    expect(JSON.parse(ended.stdout).warnings).toEqual(expect.arrayContaining(warnings));
    expect(summaryOf(cwd).warnings).toEqual(expect.arrayContaining(warnings));
    expect(logOf(cwd).filter(({ event }) => event === 'run.warning')).toHaveLength(2);
  });

  it('is a warning of a command without a summary too', async () => {
    const cwd = workDirectory();
    const { env } = await webhook(() => 404);
    const json = await run(cwd, ['apply', 'missing.csv', '--json'], { env });
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 2, warnings: [expect.any(String), expect.any(String)] });
    const text = await run(cwd, ['apply', 'missing.csv'], { env });
    expect(text.stderr).toContain('warning: ping: 1 of 1 message could not be delivered: it answered HTTP 404\n');
  });
});

describe('a job', () => {
  it('may hold the URLs and the place of the metrics, if it is for its owner alone', async () => {
    const cwd = workDirectory();
    const { urls, pings, lines } = await webhook();
    const { sandbox } = await api();
    const common = ['command: apply', `input: ${writeInput(cwd, 2)}`, 'name: Nightly', 'rate: off', 'offline: true'];
    const own = [`notify: ${urls.notify}`, `ping: ${urls.ping}`, 'metrics_file: night.prom'];
    const job = writeLines(cwd, [...common, ...jobAt(sandbox.url), ...own], 'job.yaml');
    chmodSync(join(cwd, job), 0o600);
    const ended = await run(cwd, ['run', job]);
    expect([ended.exit, ended.stderr.includes('not protected')]).toEqual([EXIT.ok, false]);
    expect([pings(), lines().at(-1)]).toEqual([
      ['GET /start', 'POST '],
      'nightly apply finished, exit 0 (ok): 2 updated',
    ]);
    expect(readFileSync(join(cwd, 'night.prom'), 'utf8')).toMatch(/^telnyx_reassign_exit_code\{name="nightly"\} 0$/m);
    chmodSync(join(cwd, job), 0o644);
    expect((await run(cwd, ['run', job])).stderr).toContain('which holds a secret URL, is not protected');
  });

  it('that has an error elsewhere is sent to the URL of its variables', async () => {
    const cwd = workDirectory();
    const { env, pings } = await webhook();
    const job = writeLines(cwd, ['command: apply', 'input: numbers.csv', 'rtae: 5'], 'job.yaml');
    expect((await run(cwd, ['run', job], { env })).exit).toBe(EXIT.usage);
    expect(pings()).toEqual(['POST /2']);
  });
});

describe('the URLs', () => {
  it('are in no file, output or page, whatever happens', async () => {
    const cwd = workDirectory();
    const { env } = await webhook(() => 404);
    const { flags } = await api({}, ['500=0.5', '404@PATCH*1']);
    const rest = [...flags, '--log-level', 'trace', '--max-failures', '100%', '--max-same-error', '1000'];
    const ended = [
      await run(cwd, ['apply', writeInput(cwd, 8), ...rest], { env }),
      await run(cwd, ['apply', 'numbers.csv', ...rest, '--json', '--if-unfinished', 'new', '--log-file', '-'], { env }),
      await run(cwd, ['apply', 'numbers.csv', ...rest, '--metrics-file', '/nowhere/m.prom'], { env }),
      await run(cwd, ['resume', '--base-url', 'http://127.0.0.1:1/v2'], { env }),
      await run(cwd, ['apply', '--print-config', '--json'], { env }),
      await run(cwd, ['runs', '--json'], { env }),
      await run(cwd, ['apply', 'numbers.csv', '--sandbox', env.TELNYX_REASSIGN_NOTIFY], { env }),
    ];
    const texts = [
      ...ended.map(({ stdout, stderr }, n): [string, string] => [`command ${n}`, stdout + stderr]),
      ...allFiles(cwd),
    ];
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.filter(([, text]) => text.includes(TOKEN)).map(([where]) => where)).toEqual([]);
  });
});

describe('the metrics file', () => {
  it.each(['nowhere/m.prom', '.', '-', 'numbers.csv'])(
    'may not be %s: exit 2 before anything is sent',
    async (file) => {
      const cwd = workDirectory();
      const { flags, sandbox } = await api();
      const ended = await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--metrics-file', file]);
      expect(ended.exit).toBe(EXIT.usage);
      expect(ended.stderr).toContain('--metrics-file');
      expect(sandbox.requests()).toEqual([]);
      expect(readFileSync(join(cwd, 'numbers.csv'), 'utf8')).toContain('phone_number_id');
      // Not in the directory of the tests either, where a path is used as it is.
      expect([cwd, '.'].some((dir) => existsSync(join(dir, '-')))).toBe(false);
    },
  );

  it('of two runs with names and files of their own keep apart, and a failure keeps the last success', async () => {
    const cwd = workDirectory();
    const input = writeInput(cwd, 2);
    const textOf = (name: string) => readFileSync(join(cwd, `${name}.prom`), 'utf8');
    const runOf = (name: string, ...flags: string[]) =>
      run(cwd, ['apply', input, ...SANDBOX, '--name', name, '--metrics-file', `${name}.prom`, ...flags]);
    await Promise.all([runOf('one'), runOf('two')]);
    for (const name of ['one', 'two']) {
      expect(textOf(name)).toContain(`telnyx_reassign_rows{name="${name}",status="updated"} 2\n`);
      expect(new Set([...textOf(name).matchAll(/name="([^"]*)"/g)].map(([, found]) => found))).toEqual(new Set([name]));
    }
    const successOf = (text: string) => /^telnyx_reassign_last_success_timestamp_seconds\{.*$/m.exec(text)?.[0];
    const before = textOf('one');
    await runOf('one', '--min-rows', '9');
    expect(successOf(textOf('one'))).toBe(successOf(before));
    expect(textOf('one')).toContain('telnyx_reassign_exit_code{name="one"} 8\n');
  });

  it('is named in the command that goes on', async () => {
    const cwd = workDirectory();
    const { flags } = await api();
    await run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--stop-after', '1', '--metrics-file', 'm.prom']);
    expect(summaryOf(cwd).next_command).toMatch(/ resume \S+ --metrics-file m\.prom/);
  });
});
