import { type AccountSnapshot, createSnapshot, type NumberKey } from '../../core/account/snapshot.ts';
import { isOutageAnswer } from '../../core/attempt/classify.ts';
import { expectedRate, timeNeeded } from '../../core/plan/plan-text.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { count } from '../../core/text/text.ts';
import { createContact } from '../../engine/contact.ts';
import { createPaceMemory } from '../../engine/pacing/pace-memory.ts';
import type { Clock, ExecutorEvent } from '../../engine/ports.ts';
import { createAccountQuery, Stopped, Unread } from '../../engine/reading/account-query.ts';
import { type Reading, readAccount } from '../../engine/reading/account-reader.ts';
import { createControl, createPipeline } from '../../engine/sending/pipeline.ts';
import type { Steering } from '../../engine/steering.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { digest } from '../../io/digest.ts';
import { runFiles } from '../../io/run/directory.ts';
import { type Ledger, openLedger } from '../../io/run/ledger-file.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import { CommandError } from '../errors.ts';
import type { KeyedInvocation, Reporting } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { createEventReporter } from '../run/events.ts';
import { openLog } from '../run/log.ts';
import type { Run } from '../run/open.ts';
import { RATE_WINDOW_MS } from './check-account.ts';
import { openReader, openTarget, readGate, type Transport } from './connect.ts';

/** Access to the account for reading: at the rate of the run, with its retries, into its log. */
export type AccountAccess = Awaited<ReturnType<typeof accessThrough>>;

/** What a command reads the account through. `ledger` is null for one that records nothing. */
type Through = {
  client: Transport;
  stop: Stop;
  logger: Logger;
  ledger: Ledger | null;
  clock: Clock;
  /** Of a run at work, whose operators change the pace of its reads too. */
  steering?: Steering | undefined;
};

/** `recorded`: false for a command that only reads a run. It leaves ledger and log alone. */
type AccessOptions = { stop: Stop; recorded: boolean };

const NO_LOG: Logger = { log: () => undefined, close: () => undefined };

/** Only a read that takes longer is announced. */
const ANNOUNCED_MS = 3000;

/**
 * The CommandError for reading that ended early; any other error unchanged. `hasOffline`: whether the command could do
 * without the account, of which at least something was answered by this API.
 */
export function readingError(error: unknown, stop: Stop, hasOffline = false): unknown {
  const asked = stop.asked();
  if (error instanceof Stopped && asked !== null) {
    const { reason, detail } = asked;
    if (reason === 'signal') {
      const message = `Stopped by ${detail} while reading the account; nothing was sent.`;
      return new CommandError(signalExit(detail), 'signal', message);
    }
    const refused = `The API refused the key: ${detail}. Set TELNYX_API_KEY to a key that is valid.`;
    const text = reason === 'key_refused' ? refused : `The account could not be read: ${detail}.`;
    return new CommandError(EXIT.preflight, reason, `${text} Nothing was sent.`);
  }
  if (!(error instanceof Unread)) return error;
  // If the API cannot be reached, or does not know the numbers, nothing can be sent either.
  const isRefused = error.refusedStatus >= 400 && error.refusedStatus < 500 && error.refusedStatus !== 404;
  const hint = hasOffline && isRefused ? ' With --offline a plan is made without it.' : '';
  const message = `The account could not be read (${error.message}), and nothing was sent.${hint}`;
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

/** Explains a long wait: the API does not answer, or asks to wait. */
function announceWait(event: ExecutorEvent, reporting: Reporting): void {
  if (event.event === 'run.paused') {
    printProgress(reporting, `${event.why}: waiting ${formatDuration(event.waitMs)}\n`);
  }
  if (event.event === 'concurrency.lowered') {
    printProgress(reporting, `${event.why}\n`);
  }
  const patienceMs = reporting.settings.outage_patience;
  if (event.event !== 'read.failed' || event.retryInMs !== null || patienceMs === 0) return;
  if (!isOutageAnswer(event.answer)) return;
  const patience = formatDuration(patienceMs);
  const text = `The API does not answer (${event.description}): trying for up to ${patience} (--outage-patience)\n`;
  printProgress(reporting, text);
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

async function connect(run: Run, client: Transport, invocation: KeyedInvocation, options: AccessOptions) {
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
export async function accessThrough(run: Run, through: Through, invocation: KeyedInvocation) {
  const { context } = invocation;
  const { client, stop, logger, ledger, clock, steering } = through;
  const settings = steering?.live(invocation.settings) ?? invocation.settings;
  const control = run.reading?.control ?? createControl(settings);
  const memory = run.reading?.memory ?? createPaceMemory();
  const contact = run.reading?.contact ?? createContact(settings.base_url);
  const logged = { logger, settings: { ...settings, quiet: true }, context, clock, control };
  const reporter = createEventReporter({ ...logged, total: 0, inFlight: client.inFlight });
  const onEvent = (event: ExecutorEvent) => {
    reporter.onEvent(event);
    // After a stop nothing is waited for.
    if (stop.asked() === null) announceWait(event, invocation);
  };
  const gate = readGate(invocation, stop);
  const ports = { clock, onEvent, ...gate.port };
  const pipeline = createPipeline({
    ports,
    limits: settings,
    control,
    stop,
    steering,
    memory,
    contact,
    othersAtWork: () => false,
  });
  const at = () => new Date().toISOString();
  await ledger?.record({ type: 'session_started', reading: true, at: at(), pid: process.pid });
  await waitForQuiet(run, settings.rate, stop, clock);
  return {
    query: createAccountQuery(pipeline, onEvent),
    client,
    control,
    memory,
    contact,
    concurrency: concurrencyOf(settings),
    /** Announces how the numbers are going to be read, and with about how many requests. */
    onChoice(by: string, requests: number) {
      if ((requests / expectedRate(settings.rate)) * 1000 < ANNOUNCED_MS) return;
      const time = timeNeeded(requests, settings.rate);
      printProgress(invocation, `Reading the numbers ${by}: ${count(requests, 'request')}, ${time}\n`);
    },
    async close() {
      pipeline.end();
      gate.end();
      reporter.stop();
      const { requests } = pipeline;
      const stopped = stop.asked()?.reason ?? null;
      const rate = pipeline.measuredRate();
      await ledger?.record({ type: 'session_ended', at: at(), stop: stopped, requests, rate });
    },
  };
}

/** Reads the numbers that rows name. `targets`: profiles that many of them may be on already. */
export async function readNumbers(
  { query, client, concurrency, onChoice }: AccountAccess,
  rows: () => AsyncIterable<readonly NumberKey[]>,
  targets: readonly string[],
): Promise<{ account: AccountSnapshot; reading: Reading }> {
  const account = createSnapshot(digest);
  for await (const batch of rows()) for (const number of batch) account.addWanted(number);
  const parts = { account, query, ports: client, rows, concurrency, onChoice };
  return { account, reading: await readAccount(parts, targets) };
}
