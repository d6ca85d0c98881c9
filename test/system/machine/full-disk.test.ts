import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { webhook } from '../../support/io/webhook.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { runPreloaded } from '../../support/program/start.ts';
import { lastRun, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

describe('a disk that is full when the results are written', () => {
  it('loses nothing: the ledger is kept, and the printed command makes the results', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api();
    const { env, lines } = await webhook();
    const { exit, stderr } = await runPreloaded('full-results.mjs', cwd, ['apply', writeInput(cwd, 5), ...flags], env);
    await sandbox.close();
    expect(exit).toBe(1);
    expect(lines().at(-1)).toMatch(/exit 1 \(internal\)\. Could not write the result files: ENOSPC.*Next: .* resume /);
    expect(stderr).toContain('ENOSPC');
    expect(stderr).not.toContain('    at ');
    const next = /After fixing that: (.*)$/m.exec(stderr)?.[1] as string;
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 5, unverified: 0 });
  });

  it('says so as one JSON object too, and ends with the sandbox in the process', async () => {
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 3), '--sandbox', '--rate', 'off', '--yes', '--json'];
    const { exit, stdout } = await runPreloaded('full-results.mjs', cwd, args);
    expect(exit).toBe(1);
    const { next_command: next, error } = JSON.parse(stdout) as { next_command: string; error: { message: string } };
    expect(error.message).toContain('ENOSPC');
    expect(next).toContain('resume');
  });
});

describe('what a variable turns on', () => {
  it('is said aloud when it makes a live run do nothing', async () => {
    const cwd = workDirectory();
    const env = { TELNYX_REASSIGN_DRY_RUN: 'true' };
    const { exit, stderr } = await run(cwd, ['apply', writeInput(cwd, 2), '--offline', '--yes'], { env });
    expect(exit).toBe(0);
    expect(stderr).toContain('TELNYX_REASSIGN_DRY_RUN is set: nothing is sent to the account');
    expect(summaryOf(cwd).warnings).toEqual(['TELNYX_REASSIGN_DRY_RUN is set: nothing is sent to the account']);
  });
});

describe('apply RUN_DIR', () => {
  it('shows what the saved plan comes to before it sends', async () => {
    const cwd = workDirectory();
    await run(cwd, ['plan', writeInput(cwd, 2), '--sandbox']);
    const { exit, stderr } = await run(cwd, ['apply', lastRun(cwd), '--yes', '--rate', 'off']);
    expect(exit).toBe(0);
    expect(stderr).toContain('2 rows: 2 to change, 0 unchanged, 0 rejected, 0 duplicates');
    expect(stderr).toMatch(/2 {2}profile \S+-00000000ffff \(Before\)\n +-> \S+-000000000002 \(Target 1\)/);
    expect(readFileSync(join(cwd, lastRun(cwd), 'run.json'), 'utf8')).toContain('"state": "finished"');
  });
});
