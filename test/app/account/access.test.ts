import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openAccess, readingError, readNumbers } from '../../../src/app/account/access.ts';
import { checkOrganization, recordAccount } from '../../../src/app/account/check-account.ts';
import { CommandError } from '../../../src/app/errors.ts';
import { keyDigest } from '../../../src/app/run/state-directory.ts';
import type { AccountSnapshot } from '../../../src/core/account/snapshot.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';

import { Stopped, Unread } from '../../../src/engine/reading/account-query.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { loadManifest, runFiles } from '../../../src/io/run/directory.ts';
import { accountOf, ledgerOf, moves } from '../../support/app/accounts.ts';
import { id, profile } from '../../support/app/plans.ts';
import { makeRun } from '../../support/app/run-directories.ts';
import { KEY, printed } from '../../support/app/sources.ts';
import { tempDir } from '../../support/temp.ts';

/** An account of which a read has shown this organization. */
const of = (organization: string | null) => ({ organization: () => organization }) as AccountSnapshot;

describe('readingError', () => {
  const stopped = (...[reason, detail]: Parameters<ReturnType<typeof createStop>['ask']>) => {
    const stop = createStop();
    stop.ask(reason, detail);
    return readingError(new Stopped(), stop) as CommandError;
  };

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('says of %s that it came while reading', (signal, exit) => {
    const error = stopped('signal', signal);
    expect(error).toBeInstanceOf(CommandError);
    expect([error.exit, error.code]).toEqual([exit, 'signal']);
    expect(error.message).toBe(`Stopped by ${signal} while reading the account; nothing was sent.`);
  });

  it.each<[Parameters<typeof stopped>[0], RegExp]>([
    ['key_refused', /^The API refused the key: why\. Set TELNYX_API_KEY to a key that is valid\. Nothing was sent\.$/],
    ['account_refused', /^The account could not be read: why\. Nothing was sent\.$/],
    ['server_wait', /^The account could not be read: why\. Nothing was sent\.$/],
    ['outage', /^The account could not be read: why\. Nothing was sent\.$/],
    ['redirected', /^The account could not be read: why\. Nothing was sent\.$/],
  ])('is exit 7 for %s', (reason, message) => {
    const error = stopped(reason, 'why');
    expect([error.exit, error.code]).toEqual([7, reason]);
    expect(error.message).toMatch(message);
  });

  it.each([
    [500, true, false],
    [422, true, true],
    [405, true, true],
    [404, true, false],
    [422, false, false],
    [0, true, false],
  ])(
    'is exit 7 for what was not answered (%i), with the way to do without if that can help (there is one: %s)',
    (status, hasOffline, can) => {
      const unread = new Unread('page 1 of the list of numbers: HTTP 500', status);
      const error = readingError(unread, createStop(), hasOffline) as CommandError;
      expect([error.exit, error.code]).toEqual([7, 'account_not_read']);
      expect(error.message).toContain('(page 1 of the list of numbers: HTTP 500), and nothing was sent');
      expect(error.message.includes('--offline')).toBe(can);
    },
  );

  it('leaves any other error as it is', () => {
    const stop = createStop();
    stop.ask('signal', 'SIGINT');
    for (const error of [new Error('ENOSPC'), 'SIGTERM', new CommandError(7, 'other_account', 'x')]) {
      expect(readingError(error, stop)).toBe(error);
    }
    const bare = new Stopped();
    expect(readingError(bare, createStop())).toBe(bare);
  });
});

describe('the account of a run', () => {
  it.each<[string | null, string | null, boolean]>([
    ['org-1', 'org-1', true],
    ['org-1', 'org-2', false],
    ['org-1', null, true],
    [null, 'org-2', true],
    [null, null, true],
  ])('that began in %s may go on in %s: %s', (known, seen, expected) => {
    const run = makeRun(tempDir(), 1, { organization_id: known });
    const check = () => checkOrganization(run, of(seen));
    if (expected) expect(check).not.toThrow();
    else expect(check).toThrow(/was started in organization org-1, and that of this key is org-2: nothing was sent/);
  });

  it('is noted with the key that has shown it, once', async () => {
    const { invoke, sandbox } = await accountOf();
    const given = makeRun(tempDir(), 1);
    const noted = recordAccount(given, of('org-1'), { ...invoke(), key: KEY });
    const sha256 = keyDigest(sandbox.url, KEY);
    expect(noted.manifest).toEqual({ ...given.manifest, organization_id: 'org-1', key_sha256: sha256 });
    expect(loadManifest(given.dir)).toEqual(noted.manifest);
    expect(recordAccount(noted, of('org-1'), { ...invoke(), key: KEY })).toBe(noted);
    // If no number has shown its organization, nothing new is known.
    expect(recordAccount(noted, of(null), { ...invoke(), key: KEY })).toBe(noted);
    const other = recordAccount(noted, of('org-1'), { ...invoke(), key: `${KEY}2` });
    expect(loadManifest(given.dir)).toMatchObject({
      organization_id: 'org-1',
      key_sha256: keyDigest(sandbox.url, `${KEY}2`),
    });
    expect(() => recordAccount(other, of('org-2'), { ...invoke(), key: KEY })).toThrow(CommandError);
    expect(loadManifest(given.dir)).toEqual(other.manifest);
  });

  it('is not recorded without a key', async () => {
    const { invoke } = await accountOf();
    const run = makeRun(tempDir(), 1);
    expect(recordAccount(run, of('org-1'), { ...invoke(), key: null })).toBe(run);
  });
});

async function* rows(numbers: number[]) {
  yield numbers.map((n) => ({ id: id(n), phoneNumber: '' }));
}

describe('openAccess', () => {
  it('reads under the key and the settings of the run, and keeps count', async () => {
    const { sandbox, invoke, stop } = await accountOf({ key: KEY });
    const run = makeRun(tempDir(), 1);
    const reader = await openAccess(run, invoke(), { stop, recorded: true });
    const { account, reading } = await readNumbers(reader, () => rows([1, 2, 99]), []);
    await reader.close();
    expect([1, 2, 99].map((n) => account.stateOf({ id: id(n), phoneNumber: '' }).state)).toEqual([
      'found',
      'found',
      'absent',
    ]);
    expect(account.stateOf({ id: id(1), phoneNumber: '' })).toMatchObject({
      shown: { profile: profile(2), product: 'A2P' },
    });
    expect(reading).toEqual({ how: expect.stringContaining('Read 3 numbers in '), total: 10 });
    const reads = sandbox.requests().length;
    expect(await ledgerOf(run)).toMatchObject([
      { type: 'session_started', pid: process.pid },
      { type: 'session_ended', stop: null, requests: { total: reads, reads, writes: 0 } },
    ]);
    expect(existsSync(runFiles(run.dir).log)).toBe(true);
  });

  it('leaves the ledger alone if it is not recorded', async () => {
    const { invoke, stop } = await accountOf();
    const run = makeRun(tempDir(), 1);
    const reader = await openAccess(run, invoke(), { stop, recorded: false });
    await readNumbers(reader, () => rows([1]), []);
    await reader.close();
    expect(existsSync(runFiles(run.dir).ledger)).toBe(false);
  });

  it.each(['log', 'ledger'] as const)('stops the sandbox if the %s cannot be opened', async (file) => {
    const { run } = await (await accountOf()).plan(moves([1]), { sandbox: 'true' });
    const { invoke, stop } = await accountOf();
    rmSync(runFiles(run.dir)[file]);
    mkdirSync(runFiles(run.dir)[file]);
    const servers = async () => {
      // One that has been closed is gone a turn later.
      await new Promise((done) => setTimeout(done, 20));
      return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
    };
    const before = await servers();
    await expect(openAccess(run, { ...invoke(), key: null }, { stop, recorded: true })).rejects.toThrow(
      'is a directory',
    );
    expect(await servers()).toBe(before);
  });

  it('logs what failed, without the key', async () => {
    const { invoke, stop } = await accountOf({ key: 'KEYanother', quoteKey: true });
    const run = makeRun(tempDir(), 1);
    const reader = await openAccess(run, invoke(), { stop, recorded: true });
    await expect(readNumbers(reader, () => rows([1]), [])).rejects.toBeInstanceOf(Stopped);
    await reader.close();
    const log = readFileSync(runFiles(run.dir).log, 'utf8');
    expect(log).toContain('"event":"attempt.failed"');
    expect(log).toContain('"http_status":401');
    expect(log).not.toContain(KEY);
    expect((await ledgerOf(run)).at(-1)).toMatchObject({ stop: 'key_refused' });
  });

  it.each<[string, RawSettings, number, boolean]>([
    ['that take long', { rate: '5' }, 100, true],
    ['that are soon over', { rate: '5' }, 14, false],
    ['that nothing paces', {}, 10_000, false],
    ['of a quiet run', { rate: '5', quiet: 'true' }, 100, false],
    ['of a run for scripts', { rate: '5', json: 'true' }, 100, false],
  ])('announces reads %s: %j, %i calls', async (_, flags, calls, expected) => {
    const { invoke, stop, context } = await accountOf();
    const reader = await openAccess(makeRun(tempDir(), 1), invoke(flags), { stop, recorded: true });
    reader.onChoice('by name', calls);
    await reader.close();
    expect(printed(context.stderr)).toBe(
      expected ? 'Reading the numbers by name: 100 requests, about 20s at 5/s\n' : '',
    );
    expect(printed(context.stdout)).toBe('');
  });
});
