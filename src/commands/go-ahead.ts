import { executionEnding, signalExit } from '../core/ending.ts';
import { EXIT } from '../core/exit-codes.ts';
import type { Resolved } from '../core/resolve-settings.ts';
import { count } from '../core/text.ts';
import { proxyFor } from '../io/agents.ts';
import { findApiKey } from '../io/api-key.ts';
import { askYesNo } from '../io/prompt.ts';
import { endRun } from './begin.ts';
import { carryOut, type Target } from './carry-out.ts';
import { type Context, isInteractive, UsageError } from './context.ts';
import type { Run } from './new-run.ts';
import { type EndSignal, onEndSignals } from './signals.ts';
import { startStandIn } from './stand-in.ts';

/** The key from the environment, or UsageError; the stand-in needs none, and a real one is not even read for it. */
export function requireKey({ settings }: Resolved, context: Context): string | null {
  if (settings.sandbox) return null;
  try {
    proxyFor(new URL(settings.base_url), context.env);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const found = findApiKey(context.env);
  if ('fault' in found) throw new UsageError(found.fault);
  if (found.key === null) {
    throw new UsageError(
      'no API key: set TELNYX_API_KEY, or TELNYX_API_KEY_FILE to a file that holds it (or rehearse with --sandbox)',
    );
  }
  return found.key;
}

/** The answer of somebody at the terminal, or the signal that came instead of one. */
async function ask(
  question: string,
  context: Context,
  input: NodeJS.ReadableStream | 'tty',
): Promise<boolean | EndSignal> {
  const controller = new AbortController();
  let came: EndSignal | null = null;
  const forget = onEndSignals((signal) => {
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
  never: boolean,
): Promise<boolean | EndSignal> {
  if (settings.yes || never) return true;
  const { path } = run.manifest.input;
  const where = settings.sandbox ? 'the stand-in' : settings.base_url;
  const question = `\nSend ${count(run.manifest.plan?.change ?? 0, 'change')} to ${where}? [y/N] `;
  if (isInteractive(context)) return ask(question, context, context.stdin);
  if (path !== null || context.stderr.isTTY !== true) return false;
  return ask(question, context, 'tty');
}

/**
 * Executes a saved plan: asks, sends, writes the results. `key` is null for the stand-in. `neverAsk` is for jobs,
 * whose file is the consent. Gives the exit code.
 */
export async function goAhead(
  run: Run,
  resolved: Resolved,
  context: Context,
  options: { key: string | null; neverAsk: boolean; warnings: string[] },
): Promise<number> {
  const { warnings } = options;
  const changes = run.manifest.plan?.change ?? 0;
  if (changes === 0) {
    return endRun(run, { decide: (tally) => executionEnding(null, tally) }, resolved, context, warnings);
  }
  const answer = await confirmed(run, resolved, context, options.neverAsk);
  if (answer !== true) {
    const message = 'Not confirmed, so nothing was sent; the plan is saved.';
    const exit = answer === false ? EXIT.refused : signalExit(answer);
    const refused = { exit, state: 'planned' as const, error: { code: 'not_confirmed', message } };
    return endRun(run, refused, resolved, context, warnings);
  }
  const { key } = options;
  const standIn = key === null ? await startStandIn(run.dir) : null;
  const target: Target = standIn?.target ?? { baseUrl: resolved.settings.base_url, key: key ?? '' };
  let carried: Awaited<ReturnType<typeof carryOut>>;
  try {
    carried = await carryOut(run, resolved, target, context);
  } finally {
    await standIn?.close().catch((error: Error) => {
      warnings.push(`the state of the stand-in could not be kept: ${error.message}`);
    });
  }
  return endRun(carried.run, carried, resolved, context, warnings);
}
