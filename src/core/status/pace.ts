import type { RequestCounts } from '../ledger/entry.ts';
import type { Settings } from '../settings/schema.ts';

/** How requests leave at this moment, as the engine knows it. */
export type PaceNow = {
  requests: RequestCounts;
  /** The rate that was set, as an operator may have changed it. */
  set: Settings['rate'];
  /** Requests a second that setting and server allow; null without a limit. */
  allowed: number | null;
  /** The limit that the server named last. */
  serverLimit: { limit: number; windowMs: number | null } | null;
  inFlight: number;
  /** How many requests may be in flight: by the setting, and by the files that this machine lets the process open. */
  concurrency: number;
  files: number;
  /** For how long nothing may leave because the server has answered so, and what it answered. */
  pausedMs: number;
  pausedWhy: string;
  /** Why the API looks down, and when it is probed next; null if it does not. */
  outage: { why: string; probeInMs: number } | null;
};
