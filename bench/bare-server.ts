import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './start.ts';

/**
 * What the server saw since it was told to start. `spanMs`: from the first request to the last; `lagMs`: the longest
 * time for which the machine kept it from working.
 */
export type Seen = {
  requests: number;
  spanMs: number;
  mostInSecond: number;
  connections: number;
  mostOpen: number;
  lagMs: number;
};

/** A bare server in a process of its own, on the loopback interface. */
export type BareServer = { url: string; start: () => Promise<void>; seen: () => Promise<Seen>; stop: () => void };

/** The next message of the server. Throws when it ends instead. */
async function heard(child: ChildProcess): Promise<unknown> {
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

export async function startBareServer(): Promise<BareServer> {
  const child = fork(join(ROOT, 'bench', 'server.mjs'), { execArgv: [] });
  const port = await heard(child);
  const ask = (question: 'start' | 'tell') => {
    const answer = heard(child);
    child.send(question);
    return answer;
  };
  return {
    url: `http://127.0.0.1:${port}/v2`,
    start: async () => {
      await ask('start');
    },
    seen: async () => (await ask('tell')) as Seen,
    stop: () => child.disconnect(),
  };
}
