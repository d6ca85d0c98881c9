import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blindRepeats, isMoved, writesTo } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import {
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  summaryOf,
  until,
  workDirectory,
  writeLines,
} from '../../support/program/workspace.ts';

const ROWS = 60;

/** A run of the built program, half of whose rows go to each of two profiles. */
async function atWork() {
  const { sandbox, flags } = await api({ numbers: ROWS });
  const cwd = workDirectory();
  const rows = Array.from({ length: ROWS }, (_, at) => `${numberId(at + 1)},${at % 2 === 0 ? PROFILE : OTHER}`);
  const input = writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows]);
  const slow = flags.filter((flag) => flag !== 'off' && flag !== '--rate');
  const started = start(cwd, ['apply', input, ...slow, '--rate', '20']);
  await until(() => writesTo(sandbox).length > 4);
  return { sandbox, cwd, started };
}

const COMMANDS: [words: string[], kept: object][] = [
  [['pause'], {}],
  [['rate', '45'], { rate: '45' }],
  [['concurrency', '3'], { concurrency: '3' }],
  [['max-failures', '7%'], { max_failures: '7%' }],
  [['hold', OTHER], {}],
  [['drain'], {}],
];

describe('a run that is killed right after a command', () => {
  it.each(COMMANDS)('%j is resumed, and has what was changed', async (words, kept) => {
    const { sandbox, cwd, started } = await atWork();
    const dir = lastRun(cwd);
    const { exit } = await start(cwd, ['ctl', dir, ...words]).ended;
    started.child.kill('SIGKILL');
    await started.ended;
    expect(exit).toBe(0);
    const ledger = readFileSync(join(cwd, dir, 'ledger.ndjson'), 'utf8');
    expect(ledger).toContain(`"command":"${words[0]}"`);
    expect(manifestOf(cwd, dir).settings).toMatchObject(kept);
    const gone = await run(cwd, ['ctl', dir, 'pause']);
    expect(gone.exit).toBe(8);
    expect(gone.stderr).toContain('Next: ');
    const resumed = start(cwd, ['resume', dir, '--rate', '20']);
    if (words[0] === 'hold') {
      await until(() => resumed.output().includes(`Rows to ${OTHER} are held by `));
      await until(() => existsSync(join(cwd, dir, 'control.json')));
      expect((await run(cwd, ['ctl', dir, 'release', OTHER])).exit).toBe(0);
    }
    expect(await resumed.ended).toMatchObject({ exit: 0 });
    if (words[0] === 'pause') expect(resumed.output()).toMatch(/The run was paused by \S.* at \S+\. It goes on now\./);
    expect(summaryOf(cwd, dir).counts).toMatchObject({ updated: ROWS });
    expect(blindRepeats(sandbox)).toEqual([]);
  });

  it('can be steered again by the session that resumes it', async () => {
    const { sandbox, cwd, started } = await atWork();
    const dir = lastRun(cwd);
    started.child.kill('SIGKILL');
    await started.ended;
    const before = writesTo(sandbox).length;
    const resumed = start(cwd, ['resume', dir, '--rate', '10']);
    await until(() => writesTo(sandbox).length > before + 2);
    expect((await run(cwd, ['ctl', dir, 'rate', '50'])).stdout).toContain('rate: 10 -> 50');
    expect(await resumed.ended).toMatchObject({ exit: 0 });
    expect(isMoved(sandbox, 1)).toBe(true);
  });
});
