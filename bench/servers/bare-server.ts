import { forkServer } from '../process/run.ts';

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

/** `numbers`: as many as its account has. */
export async function startBareServer(numbers = 0): Promise<BareServer> {
  const { url, ask, stop } = await forkServer('servers/server.mjs', `${numbers}`);
  return {
    url,
    start: async () => {
      await ask('start');
    },
    seen: async () => (await ask('tell')) as Seen,
    stop,
  };
}
