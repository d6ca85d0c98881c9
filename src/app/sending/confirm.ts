import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { count } from '../../core/text/text.ts';
import { askYesNo } from '../../io/terminal/prompt.ts';
import { type Context, isInteractive } from '../context.ts';
import { endRun } from '../ending/end-run.ts';
import { failedEnding } from '../ending/run-ending.ts';
import type { KeyedInvocation, Reporting } from '../invocation.ts';
import { commandOn, queueFlags, type Run } from '../run/open.ts';
import { type EndSignal, onEndSignals } from '../signals.ts';
import { finishTimeOf } from './finish-time.ts';
import { type Sending, sendRows } from './send-rows.ts';

/** Returns the answer, or the signal that came instead of one. */
async function ask(question: string, input: NodeJS.ReadableStream | 'tty', context: Context) {
  const controller = new AbortController();
  let received: EndSignal | null = null;
  const removeHandlers = onEndSignals(context, (signal) => {
    received = signal;
    controller.abort();
  });
  try {
    const answer = (await askYesNo(question, context.stderr, input, controller.signal)) ?? false;
    return received ?? answer;
  } finally {
    removeHandlers();
  }
}

/** Whether the run may write: by --yes or by the answer to a question. */
async function isConfirmed(run: Run, changes: number, { settings, context }: Reporting): Promise<boolean | EndSignal> {
  if (settings.yes) return true;
  const where = settings.sandbox ? 'the sandbox' : settings.base_url;
  const question = `\nSend ${count(changes, 'change')} to ${where}? [y/N] `;
  if (isInteractive(context)) return ask(question, context.stdin, context);
  // Standard input carries the CSV, but there may be a terminal all the same.
  const isPiped = run.manifest.input.path === null && settings.number === null && context.stderr.isTTY === true;
  return isPiped ? ask(question, 'tty', context) : false;
}

/** Executes a plan: asks, sends, writes the results. `toSend`: how many rows are to be sent. Returns the exit code. */
export async function confirmAndSend(
  run: Run,
  invocation: KeyedInvocation,
  options: Sending & { toSend?: number },
): Promise<number> {
  // The unfinished run that this one supersedes will be in the way again when the saved plan is applied.
  const isInTheWay = run.manifest.source === null && (options.supersedes ?? []).length > 0;
  const again = ['--if-unfinished', 'new', ...queueFlags(invocation)];
  const next = isInTheWay ? { next: commandOn(run, 'apply', invocation.context, ...again) } : {};
  const time = finishTimeOf(invocation.settings);
  if ('refused' in time) return endRun(run, { ...next, ...time.refused }, invocation);
  const changes = options.toSend ?? run.manifest.plan?.change ?? 0;
  const { held } = invocation;
  if (changes > 0 && held !== undefined && 'refused' in held) {
    const message = `${held.refused.message} Nothing was handed over; the plan is saved.`;
    return endRun(run, { ...next, ...failedEnding(EXIT.preflight, 'planned', held.refused.code, message) }, invocation);
  }
  const answer = changes === 0 || (await isConfirmed(run, changes, invocation));
  if (answer !== true) {
    const exit = answer === false ? EXIT.refused : signalExit(answer);
    const message = 'Not confirmed, so nothing was sent; the plan is saved.';
    return endRun(run, { ...next, ...failedEnding(exit, 'planned', 'not_confirmed', message) }, invocation);
  }
  return sendRows(run, invocation, options);
}
