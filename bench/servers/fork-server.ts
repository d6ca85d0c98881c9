import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../process/run.ts';

/** A server in its own process on the loopback interface. `ask` sends a message and returns the answer. */
export type ForkedServer = { url: string; ask: (message: string) => Promise<unknown>; stop: () => void };

/** The next message of the process. Throws if the process ends first. */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const end = () => ended.abort();
  child.once('exit', end);
  try {
    const [message] = await once(child, 'message', { signal: ended.signal });
    return message;
  } catch (cause) {
    throw new Error('the server of the benchmark ended', { cause });
  } finally {
    child.off('exit', end);
  }
}

/** Lets a server run before all else, so that it records each request when it comes. Only root may. */
function makeUrgent({ pid = 0 }: ChildProcess): void {
  try {
    setPriority(pid, -10);
  } catch {
    // On a busy machine, times are less exact then.
  }
}

/** Starts a file below `bench` as a server. Its first message is its port. */
export async function forkServer(file: string, ...args: string[]): Promise<ForkedServer> {
  const execArgv = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = fork(join(ROOT, 'bench', file), args, { execArgv });
  makeUrgent(child);
  const port = await nextMessage(child);
  return {
    url: `http://127.0.0.1:${port}/v2`,
    ask: (message) => {
      const answer = nextMessage(child);
      child.send(message);
      return answer;
    },
    stop: () => child.disconnect(),
  };
}
