import { type AccountSnapshot, createSnapshot, type NumberKey } from '../../core/account/snapshot.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { createContact } from '../../engine/contact.ts';
import { createPaceMemory } from '../../engine/pacing/pace-memory.ts';
import type { Clock } from '../../engine/ports.ts';
import { Stopped, Unread } from '../../engine/reading/account-query.ts';
import { type Reading, readAccount } from '../../engine/reading/account-reader.ts';
import { createControl } from '../../engine/sending/pipeline.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { digest } from '../../io/digest.ts';
import { runFiles } from '../../io/run/directory.ts';
import { type Ledger, openLedger } from '../../io/run/ledger-file.ts';
import { CommandError } from '../errors.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { NO_LOG, openLog } from '../run/log.ts';
import type { Run } from '../run/open.ts';
import { RATE_WINDOW_MS } from './check-account.ts';
import { openReader, openTarget } from './connect.ts';
import { readThrough, type Through } from './reading.ts';

/** Access to the account for reading: at the rate of the run, with its retries, into its log. */
export type AccountAccess = Awaited<ReturnType<typeof accessThrough>>;

/** What a command reads the account of a run through. `ledger` is null for one that records nothing. */
type RecordedThrough = Through & { ledger: Ledger | null };

/** `recorded`: false for a command that only reads a run. It leaves ledger and log alone. */
type AccessOptions = { stop: Stop; recorded: boolean };

/**
 * The CommandError for reading that ended early; any other error unchanged. `hasOffline`: whether the command could do
 * without the account, of which at least something was answered by this API.
 */
export function readingError(error: unknown, stop: Stop, hasOffline = false, nothing = 'nothing was sent'): unknown {
  const asked = stop.asked();
  if (error instanceof Stopped && asked !== null) {
    const { reason, detail } = asked;
    if (reason === 'signal') {
      const message = `Stopped by ${detail} while reading the account; ${nothing}.`;
      return new CommandError(signalExit(detail), 'signal', message);
    }
    const refused = `The API refused the key: ${detail}. Set TELNYX_API_KEY to a key that is valid.`;
    const text = reason === 'key_refused' ? refused : `The account could not be read: ${detail}.`;
    return new CommandError(EXIT.preflight, reason, `${text} ${nothing[0]?.toUpperCase()}${nothing.slice(1)}.`);
  }
  if (!(error instanceof Unread)) return error;
  // If the API cannot be reached, or does not know the numbers, nothing can be sent either.
  const isRefused = error.refusedStatus >= 400 && error.refusedStatus < 500 && error.refusedStatus !== 404;
  const hint = hasOffline && isRefused ? ' With --offline a plan is made without it.' : '';
  const message = `The account could not be read (${error.message}), and ${nothing}.${hint}`;
  return new CommandError(EXIT.preflight, 'account_not_read', message);
}

/** Waits until the requests of an earlier phase have left the rate window: a new pacer does not know of them. */
export async function waitForQuiet(
  { reading }: Pick<Run, 'reading'>,
  rate: Settings['rate'],
  stop: Stop,
  clock: Clock = realClock,
): Promise<void> {
  if (reading === undefined || typeof rate !== 'number') return;
  const remainingMs = reading.endedAt + Math.max(1, 1 / rate) * RATE_WINDOW_MS - clock.now();
  if (remainingMs > 0) await sleepOrStop(clock, stop, remainingMs);
}

/** A run after requests of this command: further reads wait until these have left the rate window. */
function afterRequests(run: Run, settings: Settings): Run {
  const fresh = () => ({
    control: createControl(settings),
    memory: createPaceMemory(),
    contact: createContact(settings.base_url),
  });
  return { ...run, reading: { ...(run.reading ?? fresh()), endedAt: realClock.now() } };
}

/** Opens access to the account of a run, or to its sandbox. Throws what the file system throws. */
export async function openAccess(run: Run, invocation: KeyedInvocation, options: AccessOptions) {
  const { target, close } = await openTarget(run.dir, invocation);
  try {
    const access = await connect(run, await openReader(target, invocation), invocation, options);
    return { ...access, close: () => access.close().finally(close) };
  } catch (error) {
    // A sandbox that is left open would keep the process alive.
    await close();
    throw error;
  }
}

/** Reads more of the account after requests of this command. Returns null after a stop. Throws what `read` throws. */
export async function readMore<T>(
  run: Run,
  invocation: KeyedInvocation,
  options: AccessOptions,
  read: (access: AccountAccess) => Promise<T>,
): Promise<T | null> {
  const access = await openAccess(afterRequests(run, invocation.settings), invocation, options);
  try {
    return await read(access);
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  } finally {
    await access.close();
  }
}

async function connect(run: Run, client: Through['client'], invocation: KeyedInvocation, options: AccessOptions) {
  const { settings } = invocation;
  const { stop, recorded } = options;
  const logger = recorded || settings.log_file !== null ? openLog(run, invocation) : NO_LOG;
  const ledger = recorded ? await openLedger(runFiles(run.dir).ledger) : null;
  const access = await accessThrough(run, { client, stop, logger, ledger, clock: realClock }, invocation);
  return {
    ...access,
    async close() {
      try {
        await access.close();
      } finally {
        await ledger?.close();
        logger.close();
        client.close();
      }
    },
  };
}

/** The same through a client, a ledger and a log that are open and stay open. Closing it ends the reading. */
export async function accessThrough(run: Run, through: RecordedThrough, invocation: KeyedInvocation) {
  const { ledger, stop, clock } = through;
  const reading = readThrough(through, invocation, run.reading);
  const at = () => new Date().toISOString();
  await ledger?.record({ type: 'session_started', reading: true, at: at(), pid: process.pid });
  await waitForQuiet(run, (through.steering?.live(invocation.settings) ?? invocation.settings).rate, stop, clock);
  return {
    ...reading,
    async close() {
      reading.end();
      const { requests } = reading.pipeline;
      const stopped = stop.asked()?.reason ?? null;
      const rate = reading.pipeline.measuredRate();
      await ledger?.record({ type: 'session_ended', at: at(), stop: stopped, requests, rate });
    },
  };
}

/** What numbers are read with, of a run or without one. */
type ReadingParts = Pick<AccountAccess, 'query' | 'client' | 'concurrency' | 'onChoice'>;

/** Reads the numbers that rows name. `targets`: profiles that many of them may be on already. `details`: as for a snapshot. */
export async function readNumbers(
  { query, client, concurrency, onChoice }: ReadingParts,
  rows: () => AsyncIterable<readonly NumberKey[]>,
  targets: readonly string[],
  details: { details?: boolean } = {},
): Promise<{ account: AccountSnapshot; reading: Reading }> {
  const account = createSnapshot(digest, details);
  for await (const batch of rows()) for (const number of batch) account.addWanted(number);
  const parts = { account, query, ports: client, rows, concurrency, onChoice };
  return { account, reading: await readAccount(parts, targets) };
}
