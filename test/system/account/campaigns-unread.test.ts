import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { afterEveryTest } from '../../support/after-test.ts';
import { campaignReads, linesOf, phone, upTo, world } from '../../support/program/campaigns.ts';
import { run } from '../../support/program/run.ts';
import {
  lastRun,
  numberId,
  PROFILE,
  runDirs,
  summaryOf,
  workDirectory,
  writeLines,
} from '../../support/program/workspace.ts';
import { takeRun } from '../../support/queue/fake-worker.ts';
import { startRedis } from '../../support/queue/redis-server.ts';
import { tempDir } from '../../support/temp.ts';

describe('campaigns that cannot be read', () => {
  it.each([
    ['no such endpoint', ['404@campaigns', '404@campaign'], 'HTTP 404 10005 Resource not found'],
    ['a key that may not read them', ['402@campaigns', '402@campaign'], 'HTTP 402'],
    ['a service that is down', ['503-bare@campaigns', '503-bare@campaign'], 'HTTP 503'],
    ['a login page', ['login-html@campaigns', 'login-html@campaign'], 'HTTP'],
  ])('are unknown with a warning, and end nothing, even with --strict: %s', async (_, faults, why) => {
    const { cwd, apply, command } = await world(5, { readFaults: faults });
    const ended = await apply('--strict');
    expect(ended.exit).toBe(0);
    const { campaigns, warnings, counts } = summaryOf(cwd);
    expect(counts.updated).toBe(5);
    expect(campaigns).toEqual({ read: 5, unchanged: 0, lost: 0, changed: 0, unknown: 5 });
    expect(warnings).toEqual([expect.stringContaining(`the 10DLC campaign of 5 numbers is unknown: ${why}`)]);
    expect(linesOf(cwd).every((line) => /^\+1\d+,,,,,$/.test(line))).toBe(true);
    expect((await command('verify', lastRun(cwd))).exit).toBe(0);
  });

  it('are not unknown for a list that only informs and asks to wait, because it is read after them', async () => {
    const { sandbox, command } = await world(5);
    expect((await command('plan', 'numbers.csv', '--campaigns')).exit).toBe(0);
    const paths = sandbox.requests().map(({ path }) => path);
    const [campaigns, optOuts] = [/10dlc/, /optouts/].map((what) => paths.findIndex((path) => what.test(path)));
    expect(campaigns).toBeGreaterThan(0);
    expect(optOuts).toBeGreaterThan(campaigns as number);
  });

  it('are unknown afterwards only', async () => {
    const { sandbox, cwd, command } = await world(5);
    expect((await command('plan', 'numbers.csv', '--campaigns')).exit).toBe(0);
    const later = await world(5, { readFaults: ['503-bare@campaigns', '503-bare@campaign'] });
    const manifest = join(cwd, lastRun(cwd), 'run.json');
    const text = readFileSync(manifest, 'utf8').replaceAll(sandbox.url, later.sandbox.url);
    writeFileSync(manifest, text);
    expect((await run(cwd, ['apply', lastRun(cwd), '--yes', '--base-url', later.sandbox.url])).exit).toBe(0);
    expect(summaryOf(cwd).campaigns).toMatchObject({ read: 5, unknown: 5 });
    expect(linesOf(cwd)[0]).toMatch(/,ASSIGNED,,,$/);
  });

  it('are left alone if a spreadsheet has saved campaigns.csv', async () => {
    const { cwd, apply, command } = await world(3);
    expect((await apply()).exit).toBe(0);
    const path = join(cwd, lastRun(cwd), 'campaigns.csv');
    const saved = readFileSync(path, 'utf8').replaceAll('+1', '1').replaceAll('\n', '\r\n');
    writeFileSync(path, saved);
    const { exit, stderr } = await command('verify', lastRun(cwd));
    expect(exit).toBe(0);
    expect(stderr).toMatch(/could not be compared: a line of campaigns\.csv is not as it was written: "1/);
    expect(readFileSync(path, 'utf8')).toBe(saved);
  });

  it('are left alone if campaigns.csv is gone', async () => {
    const { cwd, apply, command } = await world(3);
    expect((await apply('--stop-after', '1')).exit).toBe(10);
    rmSync(join(cwd, lastRun(cwd), 'campaigns.csv'));
    expect((await command('resume', lastRun(cwd))).exit).toBe(0);
    rmSync(join(cwd, lastRun(cwd), 'campaigns.csv'), { force: true });
    const verified = await command('verify', lastRun(cwd));
    expect(verified.exit).toBe(0);
    expect(verified.stderr).toContain('campaigns.csv is gone, so the 10DLC campaigns cannot be compared');
  });
});

describe('--campaigns is refused', () => {
  it('where there is nothing to compare with', async () => {
    const { cwd, command } = await world(3);
    const input = await command('verify', 'numbers.csv', '--campaigns');
    expect(input).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('verify --campaigns needs a run directory'),
    });
    const offline = await command('plan', 'numbers.csv', '--campaigns', '--offline');
    expect(offline).toMatchObject({ exit: 2, stderr: expect.stringContaining('leave out --offline') });
    expect(runDirs(cwd)).toEqual([]);
    await command('apply', 'numbers.csv', '--yes');
    const without = await command('verify', lastRun(cwd), '--campaigns');
    expect(without).toMatchObject({ exit: 2, stderr: expect.stringContaining('made without --campaigns') });
  });
});

describe('--campaigns with --queue', () => {
  it('reads and compares them where the run is planned and followed', async () => {
    const redis = await startRedis(tempDir());
    afterEveryTest(redis.remove);
    const { sandbox, cwd, apply, command } = await world(3);
    const applied = apply('--queue', redis.url);
    const first = await takeRun(redis.url);
    afterEveryTest(first.close);
    await first.update([1, 2, 3]);
    sandbox.edit({ id: numberId(2), campaign: null });
    await first.end();
    expect(await applied).toMatchObject({ exit: 0 });
    expect(summaryOf(cwd).campaigns).toEqual({ read: 3, unchanged: 2, lost: 1, changed: 0, unknown: 0 });
    expect((await apply('--queue', redis.url, '--detach', '--name', 'again')).exit).toBe(0);
    expect(summaryOf(cwd).campaigns).toMatchObject({ read: 3, lost: 0 });
    const second = await takeRun(redis.url);
    afterEveryTest(second.close);
    await second.update([1, 2, 3]);
    sandbox.edit({ id: numberId(3), campaign: null });
    await second.end();
    expect((await command('resume', lastRun(cwd), '--queue', redis.url, '--strict')).exit).toBe(4);
    expect(summaryOf(cwd).campaigns).toMatchObject({ read: 3, unchanged: 2, lost: 1 });
    expect((await apply('--queue', redis.url, '--detach', '--name', 'no-key')).exit).toBe(0);
    const third = await takeRun(redis.url);
    afterEveryTest(third.close);
    await third.update([1, 2, 3]);
    await third.end();
    const keyless = await run(cwd, ['resume', lastRun(cwd), '--base-url', sandbox.url, '--queue', redis.url], {
      key: null,
    });
    expect(keyless).toMatchObject({ exit: 0, stderr: expect.stringContaining('there is no API key here') });
  });
});

describe('a run with --campaigns that stops', () => {
  it.each([
    ['reads them after too many failures', ['422*3'], ['--max-failures', '1', '--concurrency', '1'], 6, 2],
    ['reads them after a trial, whatever a failure would do', [], ['--stop-after', '2', '--undo-on-failure'], 10, 2],
    [
      'does not read them if an undo follows',
      [`422@${numberId(3)}`, `422@${numberId(4)}`],
      ['--max-failures', '1', '--concurrency', '1', '--undo-on-failure'],
      6,
      1,
    ],
    ['does not read them after a refused key', ['402*1'], ['--concurrency', '1'], 7, 1],
  ])('%s', async (_, writeFaults, flags, exit, reads) => {
    const { sandbox, apply } = await world(8, { writeFaults });
    expect((await apply(...flags)).exit).toBe(exit);
    expect(campaignReads(sandbox)).toHaveLength(reads);
  });
});

describe('--campaigns in the sandbox of a run', () => {
  it('reads those of the sandbox', async () => {
    const cwd = workDirectory();
    writeLines(cwd, [
      'phone_number_id,phone_number,messaging_profile_id',
      ...upTo(3, (n) => `${numberId(n)},${phone(n)},${PROFILE}`),
    ]);
    expect((await run(cwd, ['apply', 'numbers.csv', '--sandbox', '--yes', '--campaigns', '--rate', 'off'])).exit).toBe(
      0,
    );
    expect(summaryOf(cwd).campaigns).toMatchObject({ read: 3, unchanged: 3 });
    expect((await run(cwd, ['verify', lastRun(cwd)])).stdout).toContain('10DLC campaigns of 3 numbers: 3 unchanged');
  });
});
