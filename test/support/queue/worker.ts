import { EventEmitter } from 'node:events';
import { main } from '../../../src/cli/main.ts';
import { programName } from '../../../src/cli/program-name.ts';
import { type Ended, environmentOf, type How } from '../program/environment.ts';
import { CLI } from '../program/paths.ts';
import { fakeTerminal } from '../program/terminal.ts';

/** A worker in this process. `stop` asks it to end, as SIGTERM does, and resolves when it has. */
export type InProcessWorker = { stop: () => Promise<Ended>; output: () => string };

/** Starts a worker in this process. */
export function startWorker(cwd: string, args: readonly string[], how: How = {}): InProcessWorker {
  const { stdoutText, stderrText, ...streams } = fakeTerminal(null, '');
  const signals = Object.assign(new EventEmitter(), {
    exit: (code: number) => {
      throw new Error(`the worker wanted to exit at once with ${code}`);
    },
  });
  const env = environmentOf(how);
  const ended = main(['worker', ...args], {
    ...streams,
    env,
    cwd,
    program: programName(CLI, env, cwd),
    version: '0.0.0',
    signals,
  });
  return {
    output: () => stdoutText() + stderrText(),
    async stop() {
      signals.emit('SIGTERM');
      return { exit: await ended, signal: null, stdout: stdoutText(), stderr: stderrText() };
    },
  };
}
