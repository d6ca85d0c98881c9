import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

export type Ended = { code: number | null; stdout: string; stderr: string };

type Options = {
  /** Becomes the only limit on the size of files that the child writes, in blocks of 512 bytes. */
  fileBlocks?: number;
  /** Without a terminal even where the tests are run on one. */
  detached?: boolean;
  /** A stream of the child that nobody reads from the start. */
  deafTo?: 'stderr';
  /** What is typed on a terminal that the child gets; it needs the command `script`. */
  typed?: string;
};

/**
 * Runs code in a process of its own, for what a test cannot do to itself: full disks, closed streams, no terminal.
 * The code is an ES module in which `io` gives the URL of a file of src/io.
 */
export function runModule(code: string, { fileBlocks, detached = false, deafTo, typed }: Options = {}): Promise<Ended> {
  const io = `const io = (name) => ${JSON.stringify(`file://${join(import.meta.dirname, '../../src/io')}/`)} + name;\n`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', io + code];
  const limited = ['/bin/sh', '-c', `ulimit -f ${fileBlocks}; exec "$@"`, 'sh', ...node];
  const onTerminal = ['script', '-qec', 'exec "$NODE" --import tsx --input-type=module -e "$CODE"', '/dev/null'];
  const [file = '', ...args] = typed !== undefined ? onTerminal : fileBlocks !== undefined ? limited : node;
  const child = spawn(file, args, {
    detached,
    env: { ...process.env, TSX_DISABLE_CACHE: '1', NODE: process.execPath, CODE: io + code },
  });
  // A terminal stays open behind what is typed.
  if (typed === undefined) child.stdin.end();
  else child.stdin.write(typed);
  children.add(child);
  if (deafTo !== undefined) child[deafTo].destroy();
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    ended.stdout += text;
  });
  child.stderr.on('data', (text) => {
    ended.stderr += text;
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      children.delete(child);
      resolve({ ...ended, code });
    });
  });
}
