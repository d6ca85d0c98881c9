import type { LedgerEntry } from './entry.ts';

/**
 * Adds a ledger entry to the profiles that the run itself holds, and why. A session that only reads does not clear them,
 * and neither does the next wave.
 */
export function addHold(held: Map<string, string>, entry: LedgerEntry): void {
  if (entry.type === 'session_started' && entry.reading !== true && entry.continued !== true) held.clear();
  if (entry.type === 'profile_held') held.set(entry.profile, entry.why);
}
