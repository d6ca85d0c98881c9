import { PROTOCOL, shortAccount } from '../../core/queue/protocol.ts';
import { count } from '../../core/text/text.ts';
import type { Clock } from '../../engine/ports.ts';
import { waitingAccounts } from '../../io/queue/jobs.ts';
import { readLease } from '../../io/queue/lease.ts';
import { readAccounts, readProtocols } from '../../io/queue/registry.ts';
import { isRefusal } from '../../io/redis/connection.ts';
import { shareAccountLock } from './local-lock.ts';
import type { Serving } from './serving.ts';
import { takeTurn } from './turn.ts';

/** How much later a worker takes an account for each one that it serves: the least busy one is first. */
const DELAY_PER_ACCOUNT_MS = 20;
/** How long an account is left alone after a turn that had nothing to do, and after one that failed. */
const REST_MS = 1000;
const FAILED_REST_MS = 5000;
const PROTOCOL_WARNING_MS = 60_000;

/** How many accounts are taken at one look. Another worker that looks meanwhile takes others. */
const MAX_NEW = 20;

/** Some of these, not the first ones: two workers that see the same accounts do not go for the same. */
function anyOf<T>(all: readonly T[], most: number, { random }: Pick<Clock, 'random'>): T[] {
  if (all.length <= most) return [...all];
  const places = all.map((item) => ({ item, place: random() })).sort((a, b) => a.place - b.place);
  return places.slice(0, most).map(({ item }) => item);
}

type Usable = { account: string; baseUrl: string; key: string };

export type Discovery = ReturnType<typeof createDiscovery>;

/** Says from time to time that another version has runs for accounts. Returns the function to call at each look. */
function warnOfOthers({ queue, clock, log }: Serving): () => Promise<void> {
  let warnedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.now() - warnedAt < PROTOCOL_WARNING_MS) return;
    warnedAt = clock.now();
    for (const protocol of (await readProtocols(queue)).filter((other) => other !== PROTOCOL)) {
      const accounts = await waitingAccounts(queue, protocol);
      if (accounts.length === 0) continue;
      const text = `${count(accounts.length, 'account')} with runs of protocol ${protocol}, which this worker leaves alone (it knows ${PROTOCOL})`;
      log.log('warn', 'worker.protocol', text, { protocol });
    }
  };
}

/** Says of an account why it waits, once for each reason. */
function accountNotes({ log }: Serving) {
  const said = new Map<string, string>();
  return {
    sayOnce(account: string, text: string): void {
      if (said.get(account) !== text) log.log('info', 'account.waiting', text, { account: shortAccount(account) });
      said.set(account, text);
    },
    forget: (account: string) => said.delete(account),
  };
}

/** The base URLs of accounts: those of new accounts are read. */
function accountUrls({ queue }: Serving) {
  const urls = new Map<string, string>();
  return {
    of: (account: string) => urls.get(account),
    async learn(accounts: readonly string[]): Promise<void> {
      if (accounts.every((account) => urls.has(account))) return;
      for (const [name, url] of await readAccounts(queue)) urls.set(name, url);
    },
  };
}

/** Finds accounts that have runs to carry out, and takes turns on them. */
export function createDiscovery(serving: Serving) {
  const { queue, keyring, clock, log, drain, active, settings } = serving;
  const warnOfProtocols = warnOfOthers(serving);
  const turns = new Map<string, Promise<void>>();
  const restUntil = new Map<string, number>();
  const urls = accountUrls(serving);
  const { sayOnce, forget } = accountNotes(serving);

  async function serve(account: string, baseUrl: string, key: string): Promise<void> {
    let restMs = REST_MS;
    try {
      await clock.sleep(active.size * DELAY_PER_ACCOUNT_MS).done;
      if (drain.asked() !== null || (await readLease(queue, account)) !== null) return;
      const lock = await shareAccountLock({ key, baseUrl }, serving);
      if (lock === null) return sayOnce(account, 'a run without a queue has the account on this host: waiting for it');
      forget(account);
      try {
        if (await takeTurn(account, serving)) restMs = 0;
      } finally {
        lock.release();
      }
    } catch (error) {
      restMs = FAILED_REST_MS;
      // A worker that ends without Redis has said so.
      if (drain.asked() !== null) return;
      const fields = { account: shortAccount(account) };
      log.log('error', 'account.failed', `could not serve an account: ${(error as Error).message}`, fields);
    } finally {
      restUntil.set(account, clock.now() + restMs);
      turns.delete(account);
      active.delete(account);
    }
  }

  /** Where the requests of an account go, and its key; null if it cannot be served now. */
  async function usable(account: string): Promise<Usable | null> {
    if (turns.has(account) || (restUntil.get(account) ?? 0) > clock.now()) return null;
    const baseUrl = urls.of(account);
    if (baseUrl === undefined) return null;
    const key = keyring.keyOf(account, baseUrl);
    try {
      const lease = await readLease(queue, account);
      if (lease === null && key !== null) return { account, baseUrl, key };
      // Its owner may return it early.
      restUntil.set(account, clock.now() + Math.min(lease?.leftMs ?? REST_MS, REST_MS));
      if (lease === null) sayOnce(account, 'a run waits for an account whose key this worker does not have');
    } catch (error) {
      // The other accounts do not wait for it.
      if (!isRefusal(error)) throw error;
      restUntil.set(account, clock.now() + FAILED_REST_MS);
      sayOnce(account, `the lease of an account cannot be read: ${error.message}`);
    }
    return null;
  }

  return {
    turns,
    /** Takes as many accounts as there are places. */
    async look(): Promise<void> {
      await warnOfProtocols();
      if (turns.size >= settings.accounts) return;
      const accounts = await waitingAccounts(queue);
      await urls.learn(accounts);
      const found = (await Promise.all(accounts.map(usable))).filter((one) => one !== null);
      const next = found.slice(0, settings.accounts - turns.size);
      for (const { account, baseUrl, key } of anyOf(next, MAX_NEW, clock)) {
        if (drain.asked() !== null) return;
        active.set(account, { run: '', fence: 0 });
        turns.set(account, serve(account, baseUrl, key));
      }
    },
    /** The accounts in Redis whose key this worker has. */
    async known(): Promise<string[]> {
      const accounts = [...(await readAccounts(queue))];
      return accounts.filter(([account, url]) => keyring.keyOf(account, url) !== null).map(([account]) => account);
    },
  };
}
