import { sameBaseUrl } from '../../core/settings/parse.ts';
import type { AllKeys } from '../../io/http/all-keys.ts';
import { accountHash } from '../run/state-directory.ts';

/** How often keys are read again at most. */
const REREAD_INTERVAL_MS = 10_000;

export type Keyring = ReturnType<typeof createKeyring>;

type KeyringOptions = {
  /** Reads all keys. Throws if that is not possible now. */
  read: () => AllKeys;
  now: () => number;
  /** Called for each problem, once. */
  warn: (problem: string) => void;
};

/** The keys of a worker by account. They are kept in memory only, and no other part of it has more than one of them. */
export function createKeyring({ read, now, warn }: KeyringOptions) {
  let keys = new Set<string>();
  let readAt = Number.NEGATIVE_INFINITY;
  const warned = new Set<string>();
  /** For each base URL, the keys by account. */
  let byUrl = new Map<string, Map<string, string>>();

  function report(problem: string): void {
    if (!warned.has(problem)) warn(problem);
    warned.add(problem);
  }

  function readAgain(): void {
    readAt = now();
    try {
      const found = read();
      keys = found.keys;
      byUrl = new Map();
      found.problems.forEach(report);
    } catch (error) {
      // The keys that are known stay: the directory may be replaced at this moment.
      report(`the keys cannot be read again: ${(error as Error).message}`);
    }
  }

  function accountsAt(baseUrl: string): Map<string, string> {
    const url = sameBaseUrl(baseUrl);
    let accounts = byUrl.get(url);
    if (accounts === undefined) {
      accounts = new Map([...keys].map((key) => [accountHash(url, key), key]));
      byUrl.set(url, accounts);
    }
    return accounts;
  }

  return {
    readAgain,
    count: () => keys.size,
    /** The key of an account, or null. The keys are read again from time to time: some come, and others go. */
    keyOf(account: string, baseUrl: string): string | null {
      if (now() - readAt >= REREAD_INTERVAL_MS) readAgain();
      return accountsAt(baseUrl).get(account) ?? null;
    },
  };
}
