import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEveryTest } from '../after-test.ts';

const children = new Set<ChildProcess>();

afterEveryTest(() => {
  for (const child of children) child.kill('SIGKILL');
});

export type Ended = { code: number | null; stdout: string; stderr: string };

type Options = {
  /** Becomes the only limit on the size of files that the child writes, in blocks of 512 bytes. */
  fileBlocks?: number;
  /** Without a terminal, even if the tests are run on one. */
  detached?: boolean;
  /** A stream of the child that is not read from the start. */
  deafTo?: 'stderr';
  /** What is typed on a terminal that the child gets; it needs the command `script`. */
  typed?: string;
};

/**
 * A running child. `said` resolves when standard output contains the text, and rejects if the child ends without it.
 */
export type Started = { child: ChildProcess; ended: Promise<Ended>; said: (text: string) => Promise<void> };

/**
 * Starts code in a process of its own, for what a test cannot do to itself: full disks, closed streams, no terminal, a
 * sudden death. The code is an ES module in which `io` returns the URL of a file of src/io. Its standard input stays
 * open.
 */
export function startModule(code: string, { fileBlocks, detached = false, deafTo, typed }: Options = {}): Started {
  const io = `const io = (name) => ${JSON.stringify(`file://${join(import.meta.dirname, '../../../src/io')}/`)} + name;\n`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', io + code];
  const limited = ['/bin/sh', '-c', `ulimit -f ${fileBlocks}; exec "$@"`, 'sh', ...node];
  const onTerminal = ['script', '-qec', 'exec "$NODE" --import tsx --input-type=module -e "$CODE"', '/dev/null'];
  const [file = '', ...args] = typed !== undefined ? onTerminal : fileBlocks !== undefined ? limited : node;
  const child = spawn(file, args, {
    detached,
    env: { ...process.env, TSX_DISABLE_CACHE: '1', NODE: process.execPath, CODE: io + code },
  });
  // A child that has ended reads nothing more.
  child.stdin.on('error', () => undefined);
  if (typed !== undefined) child.stdin.write(typed);
  children.add(child);
  if (deafTo !== undefined) child[deafTo].destroy();
  const output: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.on('data', (text) => {
    output.stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      children.delete(child);
      resolve({ ...output, code });
    });
  });
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (output.stdout.includes(text)) resolve();
      };
      look();
      child.stdout.on('data', look);
      void ended.then(({ stderr }) => reject(new Error(`ended without saying ${text}: ${stderr}`)));
    });
  return { child, ended, said };
}

/** Runs code in a process of its own to its end, as `startModule` does. */
export function runModule(code: string, options: Options = {}): Promise<Ended> {
  const { child, ended } = startModule(code, options);
  // A terminal stays open behind what is typed.
  if (options.typed === undefined) child.stdin?.end();
  return ended;
}
