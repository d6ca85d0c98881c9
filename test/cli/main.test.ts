import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { loadRuns, runFiles } from '../../src/io/run/directory.ts';
import { isLocked } from '../../src/io/run/lock.ts';
import { accountOf, moves } from '../support/app/accounts.ts';
import { contextOf } from '../support/app/contexts.ts';
import { KEY } from '../support/app/sources.ts';
import { tempDir } from '../support/temp.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A working directory with an input of three rows, and the commands that are run there. */
function place(url = '') {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'in.csv'), moves([1, 2, 3]));
  return async (...args: string[]) => {
    const env = { TELNYX_API_KEY: KEY, XDG_STATE_HOME: join(cwd, 'state') };
    const context = contextOf(env, cwd);
    const exit = await main(url === '' ? args : [...args, '--base-url', url], context);
    const text = (stream: NodeJS.ReadableStream) => stream.read()?.toString() ?? '';
    const handlers = SIGNALS.reduce((sum, name) => sum + context.signals.listenerCount(name), 0);
    return { cwd, exit, stdout: text(context.stdout as never), stderr: text(context.stderr as never), handlers };
  };
}

describe('main', () => {
  it('prints version and help on the stream that it is given', async () => {
    const run = place();
    expect(await run('--version')).toMatchObject({ exit: 0, stdout: '0.1.0\n', stderr: '' });
    const help = await run('apply', '--help');
    expect(help).toMatchObject({ exit: 0, stderr: '' });
    expect(help.stdout).toContain('--max-changes');
  });

  it('reports an error of usage in words, or as one JSON object', async () => {
    const run = place();
    const words = await run('aply');
    expect(words).toMatchObject({ exit: 2, stdout: '' });
    expect(words.stderr).toContain('did you mean apply?');
    const json = await run('aply', '--json');
    expect(json).toMatchObject({ exit: 2, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 2, error: { code: 'usage' } });
  });

  it('releases locks and removes signal handlers when a command ends', async () => {
    const { sandbox } = await accountOf();
    const run = place(sandbox.url);
    const first = await run('apply', 'in.csv', '--yes', '--rate', 'off');
    expect(first).toMatchObject({ exit: 0, handlers: 0 });
    expect(first.stdout).toContain('  3  updated\n');
    const [made] = loadRuns(join(first.cwd, 'runs')).runs;
    expect(await isLocked(runFiles(made?.dir ?? '').lock)).toBe(false);
    // The lock of the account is free too, or this one would be refused with exit 9.
    expect(await run('apply', 'in.csv', '--yes', '--rate', 'off')).toMatchObject({ exit: 0, handlers: 0 });
  });
});
