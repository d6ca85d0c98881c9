import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/app/errors.ts';
import { recordedAccount } from '../../../src/app/planning/plan-run.ts';
import { keyDigest } from '../../../src/app/run/state-directory.ts';
import { loadManifest, loadRuns, runFiles } from '../../../src/io/run/directory.ts';
import { parseFault } from '../../../src/sandbox/server.ts';
import { accountOf, entriesOf, ledgerOf, moves, numbersOf, type Place } from '../../support/app/accounts.ts';
import { id, profile } from '../../support/app/plans.ts';
import { KEY } from '../../support/app/sources.ts';

const dirsIn = (runsDir: string) => loadRuns(runsDir).runs.map(({ dir }) => dir);

/** How planning was refused, and what remained of the run. */
async function refused(place: Place, planned: Promise<unknown>) {
  const error = await planned.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CommandError)) throw error;
  const { exit, code, message } = error;
  const [dir = ''] = dirsIn(place.invoke().settings.runs_dir);
  return { exit, code, message, dir, manifest: loadManifest(dir) };
}

describe('planRun', () => {
  it('saves what each number has, what would change, and whose account it is', async () => {
    const place = await accountOf({
      numbers: numbersOf(6, (n) => (n === 3 ? profile(1) : n === 4 ? null : profile(2))),
    });
    const { run, preview, account, warnings } = await place.plan(moves([1, 2, 3, 4]));
    expect(place.asked().PATCH).toBe(0);
    const entries = await entriesOf(run);
    expect(entries.map(({ action, profileBefore, productBefore }) => [action, profileBefore, productBefore])).toEqual([
      ['change', profile(2), 'A2P'],
      ['change', profile(2), 'A2P'],
      ['unchanged', profile(1), 'A2P'],
      ['change', 'UNASSIGN', 'A2P'],
    ]);
    expect(preview.actions).toEqual({ change: 3, unchanged: 1, rejected: 0, duplicate: 0, held: 0 });
    expect(warnings).toEqual([]);
    const { plan, ...rest } = loadManifest(run.dir);
    expect(run.manifest).toEqual({ ...rest, plan });
    expect(rest).toMatchObject({
      state: 'planned',
      organization_id: expect.stringMatching(/./),
      key_sha256: keyDigest(place.sandbox.url, KEY),
    });
    expect(plan).toMatchObject({ change: 3, unchanged: 1, held: 0, reading: account?.how });
    expect(account?.how).toBe(
      'Read 4 numbers in 1 request (from the list of all 6)\nestimated requests: 4 one by one, or 1 from the whole list',
    );
    expect(Math.abs(Date.parse(plan?.at as string) - Date.now())).toBeLessThan(30_000);
    expect(plan?.moves.map((move) => [move.count, move.profile_before, move.profile_target])).toEqual([
      [2, profile(2), profile(1)],
      [1, 'UNASSIGN', profile(1)],
    ]);
    expect(plan?.notes).toEqual(account?.notes);
    expect(account?.notes).toContain("50 % of the account's 6 numbers change");
    expect(account?.nameOf(profile(1))).toBe(place.sandbox.snapshot().profiles[0]?.name);
    expect(run.reading?.endedAt).toBeLessThanOrEqual(performance.now());
    expect(recordedAccount(run)).toMatchObject({ notes: account?.notes });
    expect(recordedAccount(run)?.nameOf(profile(2))).toBe(account?.nameOf(profile(2)));
  });

  it('records its requests in the ledger, as those of a session', async () => {
    const place = await accountOf();
    const { run } = await place.plan(moves([1, 2]));
    const entries = await ledgerOf(run);
    expect(entries.map(({ type }) => type)).toEqual(['session_started', 'session_ended']);
    const { GET } = place.asked();
    expect(entries.at(-1)).toMatchObject({ stop: null, requests: { total: GET, reads: GET, writes: 0 } });
  });

  it('has warnings', async () => {
    const place = await accountOf({
      profiles: [
        { id: profile(1), name: 'Support', webhook_url: null },
        { id: profile(2), name: 'Sales' },
      ],
    });
    const { warnings } = await place.plan(`id,profile_id,product\n${id(1)},${profile(1)},P2P\n`);
    expect(warnings).toEqual([
      'profile "Support" has no webhook URL: inbound messages and delivery reports go nowhere',
      '1 number goes from A2P to P2P and loses MMS',
    ]);
  });

  it('finds numbers by their phone numbers, and profiles by their names', async () => {
    const place = await accountOf({ profiles: [1, 2].map((n) => ({ id: profile(n), name: `Team ${n}` })) });
    const [phone, other] = place.sandbox
      .snapshot()
      .numbers.map(({ phone_number }) => phone_number)
      .slice(4, 6);
    const { run } = await place.plan(
      `phone_number,messaging_profile_name\n${phone},Team 1\n${other},team 1\n+18009999999,Team 1\n`,
    );
    expect((await entriesOf(run)).map((entry) => [entry.action, entry.reason, entry.id, entry.profileTarget])).toEqual([
      ['change', '', id(5), profile(1)],
      ['rejected', 'unknown_profile', id(6), ''],
      ['rejected', 'not_found', '', expect.any(String)],
    ]);
  });

  it('finds rows that mean the same number and the same profile by different names', async () => {
    const place = await accountOf({ profiles: [1, 2].map((n) => ({ id: profile(n), name: `Team ${n}` })) });
    const phones = place.sandbox.snapshot().numbers.map(({ phone_number }) => phone_number);
    const rows = [
      `${id(5)},,${profile(1)},`,
      `,${phones[4]},,Team 1`,
      '',
      `${id(6)},${phones[5]},,Team 1`,
      `,${phones[5]},${profile(2)},`,
      // Not the number of the first row: it has another phone number.
      `${id(5)},${phones[6]},${profile(1)},`,
    ];
    const { run, preview } = await place.plan(
      ['id,phone_number,profile_id,messaging_profile_name', ...rows, ''].join('\n'),
    );
    expect((await entriesOf(run)).map(({ id: one, action, reason }) => [one, action, reason])).toEqual([
      [id(5), 'change', ''],
      [id(5), 'duplicate', ''],
      [id(6), 'rejected', 'conflict'],
      [id(6), 'rejected', 'conflict'],
      [id(5), 'rejected', 'phone_number_mismatch'],
    ]);
    expect(preview.actions).toEqual({ change: 1, unchanged: 0, rejected: 3, duplicate: 1, held: 0 });
    expect(preview.rejections().map(({ row }) => row)).toEqual([3, 4, 5]);
    expect(run.manifest.input).toMatchObject({ rows: 5, blank_lines: 1 });
  });

  it('sends no request with --offline, nor if every row is rejected', async () => {
    const place = await accountOf();
    const offline = await place.plan(moves([1]), { offline: 'true' });
    const bad = await place.plan('id,profile_id\nx y,\n');
    const empty = await place.plan('id,profile_id\n');
    const badFile = await place.plan('id,b\n1,2\n');
    for (const { account, warnings, run } of [offline, bad, empty, badFile]) {
      expect([account, warnings, run.manifest.plan?.reading ?? null, run.reading]).toEqual([null, [], null, undefined]);
      expect(run.manifest).toMatchObject({ organization_id: null, key_sha256: null });
      expect(existsSync(runFiles(run.dir).ledger)).toBe(false);
      expect(recordedAccount(run)).toBeNull();
    }
    expect(badFile.run.manifest).toMatchObject({ state: 'planning', plan: null, fault: { code: 'missing_column' } });
    expect(place.sandbox.requests()).toEqual([]);
  });

  it('reads the sandbox without a key, and keeps its state for the next command', async () => {
    const place = await accountOf();
    const { run, account } = await place.plan(moves([1, 2]), { sandbox: 'true' });
    expect(account?.how).toContain('Read 2 numbers in ');
    expect(run.manifest).toMatchObject({ organization_id: null, key_sha256: null });
    expect(existsSync(runFiles(run.dir).sandbox)).toBe(true);
    expect(place.sandbox.requests()).toEqual([]);
  });

  it('is refused if the account cannot be read, and leaves no plan', async () => {
    const place = await accountOf({ readFaults: [parseFault('503-bare=1')] });
    const { exit, code, message, manifest, dir } = await refused(place, place.plan(moves([1])));
    expect([exit, code]).toEqual([7, 'account_not_read']);
    expect(message).toMatch(/^The account could not be read \(.*HTTP 503.*\), and nothing was sent\.$/);
    expect(manifest).toMatchObject({ state: 'planning', plan: null });
    expect((await ledgerOf({ dir })).at(-1)).toMatchObject({
      type: 'session_ended',
      requests: { reads: 2, retries: 1 },
    });
  });

  it('is refused if the key is refused twice', async () => {
    const place = await accountOf({ key: 'KEYanother-one' });
    const { exit, code, message, dir } = await refused(place, place.plan(moves([1])));
    expect([exit, code]).toEqual([7, 'key_refused']);
    expect(message).toMatch(/^The API refused the key: .* Nothing was sent\.$/);
    expect(place.asked().GET).toBe(2);
    expect((await ledgerOf({ dir })).at(-1)).toMatchObject({ stop: 'key_refused' });
  });

  it('ends with a signal that comes while it reads', async () => {
    const place = await accountOf({ latencyMs: 20 });
    const planned = place.plan(moves([1, 2, 3]), { concurrency: '1' });
    while (place.asked().GET === 0) await new Promise((done) => setTimeout(done, 2));
    place.stop.ask('signal', 'SIGINT');
    const { exit, code } = await refused(place, planned);
    expect([exit, code]).toEqual([130, 'signal']);
    expect(place.asked().PATCH).toBe(0);
  });

  it('throws the reason of a signal that has come when all has been read', async () => {
    const place = await accountOf();
    const controller = new AbortController();
    const origin = {
      plan: async () => {
        controller.abort('SIGTERM');
        controller.signal.throwIfAborted();
        throw new Error('not reached');
      },
    };
    await expect(place.plan(moves([1]), {}, origin, controller.signal)).rejects.toBe('SIGTERM');
  });
});
