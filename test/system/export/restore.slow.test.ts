import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { valuesOf } from '../../support/program/account.ts';
import { CLI } from '../../support/program/paths.ts';
import { run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { pasteInShell, start } from '../../support/program/start.ts';
import { numberId, OTHER, PROFILE, summaryOf, THIRD, until, workDirectory } from '../../support/program/workspace.ts';

const NUMBERS = 20_000;

/** Returns whole numbers below a limit, the same ones in every test. */
function createRandom() {
  let state = 17;
  return (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
}

describe('an export of 20,000 numbers', () => {
  it('takes 81 requests, sends nothing if it is applied, and restores the account after any moves', async () => {
    const cwd = workDirectory();
    const random = createRandom();
    const targets = [OTHER, PROFILE, THIRD, null];
    const profile = () => targets[random(targets.length)] as string | null;
    const numbers = Array.from({ length: NUMBERS }, (_, at) => ({
      id: numberId(at + 1),
      messaging_profile_id: profile(),
      messaging_product: random(3) === 0 ? 'P2P' : 'A2P',
    }));
    const { sandbox, flags } = await readingApi({ numbers });
    const before = valuesOf(sandbox.snapshot());
    const exported = await run(cwd, ['export', 'all.csv', ...flags.filter((flag) => flag !== '--yes')]);
    expect({ exit: exported.exit, requests: sandbox.requests().length }).toEqual({ exit: 0, requests: 81 });
    const writes = () => sandbox.requests().filter(({ method }) => method === 'PATCH').length;

    const asItIs = await run(cwd, ['apply', 'all.csv', ...flags, '--allow-unassign']);
    expect({ exit: asItIs.exit, writes: writes() }).toEqual({ exit: 0, writes: 0 });

    for (let round = 0; round < 3; round++) {
      for (const { id } of numbers) {
        sandbox.edit({ id, messaging_profile_id: profile() });
        if (random(2) === 0) sandbox.edit({ id, messaging_product: random(2) === 0 ? 'P2P' : 'A2P' });
      }
    }
    expect(valuesOf(sandbox.snapshot())).not.toEqual(before);

    const restored = await run(cwd, ['apply', 'all.csv', ...flags, '--allow-unassign']);
    expect({ exit: restored.exit, failed: summaryOf(cwd).counts.failed }).toEqual({ exit: 0, failed: 0 });
    expect(valuesOf(sandbox.snapshot())).toEqual(before);
  });
});

describe('an export', () => {
  it('ends quietly if its reader has seen enough', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 20_000 });
    const command = `${process.execPath} ${CLI} export --base-url ${sandbox.url} ${flags.slice(2, -1).join(' ')}`;
    const { stdout, stderr } = await pasteInShell(cwd, `${command} | head -n 2`);
    expect(stdout).toMatch(/^phone_number_id,.*\n.*\n$/);
    expect(stderr).not.toMatch(/EPIPE|internal/);
    expect(stderr).toContain('Wrote 20,000 numbers to standard output');
  });

  it.runIf(process.platform === 'linux')('says that standard output is on a full disk', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 300 });
    const command = `${process.execPath} ${CLI} export --base-url ${sandbox.url} ${flags.slice(2, -1).join(' ')}`;
    const { stdout, stderr } = await pasteInShell(cwd, `${command} > /dev/full; echo exit $?`);
    expect(stdout).toBe('exit 1\n');
    expect(stderr).toMatch(/^Could not write standard output: ENOSPC .*What is there is not complete\.$/m);
    expect(stderr).not.toContain('Wrote');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('that %s stops leaves no file', async (signal, code) => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 5000, latencyMs: 200 });
    const reading = flags.filter((flag) => flag !== '--yes');
    const { child, ended } = start(cwd, ['export', 'all.csv', ...reading, '--concurrency', '1']);
    await until(() => sandbox.requests().length > 2);
    child.kill(signal);
    const { exit, stderr } = await ended;
    expect({ exit, files: readdirSync(cwd) }).toEqual({ exit: code, files: [] });
    expect(stderr).toContain(`Stopped by ${signal} while reading the account; nothing was written.`);
  });
});
