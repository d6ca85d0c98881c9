import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../../src/app/errors.ts';
import { accountLockPath, keyDigest } from '../../../src/app/run/state-directory.ts';
import { PUBLIC_BASE_URL } from '../../../src/core/settings/schema.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

/** The home of the user, or the error to throw if there is none. */
const home = vi.hoisted(() => ({ of: (): string => '' }));
vi.mock('node:os', async (original) => ({ ...(await original<typeof import('node:os')>()), homedir: () => home.of() }));
beforeEach(() => {
  home.of = () => {
    throw new Error('a test must not read the home directory of the user');
  };
});

const KEY = 'KEY0123456789_abcdefGHIJ';
const base = { state_dir: null, base_url: PUBLIC_BASE_URL };

describe('the directory of account locks', () => {
  it.each<[string, { flag?: string; env?: Record<string, string> }, string]>([
    ['--state-dir', { flag: '/flag', env: { STATE_DIRECTORY: '/service', XDG_STATE_HOME: '/xdg' } }, '/flag'],
    ['--state-dir, from the working directory', { flag: 'below/it' }, '/cwd/below/it'],
    ['$STATE_DIRECTORY', { env: { STATE_DIRECTORY: '/service', XDG_STATE_HOME: '/xdg' } }, '/service'],
    ['the first of several', { env: { STATE_DIRECTORY: '/service:/second:/third' } }, '/service'],
    ['$XDG_STATE_HOME', { env: { XDG_STATE_HOME: '/xdg' } }, '/xdg/telnyx-reassign'],
    [
      '$XDG_STATE_HOME, with $STATE_DIRECTORY empty',
      { env: { STATE_DIRECTORY: '', XDG_STATE_HOME: '/xdg' } },
      '/xdg/telnyx-reassign',
    ],
    ['the home', {}, '/home/.local/state/telnyx-reassign'],
    [
      'the home, with empty variables',
      { env: { STATE_DIRECTORY: '', XDG_STATE_HOME: '' } },
      '/home/.local/state/telnyx-reassign',
    ],
    [
      'the home, with a relative $XDG_STATE_HOME',
      { env: { XDG_STATE_HOME: 'xdg' } },
      '/home/.local/state/telnyx-reassign',
    ],
    [
      'the home, whatever Windows calls its own',
      { env: { LOCALAPPDATA: '/windows' } },
      '/home/.local/state/telnyx-reassign',
    ],
  ])('is %s, and is made', (_, { flag, env = {} }, expected) => {
    const root = realpathSync(tempDir());
    const below = (text: string) => text.replaceAll(/(^|:)\//g, `$1${root}/`);
    home.of = () => join(root, 'home');
    const context = contextOf(
      Object.fromEntries(Object.entries(env).map(([name, value]) => [name, below(value)])),
      join(root, 'cwd'),
    );
    const path = accountLockPath({ ...base, state_dir: flag === undefined ? null : below(flag) }, KEY, context);
    expect(dirname(path)).toBe(join(root, expected));
    expect(readdirSync(dirname(path))).toEqual([]);
    expect(existsSync(join(root, 'second'))).toBe(false);
  });

  it('that cannot be made is said with the flag that names another', () => {
    const file = tempFile('x');
    const refuse = () => accountLockPath({ ...base, state_dir: join(file, 'state') }, KEY, contextOf());
    expect(refuse).toThrow(UsageError);
    expect(refuse).toThrow(
      `Could not make the state directory ${file}/state: ENOTDIR (a part of the path is not a directory). Fix: name another with --state-dir.`,
    );
  });

  it.each([
    ['is not known', () => Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' })],
    ['is empty', () => ''],
  ])('must be set if the home of the user %s', (_, answer) => {
    home.of = () => {
      const given = answer();
      if (given instanceof Error) throw given;
      return given;
    };
    const cwd = process.cwd();
    process.chdir(tempDir());
    try {
      expect(() => accountLockPath(base, KEY, contextOf())).toThrow(UsageError);
      expect(() => accountLockPath(base, KEY, contextOf())).toThrow('--state-dir');
      expect(readdirSync('.')).toEqual([]);
    } finally {
      process.chdir(cwd);
    }
  });
});

describe('the lock of an account', () => {
  const path = (key: string, baseUrl = PUBLIC_BASE_URL, dir = '/') =>
    basename(accountLockPath({ state_dir: dir, base_url: baseUrl }, key, contextOf()));

  it('is named by a digest of base URL and key, which reveals neither', () => {
    expect(path(KEY)).toBe(`${keyDigest(PUBLIC_BASE_URL, KEY).slice(0, 32)}.lock`);
    expect(path(KEY)).toMatch(/^[0-9a-f]{32}\.lock$/);
    expect(keyDigest(PUBLIC_BASE_URL, KEY)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the same for the same key and address, and another for another of them', () => {
    const others = [path(KEY), path(`${KEY}x`), path(KEY.toLowerCase()), path(KEY, 'http://127.0.0.1:4010/v2')];
    expect(new Set(others).size).toBe(4);
    expect(path(KEY, PUBLIC_BASE_URL, tempDir())).toBe(others[0]);
    for (const host of ['localhost', 'LocalHost', '[::1]', '127.0.0.2', '0x7f.1', '[::ffff:127.0.0.1]']) {
      expect(path(KEY, `http://${host}:4010/v2/`)).toBe(others[3]);
    }
  });
});
