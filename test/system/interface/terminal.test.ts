import { describe, expect, it } from 'vitest';
import { isMoved } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { api, readingApi } from '../../support/program/sandbox.ts';
import { lastRun, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

const ESCAPE = '\u001b[';

/** Starts a sandbox and returns a command on a terminal of 80 columns that has to ask before it sends. */
async function asking() {
  const { sandbox, flags } = await api();
  const cwd = workDirectory();
  const args = ['apply', writeInput(cwd, 3), ...flags.filter((flag) => flag !== '--yes')];
  const type = (input: string, env: Record<string, string> = {}) => run(cwd, args, { columns: 80, input, env });
  return { sandbox, cwd, type };
}

describe('a terminal', () => {
  it('is asked before anything is sent, and yes sends', async () => {
    const { sandbox, cwd, type } = await asking();
    const { exit, stderr } = await type('y\n');
    expect(exit).toBe(0);
    expect(stderr).toContain('[y/N]');
    expect(isMoved(sandbox, 3)).toBe(true);
    expect(summaryOf(cwd).counts.updated).toBe(3);
  });

  it.each(['n\n', '\n', ''])('sends nothing after the answer %j', async (answer) => {
    const { sandbox, type } = await asking();
    const { exit, stderr } = await type(answer);
    expect(exit).toBe(8);
    expect(stderr).toContain('[y/N]');
    expect(sandbox.requests()).toEqual([]);
  });

  it('shows colours unless NO_COLOR is set', async () => {
    const colours = { TERM: 'xterm-256color', COLORTERM: '' };
    const { type } = await asking();
    expect((await type('n\n', colours)).stdout).toContain(ESCAPE);
    expect((await type('n\n', { ...colours, NO_COLOR: '1' })).stdout).not.toContain(ESCAPE);
  });

  it('shows the warnings of a saved plan as those of a new one, on the stream that the plan is on', async () => {
    const { flags } = await readingApi({ numbers: 3 });
    const cwd = workDirectory();
    const args = ['plan', writeInput(cwd, 3), ...flags.filter((flag) => flag !== '--yes')];
    const terminal = { columns: 80, env: { TERM: 'xterm-256color', COLORTERM: '' } };
    expect((await run(cwd, args, terminal)).stderr).toContain(`${ESCAPE}1mwarning:${ESCAPE}22m`);
    const { stdout } = await run(cwd, ['apply', lastRun(cwd), '--dry-run'], terminal);
    expect(stdout).toContain(`${ESCAPE}1mwarning:${ESCAPE}22m`);
    expect(stdout).not.toContain('\\x1b');
    const plain = stdout.split('\n').map((line) => line.replaceAll(/\p{Cc}\[\d+m/gu, ''));
    expect(plain.filter((line) => line.length > 80 && !line.startsWith('Next: '))).toEqual([]);
  });
});
