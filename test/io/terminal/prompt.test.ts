import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { askYesNo } from '../../../src/io/terminal/prompt.ts';
import { runModule } from '../../support/io/child.ts';

/** Asks, and returns the answer and what was printed. */
async function ask(input: NodeJS.ReadableStream, signal?: AbortSignal) {
  const output = new PassThrough();
  const answer = await askYesNo('Send 3 changes? [y/N] ', output, input, signal);
  return { answer, printed: String(output.read() ?? '') };
}

function typed(text: string): PassThrough {
  const input = new PassThrough();
  input.write(text);
  return input;
}

describe('askYesNo', () => {
  it.each(['y\n', 'Y\n', 'yes\n', 'YES\r\n', '  yes \n', 'y\nno\n'])('%j is a yes', async (text) => {
    expect(await ask(typed(text))).toEqual({ answer: true, printed: 'Send 3 changes? [y/N] ' });
  });

  it.each([
    'n\n',
    'no\n',
    '\n',
    ' \n',
    'yess\n',
    'ye\n',
    'yy\n',
    'ja\n',
    'y n\n',
    '\u0000y\n',
    '1\n',
    'true\n',
    'no\ny\n',
  ])('%j is a no', async (text) => {
    expect((await ask(typed(text))).answer).toBe(false);
  });

  it('waits for a line that comes later and in pieces', async () => {
    const input = new PassThrough();
    const asked = ask(input);
    input.write('ye');
    await new Promise((resolve) => setImmediate(resolve));
    input.write('s\n');
    expect((await asked).answer).toBe(true);
  });

  it('takes the end of the input for a no', async () => {
    const input = new PassThrough();
    const asked = ask(input);
    input.end();
    expect((await asked).answer).toBe(false);
  });

  it('returns null if the input has ended or is gone, instead of waiting for ever', async () => {
    const ended = new PassThrough();
    ended.end();
    await finished(ended.resume());
    expect((await ask(ended)).answer).toBeNull();
    const gone = new PassThrough();
    gone.destroy();
    expect(await ask(gone)).toEqual({ answer: null, printed: '' });
  });

  it('takes a terminal that goes away for a no', async () => {
    const input = new PassThrough();
    const asked = ask(input);
    input.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
    expect((await asked).answer).toBe(false);
  });

  it('is ended by a signal, also by one that came before', async () => {
    const controller = new AbortController();
    const asked = ask(new PassThrough(), controller.signal);
    controller.abort();
    expect((await asked).answer).toBe(false);
    expect(await ask(typed('y\n'), controller.signal)).toEqual({ answer: false, printed: '' });
  });

  it('releases the input', async () => {
    const input = typed('n\n');
    await ask(input);
    expect(input.destroyed).toBe(false);
    expect((await ask(typed('y\n'))).answer).toBe(true);
    expect(input.listenerCount('data')).toBe(0);
  });

  it.skipIf(spawnSync('script', ['--version']).status !== 0)(
    'asks on the terminal where the input is taken, and then lets the process end',
    async () => {
      for (const [typed, answer] of [
        ['yes\n', true],
        ['no\n', false],
      ] as const) {
        const { stdout } = await runModule(
          `const { askYesNo } = await import(io('terminal/prompt.ts'));
         console.log('answer: ' + (await askYesNo('Send? ', process.stderr, 'tty')));`,
          { typed },
        );
        expect(stdout).toContain('Send? ');
        expect(stdout).toContain(`answer: ${answer}`);
      }
    },
  );

  it('returns null if there is no terminal', async () => {
    const { stdout } = await runModule(
      `const { askYesNo } = await import(io('terminal/prompt.ts'));
       console.log(await askYesNo('Send? ', process.stderr, 'tty'));`,
      { detached: true },
    );
    expect(stdout).toBe('null\n');
  });
});
