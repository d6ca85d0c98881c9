import { describe, expect, it } from 'vitest';
import { writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

describe('--finish-by', () => {
  it.each([
    ['a time', () => new Date(Date.now() + 1500).toISOString()],
    ['a span', () => '+1s'],
  ])('%s pauses with 10 when it is over, and the printed command sends the others', async (_what, time) => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const fast = flags.map((flag) => (flag === 'off' ? '15' : flag));
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 40), '--finish-by', time(), ...fast]);
    expect(exit).toBe(10);
    const { counts, state, next_command: next } = summaryOf(cwd);
    expect(state).toBe('paused');
    expect(counts.updated).toBe(writesTo(sandbox).length);
    expect(counts.unprocessed).toBeGreaterThan(0);
    expect((await paste(cwd, next as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(40);
  });
});
