import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Context } from '../../../src/app/context.ts';
import { findApiKey } from '../../../src/io/http/api-key.ts';

/** A context whose signals come from the test. */
export type TestContext = Context & { signals: EventEmitter & { exit: () => void } };

/** A context off a terminal, with this environment. What it registers for the end of a command is never called. */
export function contextOf(env: Record<string, string> = {}, cwd = '/work'): TestContext {
  const stream = () => new PassThrough() as unknown;
  return {
    stdin: stream() as Context['stdin'],
    stdout: stream() as Context['stdout'],
    stderr: stream() as Context['stderr'],
    env,
    cwd,
    program: 'telnyx-reassign',
    version: '0.1.0',
    signals: Object.assign(new EventEmitter(), { exit: () => undefined }),
    unattended: false,
    findKey: () => findApiKey(env),
    warnings: [],
    secrets: new Set(),
    messages: null,
    listeners: [],
    atEnd: () => undefined,
  };
}
