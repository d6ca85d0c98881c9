import PQueue from 'p-queue';
import { createAgents } from './agents.ts';
import { guardAgent } from './write-guard.ts';

/** A process may open 1,024 files on many systems. */
const MAX_CONNECTIONS = 256;

export type SharedConnections = ReturnType<typeof createSharedConnections>;

/**
 * Connections to one base URL for the clients of several accounts, which must have a rule when a request may leave.
 * Requests beyond the greatest number of connections wait for their turn.
 */
export function createSharedConnections(baseUrl: string, environment: Record<string, string | undefined>) {
  const agents = createAgents(baseUrl, MAX_CONNECTIONS, environment);
  const endConnecting = [agents.http, agents.https].map(guardAgent);
  const queue = new PQueue({ concurrency: MAX_CONNECTIONS });
  return {
    ...agents,
    /** Runs a request when there is a connection for it. */
    inTurn: (request: () => Promise<unknown>): Promise<unknown> => queue.add(request),
    /** Resolves when no request waits for a connection. */
    untilRoom: (): Promise<void> => queue.onSizeLessThan(1),
    destroy(): void {
      agents.destroy();
      for (const end of endConnecting) end();
    },
  };
}
