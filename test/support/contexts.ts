import { PassThrough } from 'node:stream';
import type { Context } from '../../src/app/context.ts';

/** A context off a terminal, with this environment. */
export function contextOf(env: Record<string, string> = {}, cwd = '/work'): Context {
  const stream = () => new PassThrough() as unknown;
  return {
    stdin: stream() as Context['stdin'],
    stdout: stream() as Context['stdout'],
    stderr: stream() as Context['stderr'],
    env,
    cwd,
    program: 'telnyx-reassign',
    version: '0.1.0',
    unattended: false,
  };
}
