import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/app/errors.ts';
import { resolveForCommand, resolveForJob, resolveForNewRun, resolveForRun } from '../../src/app/settings.ts';
import { PUBLIC_BASE_URL, type RawSettings } from '../../src/core/settings/schema.ts';
import { contextOf } from '../support/app/contexts.ts';
import { manifest } from '../support/io/manifests.ts';
import { tempDir } from '../support/temp.ts';

/** What is refused, line by line. */
function errorsOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message.split('\n');
  }
  throw new Error('it was accepted');
}

const FOREIGN = 'https://api.example.com/v2';

describe('settings on an input', () => {
  it('come from the flag, else the environment, else the default, and say so', () => {
    const context = contextOf({ TELNYX_REASSIGN_RATE: '7', TELNYX_REASSIGN_TIMEOUT: '3s', PATH: '/bin', RATE: '9' });
    const { settings, sources } = resolveForCommand({ rate: '8' }, context, 'apply');
    expect([settings.rate, sources.rate]).toEqual([8, 'flag']);
    expect([settings.timeout, sources.timeout]).toEqual([3000, 'environment']);
    expect([settings.max_attempts, sources.max_attempts]).toEqual([5, 'default']);
  });

  it('have absolute paths, because a later command may be typed in another directory', () => {
    const context = contextOf({ TELNYX_REASSIGN_STATE_DIR: 'st' }, '/work/here');
    expect(resolveForCommand({ results: 'r.csv' }, context, 'apply').settings).toMatchObject({
      state_dir: '/work/here/st',
      results: '/work/here/r.csv',
      runs_dir: 'runs',
    });
    expect(resolveForCommand({ state_dir: '../st' }, context, 'apply').settings.state_dir).toBe('/work/st');
  });

  it('take the login of a queue from the variable that names the same one', () => {
    const TELNYX_REASSIGN_QUEUE = 'redis://:pa55w0rd@h:1';
    const queueOf = (queue: string) => {
      const { settings, context } = resolveForCommand({ queue }, contextOf({ TELNYX_REASSIGN_QUEUE }), 'apply');
      return { queue: settings.queue, warnings: context.warnings };
    };
    expect(queueOf('redis://h:1')).toEqual({ queue: TELNYX_REASSIGN_QUEUE, warnings: [] });
    expect(queueOf('redis://h:2')).toEqual({ queue: 'redis://h:2', warnings: [] });
  });

  it('name all errors at once, each with its source', () => {
    const context = contextOf({ TELNYX_REASSIGN_TIMEOUT: 'soon', TELNYX_REASSIGN_RAT: '5', TELNYX_REASSIGN_YES: '1' });
    const errors = errorsOf(() => resolveForCommand({ rate: ['5', '7'], max_attempts: '0' }, context, 'apply'));
    expect(errors).toEqual([
      expect.stringMatching(/^unknown variable TELNYX_REASSIGN_RAT; did you mean TELNYX_REASSIGN_RATE\?$/),
      expect.stringMatching(/^TELNYX_REASSIGN_YES is not taken from the environment; pass --yes/),
      '--rate is given more than once',
      expect.stringMatching(/^--max-attempts must be a whole number from 1 to 100, not "0"$/),
      expect.stringMatching(/^TELNYX_REASSIGN_TIMEOUT must be a duration/),
    ]);
  });

  it.each(['YES', 'SKIP_REJECTED', 'ALLOW_UNASSIGN', 'ALLOW_ROUNDED_IDS'])(
    'take no consent from the environment: %s',
    (name) => {
      for (const text of ['true', 'false', '']) {
        const errors = errorsOf(() => resolveForCommand({}, contextOf({ [`TELNYX_REASSIGN_${name}`]: text }), 'apply'));
        expect(errors).toHaveLength(1);
        expect(errors[0]).toContain(`TELNYX_REASSIGN_${name} is not taken from the environment`);
      }
    },
  );

  it('refuse an invalid variable even if no flag overrides it', () => {
    const context = contextOf({ TELNYX_REASSIGN_RATE: '' });
    expect(errorsOf(() => resolveForCommand({}, context, 'plan'))[0]).toContain(
      'TELNYX_REASSIGN_RATE is empty; unset it',
    );
  });

  it('refuse plain http, and no limit, towards anything but a loopback address', () => {
    expect(
      errorsOf(() => resolveForCommand({ base_url: 'http://api.telnyx.com/v2' }, contextOf(), 'apply'))[0],
    ).toContain('https');
    expect(errorsOf(() => resolveForCommand({ rate: 'off' }, contextOf(), 'apply'))[0]).toContain('loopback');
    expect(
      resolveForCommand({ rate: 'off', base_url: 'http://127.0.0.1:1/v2/' }, contextOf(), 'apply').settings,
    ).toMatchObject({
      rate: 'off',
      base_url: 'http://127.0.0.1:1/v2',
    });
  });
});

describe('settings on a run directory', () => {
  const on = (flags: RawSettings, settings: RawSettings, env: Record<string, string> = {}) =>
    resolveForRun(flags, contextOf(env), 'apply', manifest({ settings }));

  it('come from the flag, else the environment, else the run, else the default', () => {
    const recorded = { rate: '6', timeout: '4000ms', max_attempts: '3' };
    const { settings, sources } = on({ rate: '8' }, recorded, { TELNYX_REASSIGN_TIMEOUT: '3s' });
    expect(settings).toMatchObject({ rate: 8, timeout: 3000, max_attempts: 3, retry_max: 60_000 });
    expect(sources).toMatchObject({ rate: 'flag', timeout: 'environment', max_attempts: 'run', retry_max: 'default' });
  });

  it.each<[string, RawSettings]>([
    ['map', { map: 'phone_number_id=Number ID' }],
    ['delimiter', { delimiter: ';' }],
    ['allow-unassign', { allow_unassign: 'true' }],
    ['allow-rounded-ids', { allow_rounded_ids: 'true' }],
    ['sandbox', { sandbox: 'true' }],
  ])('refuse --%s, which belongs to the plan', (flag, flags) => {
    const errors = errorsOf(() => on(flags, {}));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(new RegExp(`^--${flag} belongs to the plan`));
  });

  it('take those of the plan from the run, whatever the environment says', () => {
    const env = { TELNYX_REASSIGN_DELIMITER: '|', TELNYX_REASSIGN_SANDBOX: 'false', TELNYX_REASSIGN_MIN_ROWS: '2' };
    const { settings, sources } = on({}, { delimiter: ';', sandbox: 'true' }, env);
    expect(settings).toMatchObject({ delimiter: ';', sandbox: true, min_rows: 2 });
    expect(sources).toMatchObject({ delimiter: 'run', sandbox: 'run', min_rows: 'environment' });
    // Least of all may it turn a rehearsal into the real thing, or the other way round.
    expect(on({}, {}, { TELNYX_REASSIGN_SANDBOX: 'true' }).settings.sandbox).toBe(false);
  });

  it('take skip_rejected and the rate from this call', () => {
    expect(on({ skip_rejected: 'true', rate: '1' }, { rate: '9' }).settings).toMatchObject({
      skip_rejected: true,
      rate: 1,
    });
  });

  it('take nothing of one call from the run, and the base URL in any spelling', () => {
    const { settings } = on({}, { yes: 'true', force: 'true', results: '/etc/x', log_file: '/etc/y', no_lock: 'true' });
    expect(settings).toMatchObject({ yes: false, force: false, results: null, log_file: null, no_lock: false });
    const named = on({ base_url: 'http://localhost:4010/v2' }, { base_url: 'http://127.0.0.1:4010/v2' });
    expect(named.settings.base_url).toBe('http://localhost:4010/v2');
  });

  it('of a new run put it beside the run that it comes from', () => {
    const from = { dir: '/data/runs/a', manifest: manifest({ settings: { runs_dir: '/etc', yes: 'true' } }) };
    expect(resolveForNewRun({}, contextOf(), 'retry', from).settings).toMatchObject({
      runs_dir: '/data/runs',
      yes: false,
    });
    expect(resolveForNewRun({ runs_dir: 'r' }, contextOf(), 'undo', from).settings.runs_dir).toBe('r');
    const plain = { dir: '/data/runs/a', manifest: manifest() };
    expect(resolveForNewRun({}, contextOf(), 'undo', plain).settings.runs_dir).toBe('runs');
  });

  it('send no key to a base URL that only the directory names', () => {
    const errors = errorsOf(() => on({}, { base_url: FOREIGN }));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`add --base-url ${FOREIGN}`);
    const tricks = [
      'https://api.telnyx.com.example.com/v2',
      'https://api.telnyx.com:8443/v2',
      'https://127.0.0.1.example.com/v2',
      'https://localhost.example.com/v2',
      'https://localhost@example.com/v2',
      'https://api.telnyx.com/v2/../../evil',
      'http://api.telnyx.com/v2',
    ];
    for (const trick of tricks) expect(errorsOf(() => on({}, { base_url: trick }))).not.toEqual([]);
  });

  it.each([PUBLIC_BASE_URL, 'http://127.0.0.1:4010/v2', 'http://localhost:4010', 'https://[::1]:4010/v2'])(
    'go on with a base URL that is public or a loopback: %s',
    (url) => {
      expect(on({}, { base_url: url }).settings.base_url).toBe(url);
      expect(on({}, {}).settings.base_url).toBe(PUBLIC_BASE_URL);
    },
  );

  it('go on with another one that this call names too, by flag or environment', () => {
    expect(on({ base_url: FOREIGN }, { base_url: FOREIGN }).settings.base_url).toBe(FOREIGN);
    expect(on({ base_url: `${FOREIGN}/` }, { base_url: FOREIGN }).settings.base_url).toBe(FOREIGN);
    const env = { TELNYX_REASSIGN_BASE_URL: FOREIGN };
    expect(on({}, { base_url: FOREIGN }, env).settings.base_url).toBe(FOREIGN);
  });

  it('never go to another address than the plan was made for', () => {
    const other = 'https://other.example.com/v2';
    for (const make of [
      () => on({ base_url: other }, { base_url: FOREIGN }),
      () => on({ base_url: other }, {}),
      () => on({ base_url: 'http://127.0.0.1:1' }, { base_url: 'http://127.0.0.1:2' }),
      () => on({}, { base_url: FOREIGN }, { TELNYX_REASSIGN_BASE_URL: other }),
      () => on({ base_url: PUBLIC_BASE_URL }, { base_url: FOREIGN }),
    ]) {
      expect(errorsOf(make)[0]).toMatch(/^the base URL ".*" is not that of the plan, ".*"$/);
    }
  });

  it('refuse a base URL that is named twice, as usage and not as a bug', () => {
    errorsOf(() => on({ base_url: [FOREIGN, FOREIGN] }, { base_url: FOREIGN }));
  });

  it('name what run.json holds that cannot be', () => {
    expect(errorsOf(() => on({}, { rate: 'fast' }))[0]).toMatch(/^run\.json: rate must be a number/);
    expect(errorsOf(() => on({}, { base_url: [FOREIGN, FOREIGN] }))).not.toEqual([]);
  });
});

describe('a job file', () => {
  function job(text: string, flags: RawSettings = {}, env: Record<string, string> = {}) {
    const home = join(tempDir(), 'jobs');
    mkdirSync(home);
    const path = join(home, 'nightly.yaml');
    writeFileSync(path, text);
    const resolve = () => {
      const { invocation, ...job } = resolveForJob(path, flags, contextOf(env, '/elsewhere'));
      return { ...invocation, ...job };
    };
    return { home, path, resolve };
  }

  it('is overruled by the environment, and that by flags', () => {
    const text = 'command: apply\ninput: in.csv\nrate: 6\ntimeout: 4s\nmax_attempts: 3\n';
    const made = job(text, { rate: '8' }, { TELNYX_REASSIGN_TIMEOUT: '3s' }).resolve();
    expect(made.settings).toMatchObject({ rate: 8, timeout: 3000, max_attempts: 3 });
    expect(made.sources).toMatchObject({ rate: 'flag', timeout: 'environment', max_attempts: 'job file' });
    expect(made.command).toBe('apply');
  });

  it('has its paths relative to itself, and those of flags and environment are not', () => {
    const text = 'command: plan\ninput: ../in.csv\nresults: out.csv\nlog_file: logs/log\n';
    const { home, resolve } = job(text);
    const made = resolve();
    expect(made.input).toBe(join(home, '../in.csv'));
    expect(made.settings).toMatchObject({
      runs_dir: join(home, 'runs'),
      results: join(home, 'out.csv'),
      log_file: join(home, 'logs/log'),
    });
    expect(job(text, { runs_dir: 'here' }).resolve().settings.runs_dir).toBe('here');
    expect(job(text, {}, { TELNYX_REASSIGN_RUNS_DIR: 'here' }).resolve().settings.runs_dir).toBe('here');
    const absolute = job('command: plan\ninput: /in.csv\nruns_dir: /runs\nlog_file: "-"\n').resolve();
    expect(absolute.input).toBe('/in.csv');
    expect(absolute.settings).toMatchObject({ runs_dir: '/runs', log_file: '-' });
  });

  it('may read standard input, map columns and give consent', () => {
    const text = [
      'command: apply',
      'input: "-"',
      'map:',
      '  phone_number_id: Number ID',
      'allow_unassign: true',
      'skip_rejected: true',
    ].join('\n');
    const made = job(text).resolve();
    expect(made.input).toBe('-');
    expect(made.settings).toMatchObject({
      map: { phone_number_id: 'Number ID' },
      allow_unassign: true,
      skip_rejected: true,
      yes: false,
    });
  });

  it('is refused with its path, line and column', () => {
    const { path, resolve } = job('command: aply\ninput: x\nrat: 5\nrate: [1]\n');
    expect(errorsOf(resolve)).toEqual([`${path}:4:7: rate must have a plain value`]);
    const second = job('command: aply\ninput: x\nrat: 5\napi_key: x\nrate: 0123x\n');
    expect(errorsOf(second.resolve)).toEqual([
      expect.stringMatching(/nightly\.yaml:1:10: command must be plan or apply/),
      expect.stringMatching(/nightly\.yaml:3:1: unknown key rat; did you mean rate\?/),
      expect.stringMatching(/nightly\.yaml:4:1: unknown key api_key/),
    ]);
    expect(errorsOf(job('command: plan\ninput: x\nrate: 0123x\n').resolve)[0]).toMatch(
      /nightly\.yaml:3:7: rate must be a number/,
    );
  });

  it('is a warning if others can write it, because it is the consent', () => {
    const { path } = job('command: plan\ninput: x\n');
    for (const [mode, warnings] of [
      [0o644, 0],
      [0o666, 1],
      [0o646, 1],
    ] as const) {
      chmodSync(path, mode);
      const context = contextOf();
      resolveForJob(path, {}, context);
      expect(context.warnings).toHaveLength(warnings);
      if (warnings > 0) expect(context.warnings[0]).toContain(`chmod go-w ${path}`);
    }
  });

  it('has many errors of which the first are printed', () => {
    const lines = Array.from({ length: 500 }, (_, at) => `${'k'.repeat(200)}${at}: x\n`).join('');
    const errors = errorsOf(job(lines).resolve);
    expect(errors).toHaveLength(21);
    expect(errors[0]?.endsWith(`unknown key ${'k'.repeat(60)}...`)).toBe(true);
    expect(errors.at(-1)).toBe('and 482 more errors');
  });

  it('that does not exist or is not one is refused', () => {
    expect(errorsOf(() => resolveForJob('gone.yaml', {}, contextOf()))[0]).toBe(
      'Could not read the job file gone.yaml: ENOENT (there is no such file or directory). Fix: correct the path.',
    );
    expect(errorsOf(() => resolveForJob('.', {}, contextOf({}, tempDir())))[0]).toContain(
      'Could not read the job file .: EISDIR (it is a directory). Fix: ',
    );
    expect(errorsOf(job('').resolve)[0]).toContain('1:1: a job file is a list');
  });
});

describe('the password of a queue', () => {
  const URL = 'redis://:secret-9@127.0.0.1:6379';

  it('is no secret on a command line, and one in a variable', () => {
    const typed = contextOf();
    resolveForCommand({ queue: URL }, typed, 'apply');
    expect(typed.warnings).toEqual([expect.stringContaining('the list of processes shows the password in --queue')]);
    const set = contextOf({ TELNYX_REASSIGN_QUEUE: URL });
    expect(resolveForCommand({}, set, 'apply').settings.queue).toBe(URL);
    resolveForCommand({ queue: 'redis://127.0.0.1' }, set, 'apply');
    expect(set.warnings).toEqual([]);
  });

  it('in a job file is for its owner alone', () => {
    const file = join(tempDir(), 'job.yaml');
    writeFileSync(file, `command: apply\ninput: numbers.csv\nqueue: ${URL}\n`, { mode: 0o644 });
    const context = contextOf();
    expect(resolveForJob(file, {}, context).invocation.settings.queue).toBe(URL);
    expect(context.warnings).toEqual([expect.stringMatching(/which holds a password, is not protected: other users/)]);
    chmodSync(file, 0o600);
    const closed = contextOf();
    resolveForJob(file, {}, closed);
    expect(closed.warnings).toEqual([]);
  });
});

describe('the command of a gate', () => {
  it('holds no secret, because run.json keeps it', () => {
    const key = 'KEY0123456789ABCDEF0123456789_abcdefghij';
    const url = 'https://hooks.example.com/services/T0/B0/t0ken-t0ken';
    const environment = { TELNYX_API_KEY: key, TELNYX_REASSIGN_NOTIFY: url };
    const resolve = (gate: string) => resolveForCommand({ waves: '1', gate }, contextOf(environment), 'apply');
    for (const gate of [`check --key ${key}`, `curl ${url}`]) {
      const [error = ''] = errorsOf(() => resolve(gate));
      expect(error).toContain('--gate holds the API key or the URL of a webhook');
      expect(error).not.toContain(gate);
    }
    expect(resolve('./check.sh').settings.gate).toBe('./check.sh');
  });
});

describe('a target of every row', () => {
  it('must not be the key, which run.json would show', () => {
    const key = 'KEY0123456789';
    const resolve = (target: RawSettings) =>
      resolveForCommand(target, contextOf({ TELNYX_API_KEY: key }), 'apply').settings;
    for (const [name, flag] of [
      ['to_profile', '--to-profile'],
      ['to_product', '--to-product'],
    ] as const) {
      const [error = ''] = errorsOf(() => resolve({ [name]: key }));
      expect(error).toContain(`${flag} holds the API key`);
      expect(error).not.toContain(key);
    }
    expect(resolve({ to_profile: `${key} too` }).to_profile).toBe(`${key} too`);
  });
});

describe('the URL of a webhook', () => {
  const URL = 'https://hooks.example.com/services/T0/B0/t0ken-t0ken';
  const fileOf = (text: string, mode = 0o600) => {
    const file = join(tempDir(), 'webhook');
    writeFileSync(file, text, { mode });
    return file;
  };

  it('comes from its variable, or from the first line of a file', () => {
    const inFile = { TELNYX_REASSIGN_PING_FILE: fileOf(`${URL}\nand a remark\n`) };
    const context = contextOf({ TELNYX_REASSIGN_NOTIFY: URL, ...inFile });
    const { settings, sources } = resolveForCommand({}, context, 'apply');
    expect([settings.notify, settings.ping, sources.ping]).toEqual([URL, URL, 'environment']);
    expect(context.warnings).toEqual([]);
    expect([...context.secrets]).toEqual([URL, 't0ken-t0ken']);
    const both = contextOf({ TELNYX_REASSIGN_PING: URL, ...inFile });
    expect(resolveForCommand({}, both, 'apply').settings.ping).toBe(URL);
    const empty = contextOf({ TELNYX_REASSIGN_PING_FILE: '' });
    expect(resolveForCommand({}, empty, 'apply').settings.ping).toBeNull();
  });

  it.each([
    [
      () => ({ TELNYX_REASSIGN_PING: 'https://h/other', TELNYX_REASSIGN_PING_FILE: fileOf(URL) }),
      'TELNYX_REASSIGN_PING and TELNYX_REASSIGN_PING_FILE hold different values; keep one of them',
    ],
    [
      () => ({ TELNYX_REASSIGN_NOTIFY_FILE: fileOf('hooks.example.com/t0ken-t0ken') }),
      /^TELNYX_REASSIGN_NOTIFY_FILE names a file whose first line is not a URL/,
    ],
    [
      () => ({ TELNYX_REASSIGN_NOTIFY_FILE: URL }),
      /cannot be read.*; if this is the URL itself, put it into TELNYX_REASSIGN_NOTIFY$/,
    ],
    [() => ({ TELNYX_REASSIGN_NOTIFY: 't0ken-t0ken' }), /^TELNYX_REASSIGN_NOTIFY must be a URL such as /],
  ])('is refused without being quoted: %#', (env, error) => {
    const errors = errorsOf(() => resolveForCommand({}, contextOf(env() as Record<string, string>), 'apply'));
    expect(errors).toEqual([typeof error === 'string' ? error : expect.stringMatching(error)]);
    expect(errors.join()).not.toMatch(/t0ken|other/);
  });

  it('in a file or a job file is for its owner alone', () => {
    const open = contextOf({ TELNYX_REASSIGN_PING_FILE: fileOf(URL, 0o644) });
    resolveForCommand({}, open, 'apply');
    expect(open.warnings).toEqual([
      expect.stringMatching(/^the secret in the file of TELNYX_REASSIGN_PING_FILE is not protected: other users/),
    ]);
    const file = join(tempDir(), 'job.yaml');
    writeFileSync(file, `command: apply\ninput: numbers.csv\nping: ${URL}\n`, { mode: 0o644 });
    const job = contextOf();
    expect(resolveForJob(file, {}, job).invocation.settings.ping).toBe(URL);
    expect(job.warnings).toEqual([expect.stringMatching(/which holds a secret URL, is not protected: other users/)]);
    expect([...job.secrets]).toContain(URL);
    chmodSync(file, 0o600);
    const closed = contextOf();
    resolveForJob(file, {}, closed);
    expect(closed.warnings).toEqual([]);
  });
});
