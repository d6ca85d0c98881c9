import type { ByOperator } from '../core/ledger/steered.ts';
import { concurrencyOf } from '../core/settings/resolve.ts';
import type { Settings } from '../core/settings/schema.ts';

/** The settings that an operator may change while a run is at work. */
export type SteeredLimits = Pick<Settings, 'rate' | 'concurrency' | 'max_failures'>;

export type Steering = ReturnType<typeof createSteering>;

/** The values that an operator may change while a run is at work, as they are now. `held`: profiles from before. */
export function createSteering(limits: SteeredLimits, held: Iterable<readonly [string, ByOperator]> = []) {
  const now = { ...limits };
  const heldProfiles = new Map(held);
  const callbacks = new Set<() => void>();
  let paused: ByOperator | null = null;
  let isEnding = false;
  const changed = () => {
    for (const callback of [...callbacks]) callback();
  };
  return {
    rate: () => now.rate,
    /** The setting, and the number of requests in flight that follows from it. */
    concurrencySetting: () => now.concurrency,
    concurrency: () => concurrencyOf(now),
    maxFailures: () => now.max_failures,
    /** Who has paused the run, and since when; null if it is not paused. */
    paused: () => paused,
    isPaused: () => paused !== null,
    held: (): ReadonlyMap<string, ByOperator> => heldProfiles,
    isHeld: (profile: string) => heldProfiles.has(profile),
    /** Whether all rows have ended or are held, so that a release comes too late. */
    isEnding: () => isEnding,
    end(): void {
      isEnding = true;
    },
    /** Changes limits. What is left out stays. */
    change(limits: Partial<SteeredLimits>): void {
      Object.assign(now, limits);
      changed();
    },
    pause(by: ByOperator | null): void {
      paused = by;
      changed();
    },
    hold(profile: string, by: ByOperator): void {
      heldProfiles.set(profile, by);
      changed();
    },
    release(profile: string): void {
      heldProfiles.delete(profile);
      changed();
    },
    /** These settings, with the values that an operator has changed as they are at the moment. */
    live<S extends SteeredLimits>(settings: S): S {
      return Object.defineProperties(
        { ...settings },
        {
          rate: { get: () => now.rate, enumerable: true },
          concurrency: { get: () => now.concurrency, enumerable: true },
          max_failures: { get: () => now.max_failures, enumerable: true },
        },
      );
    },
    /** Calls back after every change. Returns a function that removes the callback. */
    onChange(callback: () => void): () => void {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}
