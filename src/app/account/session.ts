import { type AccountSnapshot, createSnapshot, type NumberKey } from '../../core/account/snapshot.ts';
import { isOutageAnswer } from '../../core/attempt/classify.ts';
import { expectedRate, timeNeeded } from '../../core/plan/plan-text.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { concurrencyOf, type Resolved } from '../../core/settings/resolve.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { count } from '../../core/text/text.ts';
import { createMeter, type Meter } from '../../engine/pacing/sliding-window.ts';
import type { ExecutorEvent } from '../../engine/ports.ts';
import { type AccountQuery, createAccountQuery, Stopped, Unread } from '../../engine/reading/account-query.ts';
import { type Reading, readAccount } from '../../engine/reading/account-reader.ts';
import { createControl, createPipeline } from '../../engine/sending/pipeline.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { digest } from '../../io/digest.ts';
import type { TelnyxClient } from '../../io/http/client.ts';
import { runFiles } from '../../io/run/directory.ts';
import { openLedger } from '../../io/run/ledger-file.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import { print } from '../output.ts';
import { createEventReporter } from '../run/events.ts';
import { openLog } from '../run/log.ts';
import { type Run, update } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { openClient, type Target } from './connect.ts';
import { type RunningSandbox, startSandboxFor } from './sandbox.ts';

/** What the account can be asked with: under the rate of the run, with its rules of retrying, into its log. */
export type Reader = {
  asker: AccountQuery;
  client: TelnyxClient;
  /** Tells somebody who waits how the numbers are going to be read, and in about how many calls. */
  onChoice: (by: string, calls: number) => void;
};

/** A look at a run leaves its log alone as well. */
const NO_LOG: Logger = { log: () => undefined, close: () => undefined };

/** A read that takes longer is announced. */
const ANNOUNCED_MS = 3000;

/**
 * Why reading ended early, as the CommandError that says so; an error that is about something else stays as it is.
 * `canGoWithout`: whether the command could do without the account.
 */
export function endOfReading(error: unknown, stop: Stop, canGoWithout = false): unknown {
  const asked = stop.asked();
  if (error instanceof Stopped && asked !== null) {
    const { reason, detail } = asked;
    if (reason === 'signal') {
      return new CommandError(
        signalExit(detail),
        'signal',
        `Stopped by ${detail} while reading the account; nothing was sent.`,
      );
    }
    const text =
      reason === 'key_refused'
        ? `The API refused the key: ${detail}. Set TELNYX_API_KEY to a key that is valid.`
        : `The account could not be read: ${detail}.`;
    return new CommandError(EXIT.preflight, reason, `${text} Nothing was sent.`);
  }
  if (!(error instanceof Unread)) return error;
  const hint = canGoWithout ? ' With --offline a plan is made without it.' : '';
  const message = `The account could not be read (${error.message}), and nothing was sent.${hint}`;
  return new CommandError(EXIT.preflight, 'account_not_read', message);
}

/** A little more than the window in which requests are counted. */
const WINDOW_MS = 1010;

/** Waits until the requests of an earlier phase are out of the window, as the new pacer does not know of them. */
export async function untilQuiet({ before }: Run, rate: Resolved['settings']['rate'], stop: Stop): Promise<void> {
  if (before === undefined || typeof rate !== 'number') return;
  const left = before.readAt + Math.max(1, 1 / rate) * WINDOW_MS - realClock.now();
  if (left > 0) await sleepOrStop(realClock, stop, left);
}

/** Says to somebody who waits why it takes long: the API does not answer, or asks to wait. */
function tellWaiting(event: ExecutorEvent, patienceMs: number, context: Context): void {
  if (event.event === 'run.paused') {
    print(context.stderr, `${event.why}: waiting ${formatDuration(event.waitMs)}\n`);
  } else if (
    event.event === 'read.failed' &&
    event.retryInMs === null &&
    isOutageAnswer(event.answer) &&
    patienceMs > 0
  ) {
    const patience = formatDuration(patienceMs);
    print(
      context.stderr,
      `The API does not answer (${event.description}): trying for up to ${patience} (--outage-patience)\n`,
    );
  }
}

/** A reader that is open. `close` records in the ledger what it came to. */
export type OpenReader = Reader & { control: RateControl; meter: Meter; close: () => Promise<void> };

/** Opens what it takes to read the account of a run, or its stand-in. Throws what the file system throws. */
export async function openReader(
  run: Run,
  resolved: Resolved,
  key: string | null,
  stop: Stop,
  context: Context,
  recorded = true,
): Promise<OpenReader> {
  const standIn = key === null ? await startSandboxFor(run.dir) : null;
  const target = standIn?.target ?? { baseUrl: resolved.settings.base_url, key: key ?? '' };
  try {
    return await openTarget(run, resolved, target, standIn, stop, context, recorded);
  } catch (error) {
    // It would keep the process alive.
    await standIn?.close();
    throw error;
  }
}

async function openTarget(
  run: Run,
  { settings }: Resolved,
  target: Target,
  standIn: RunningSandbox | null,
  stop: Stop,
  context: Context,
  recorded: boolean,
): Promise<OpenReader> {
  const logger = recorded || settings.log_file !== null ? openLog(run, settings, context) : NO_LOG;
  // A look at a run that may be at work leaves its ledger alone.
  const ledger = recorded ? await openLedger(runFiles(run.dir).ledger) : null;
  const { client, agents } = await openClient(target, settings, context);
  const { inFlight } = client;
  const silent = { ...settings, quiet: true };
  const control = run.before?.control ?? createControl(settings);
  const reporter = createEventReporter({
    logger,
    settings: silent,
    total: 0,
    context,
    clock: realClock,
    inFlight,
    control,
  });
  const tell = (event: ExecutorEvent) => {
    reporter.tell(event);
    if (!settings.quiet && !settings.json) tellWaiting(event, settings.outage_patience, context);
  };
  const meter = run.before?.meter ?? createMeter();
  const traffic = createPipeline({
    ports: { clock: realClock, onEvent: tell },
    limits: settings,
    control,
    stop,
    meter,
    othersAtWork: () => false,
  });
  const at = () => new Date().toISOString();
  await ledger?.record({ type: 'session_started', reading: true, at: at(), pid: process.pid });
  await untilQuiet(run, settings.rate, stop);
  return {
    asker: createAccountQuery(traffic, tell),
    client,
    control,
    meter,
    onChoice(by, calls) {
      const needed = (calls / expectedRate(settings.rate)) * 1000;
      if (needed < ANNOUNCED_MS || settings.quiet || settings.json) return;
      print(
        context.stderr,
        `Reading the numbers ${by}: ${count(calls, 'call')}, ${timeNeeded(calls, settings.rate)}\n`,
      );
    },
    async close() {
      traffic.end();
      reporter.stop();
      const { requests } = traffic;
      const stopped = stop.asked()?.reason ?? null;
      try {
        await ledger?.record({ type: 'session_ended', at: at(), stop: stopped, requests, rate: traffic.rateSeen() });
      } finally {
        await ledger?.close();
        logger.close();
        agents.destroy();
        await standIn?.close();
      }
    },
  };
}

/** Throws CommandError (exit 7) where a run was begun in another account than that which has been read. */
export function checkOrganization(run: Run, account: AccountSnapshot): void {
  const seen = account.organization();
  const { organization_id: known, run_id: id } = run.manifest;
  if (known !== null && seen !== null && seen !== known) {
    const message = `Run ${id} was begun in organization ${known}, and that of this key is ${seen}: nothing was sent. Set a key of that organization.`;
    throw new CommandError(EXIT.preflight, 'other_account', message);
  }
}

/** The run with the account and the key that it belongs to. Throws CommandError (exit 7) where it began in another one. */
export function noteAccount(run: Run, account: AccountSnapshot, { settings }: Resolved, key: string | null): Run {
  checkOrganization(run, account);
  if (key === null) return run;
  const seen = account.organization();
  const { organization_id: known, key_sha256: digested } = run.manifest;
  const sha256 = keyDigest(settings.base_url, key);
  if ((seen ?? known) === known && digested === sha256) return run;
  return update(run, { organization_id: known ?? seen, key_sha256: sha256 });
}

/** Reads the numbers that rows name. `targets`: the profiles that many of them may be on already. */
export async function readNumbers(
  { asker, client, onChoice }: Reader,
  rows: () => AsyncIterable<readonly NumberKey[]>,
  targets: readonly string[],
  { settings }: Resolved,
): Promise<{ account: AccountSnapshot; reading: Reading }> {
  const account = createSnapshot(digest);
  for await (const batch of rows()) for (const named of batch) account.addWanted(named);
  const parts = { account, query: asker, ports: client, rows, concurrency: concurrencyOf(settings), onChoice };
  return { account, reading: await readAccount(parts, targets) };
}
