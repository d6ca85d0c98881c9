import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/app/errors.ts';
import type { KeyedInvocation } from '../../../src/app/invocation.ts';
import { lockAccount } from '../../../src/app/run/account-lock.ts';
import { accountLockPath } from '../../../src/app/run/state-directory.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';
import { readHolder } from '../../../src/io/run/lock.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { resolveLayers } from '../../support/make.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';
import { tempDir } from '../../support/temp.ts';

const KEY = 'KEY0123456789_abcdefGHIJ';
const STATE_DIR = tempDir();

const invocationOf = (changes: RawSettings = {}, key: string | null = KEY): KeyedInvocation => ({
  ...resolveLayers({ state_dir: STATE_DIR, ...changes }),
  context: contextOf(),
  key,
});

describe('lockAccount', () => {
  it('keeps a second run of the same key out, and no other', async () => {
    const first = invocationOf();
    expect(await lockAccount(first, 'apply numbers.csv')).toBe(first);
    const refused: unknown = await lockAccount(invocationOf(), 'apply other.csv').catch((error) => error);
    expect(refused).toBeInstanceOf(CommandError);
    const { exit, message } = refused as CommandError;
    expect(exit).toBe(9);
    expect(message).toMatch(
      /^This account is locked by process \d+ on .*, since .* \(apply numbers\.csv\)\. Try again/,
    );
    expect(message).not.toContain(KEY);
    await lockAccount(invocationOf({}, `${KEY}2`), 'x');
    await lockAccount(invocationOf({ base_url: 'http://127.0.0.1:4010/v2' }), 'x');
    await lockAccount(invocationOf({ state_dir: tempDir() }), 'x');
    await lockAccount(invocationOf({ no_lock: 'true' }), 'x');
    expect(readHolder(accountLockPath(first.settings, KEY, first.context))?.pid).toBe(process.pid);
  });

  it('makes no file for the sandbox, which has no account, nor with --no-lock', async () => {
    const stateDir = join(tempDir(), 'state');
    await lockAccount(invocationOf({ state_dir: stateDir }, null), 'x');
    await lockAccount(invocationOf({ state_dir: stateDir, no_lock: 'true' }), 'x');
    expect(existsSync(stateDir)).toBe(false);
  });

  it('says what Redis refuses, so that the plan is saved', async () => {
    const { port, url } = await testRedis();
    const { redis } = await testQueue(url);
    const refusalOf = async (user: string) => {
      const { held } = await lockAccount(
        invocationOf({ queue: `redis://${user}127.0.0.1:${port}`, state_dir: tempDir() }),
        'x',
      );
      const { exit, message } = (held as { refused: CommandError }).refused;
      expect(exit).toBe(7);
      return message;
    };
    await redis.acl('SETUSER', 'u', 'on', '>p', '~*', '+@all', '-evalsha');
    expect(await refusalOf('u:p@')).toMatch(/refused a command: NOPERM .*jobs\/redis-users\.conf/);
    await redis.config('SET', 'maxmemory', '1');
    expect(await refusalOf('')).toMatch(/refused a command: OOM .*maxmemory/);
  });
});
