import * as z from 'zod';
import { COUNT, REQUESTS } from '../results/run-status.ts';

const NUMBER = z.number().min(0);

/** How requests leave at this moment, as the engine knows it. Times in ms. */
const PACE = z.object({
  requests: REQUESTS,
  /** The rate that was set, as an operator may have changed it. */
  set: z.union([NUMBER, z.enum(['auto', 'off'])]),
  /** Requests a second that setting and server allow; null without a limit. */
  allowed: NUMBER.nullable(),
  /** The limit that the server named last. */
  serverLimit: z.object({ limit: NUMBER, windowMs: NUMBER.nullable() }).nullable(),
  inFlight: COUNT,
  /** How many requests may be in flight: by the setting, and by the files that this machine lets the process open. */
  concurrency: COUNT,
  files: COUNT,
  /** For how long nothing may leave because the server has answered so, and what it answered. */
  pausedMs: NUMBER,
  pausedWhy: z.string(),
  /** Why the API looks down, and when it is probed next; null if it does not. */
  outage: z.object({ why: z.string(), probeInMs: NUMBER }).nullable(),
});
export type PaceNow = z.infer<typeof PACE>;

/** The same with the requests and rows a second of the last seconds. */
const MEASURED_PACE = PACE.extend({ seen: z.object({ requests: NUMBER, rows: NUMBER }) });
export type MeasuredPace = z.infer<typeof MEASURED_PACE>;

/** Reads what a worker has said of its pace; null if that is none of this version. */
export function readPace(value: unknown): MeasuredPace | null {
  return MEASURED_PACE.safeParse(value).data ?? null;
}
