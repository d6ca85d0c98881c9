import { executionExit, signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { type FinishBy, localTime, readFinishBy } from '../../core/settings/finish-by.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { count } from '../../core/text/text.ts';
import { proxyFor } from '../../io/http/agents.ts';
import { findApiKey } from '../../io/http/api-key.ts';
import { askYesNo } from '../../io/terminal/prompt.ts';
import type { Target } from '../account/connect.ts';
import type { Live } from '../account/reread.ts';
import { startSandboxFor } from '../account/sandbox.ts';
import { type Context, isInteractive } from '../context.ts';
import { endRun } from '../ending/end-run.ts';
import type { Finish } from '../ending/summarize.ts';
import { CommandError, UsageError } from '../errors.ts';
import { commandOn, type Run } from '../run/open.ts';
import { supersede } from '../run/unfinished.ts';
import { type EndSignal, onEndSignals } from '../signals.ts';
import { executePlan } from './execute.ts';

/** The key from the environment, or UsageError; the stand-in needs none, and a real one is not even read for it. */
export function requireKey({ settings }: Resolved, context: Context): string | null {
  if (settings.sandbox) return null;
  try {
    proxyFor(new URL(settings.base_url), context.env);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const found = findApiKey(context.env);
  if ('error' in found) throw new UsageError(found.error);
  if (found.key === null) {
    throw new UsageError(
      'no API key: set TELNYX_API_KEY, or TELNYX_API_KEY_FILE to a file that holds it (or rehearse with --sandbox, or check the file alone with plan --offline)',
    );
  }
  return found.key;
}

/** When the run is to end, or the refusal of a time that has passed. */
function windowOf({
  finish_by: text,
}: Settings): { finishBy: FinishBy | null } | { refused: Finish & { error: { code: string; message: string } } } {
  if (text === null) return { finishBy: null };
  const finishBy = readFinishBy(text, Date.now());
  if (!('missed' in finishBy)) return { finishBy };
  const isPast = finishBy.missed <= Date.now();
  const how = isPast
    ? `was ${localTime(finishBy.missed)}. Give a later time.`
    : `would be ${localTime(finishBy.missed)}, more than 12 hours from now. If that is meant, name the day too.`;
  const message = `That window was missed, so nothing was sent: --finish-by ${text} ${how}`;
  const stop = { reason: 'window_missed', detail: isPast ? '' : new Date(finishBy.missed).toISOString() };
  return { refused: { exit: EXIT.refused, state: 'refused', stop, error: { code: 'window_missed', message } } };
}

/** The answer of somebody at the terminal, or the signal that came instead of one. */
async function ask(
  question: string,
  context: Context,
  input: NodeJS.ReadableStream | 'tty',
): Promise<boolean | EndSignal> {
  const controller = new AbortController();
  let came: EndSignal | null = null;
  const forget = onEndSignals(context, (signal) => {
    came = signal;
    controller.abort();
  });
  try {
    const answer = (await askYesNo(question, context.stderr, input, controller.signal)) ?? false;
    return came ?? answer;
  } finally {
    forget();
  }
}

/** Whether the run may write: by --yes or a job, or by the answer of somebody at the terminal. */
async function confirmed(
  run: Run,
  { settings }: Resolved,
  context: Context,
  changes: number,
  never: boolean,
): Promise<boolean | EndSignal> {
  if (settings.yes || never) return true;
  const { path } = run.manifest.input;
  const where = settings.sandbox ? 'the stand-in' : settings.base_url;
  const question = `\nSend ${count(changes, 'change')} to ${where}? [y/N] `;
  if (isInteractive(context)) return ask(question, context, context.stdin);
  if (path !== null || context.stderr.isTTY !== true) return false;
  return ask(question, context, 'tty');
}

type Sending = {
  /** Null for the stand-in. */
  key: string | null;
  warnings: string[];
  /** Runs that this one is started in place of. */
  supersedes?: Run[];
  /** The account as it is now, where the plan was made before. */
  live?: Live;
  /** Rows that are still to be sent, where some of the plan are not. */
  toSend?: number;
};

/**
 * Executes a saved plan: asks, sends, writes the results. `neverAsk` is for jobs, whose file is the consent. Gives the
 * exit code.
 */
export async function confirmAndSend(
  run: Run,
  resolved: Resolved,
  context: Context,
  options: Sending & { neverAsk: boolean },
): Promise<number> {
  const { warnings } = options;
  // An unfinished run that this one was to be started in place of stands in its way again when it is applied later.
  const anew =
    run.manifest.source !== null || (options.supersedes ?? []).length === 0
      ? {}
      : { next: commandOn(run, 'apply', context, '--if-unfinished', 'new') };
  const end = (finish: Finish) => endRun(run, { ...anew, ...finish }, resolved, context, warnings);
  const window = windowOf(resolved.settings);
  if ('refused' in window) return end(window.refused);
  const changes = options.toSend ?? run.manifest.plan?.change ?? 0;
  if (changes > 0) {
    const answer = await confirmed(run, resolved, context, changes, options.neverAsk);
    if (answer !== true) {
      const message = 'Not confirmed, so nothing was sent; the plan is saved.';
      const exit = answer === false ? EXIT.refused : signalExit(answer);
      return end({ exit, state: 'planned', error: { code: 'not_confirmed', message } });
    }
  }
  return sendRows(run, resolved, context, options);
}

/** Sends the rows of a plan that are still to be sent, and writes the results. Gives the exit code. */
export async function sendRows(
  run: Run,
  resolved: Resolved,
  context: Context,
  { key, warnings, supersedes = [], live = null }: Sending,
): Promise<number> {
  const { settings } = resolved;
  const window = windowOf(settings);
  if ('refused' in window) {
    const { error, exit } = window.refused;
    throw new CommandError(exit, error.code, error.message);
  }
  supersede(supersedes, run);
  if ((run.manifest.plan?.change ?? 0) === 0) {
    return endRun(run, { decide: (tally) => executionExit(null, tally) }, resolved, context, warnings);
  }
  const standIn = key === null ? await startSandboxFor(run.dir) : null;
  const target: Target = standIn?.target ?? { baseUrl: settings.base_url, key: key ?? '' };
  let carried: Awaited<ReturnType<typeof executePlan>>;
  try {
    carried = await executePlan(run, resolved, target, window.finishBy, live, context);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const message = `The run could not be begun, and nothing was sent: ${(error as Error).message}.`;
    const { state, stop } = run.manifest;
    const failed = { exit: EXIT.internal, state, stop, error: { code: 'internal', message } };
    return await endRun(run, failed, resolved, context, warnings);
  } finally {
    await standIn?.close().catch((error: Error) => {
      warnings.push(`the state of the stand-in could not be kept: ${error.message}`);
    });
  }
  return endRun(carried.run, carried, resolved, context, warnings);
}
