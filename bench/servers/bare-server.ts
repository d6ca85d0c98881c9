import { forkServer } from './fork-server.ts';

/**
 * What the server received since the last start. `spanMs`: from the first request to the last. `silenceMs`: the longest
 * time between two. `lagMs`: the longest time that its event loop was blocked.
 */
export type ServerReport = {
  requests: number;
  writes: number;
  spanMs: number;
  mostInSecond: number;
  silenceMs: number;
  connections: number;
  mostOpen: number;
  lagMs: number;
};

/** A minimal server in its own process. `start` resets its counts. */
export type BareServer = {
  url: string;
  start: () => Promise<void>;
  report: () => Promise<ServerReport>;
  stop: () => void;
};

/** Starts a server whose account has that many numbers, behind a network with that much jitter. */
export async function startBareServer(numbers = 0, jitterMs = 0): Promise<BareServer> {
  const { url, ask, stop } = await forkServer('servers/bare-server.mjs', `${numbers}`, `${jitterMs}`);
  return {
    url,
    start: async () => {
      await ask('start');
    },
    report: async () => (await ask('report')) as ServerReport,
    stop,
  };
}

/** Throws unless the server received one write for each row. */
export function checkRequests({ writes }: ServerReport, rows: number): void {
  if (writes !== rows) throw new Error(`the server received ${writes} writes for ${rows} rows`);
}

/** The mean rate of the received requests, as intervals a second. */
export function perSecond({ requests, spanMs }: ServerReport): number {
  return ((requests - 1) / spanMs) * 1000;
}
