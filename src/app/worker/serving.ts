import type { Clock } from '../../engine/ports.ts';
import type { SharedConnections } from '../../io/http/shared-connections.ts';
import type { Queue } from '../../io/redis/connection.ts';
import type { Reporting } from '../invocation.ts';
import type { Keyring } from './keyring.ts';
import type { WorkerLog } from './log.ts';

/** A request to end the worker: its runs are left to others. */
export type Drain = ReturnType<typeof createDrain>;

export function createDrain() {
  let why: string | null = null;
  const callbacks = { asked: new Set<() => void>(), abort: new Set<() => void>() };
  const register = (kind: keyof typeof callbacks) => (callback: () => void) => {
    callbacks[kind].add(callback);
    return () => callbacks[kind].delete(callback);
  };
  return {
    /** The signal; null while the worker serves. */
    asked: () => why,
    ask(signal: string): void {
      why ??= signal;
      for (const callback of [...callbacks.asked]) callback();
    },
    /** Breaks requests in flight off too. */
    abort(): void {
      for (const callback of [...callbacks.abort]) callback();
    },
    onAsked: register('asked'),
    onAbort: register('abort'),
  };
}

/** What the runs of a worker share. */
export type Serving = Reporting & {
  queue: Queue;
  keyring: Keyring;
  clock: Clock;
  log: WorkerLog;
  drain: Drain;
  worker: { id: string; host: string; pid: number };
  /** The connections to a base URL, which all of its accounts share. */
  connectionsTo: (baseUrl: string) => SharedConnections;
  /** The accounts that are served now. */
  active: Map<string, { run: string; fence: number }>;
};
