import { join } from 'node:path';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import { count } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { createStop, type Stop } from '../../engine/stop.ts';
import { withKey } from '../account/connect.ts';
import { endRun } from '../ending/end-run.ts';
import { makeSummary } from '../ending/summarize.ts';
import type { Invocation, KeyedInvocation } from '../invocation.ts';
import { createStyle, print, printJson, wrapForTerminal } from '../output.ts';
import { checkPlan } from '../planning/check-plan.ts';
import { findInput } from '../planning/input-source.ts';
import { checkFile, planOrExit } from '../planning/prepare.ts';
import { commandOn, type Run } from '../run/open.ts';
import { onEndSignals } from '../signals.ts';
import { countsText, rowText, type VerdictCounts, type VerificationPass, watch } from './verification-pass.ts';

function countOthers({ at_target: _, ...others }: VerdictCounts): number {
  return Object.values(others).reduce((sum, n) => sum + n, 0);
}

function exitOf({ counts }: VerificationPass, stop: Stop): number {
  const asked = stop.asked();
  if (asked?.reason === 'signal') return signalExit(asked.detail);
  return countOthers(counts) === 0 ? EXIT.ok : EXIT.rows_not_at_target;
}

type Report = { run: Run; pass: VerificationPass; stop: Stop; next: string | null };

/** Prints what the last pass has found, and returns the exit code. */
function printReport({ run, pass, stop, next }: Report, { settings, context }: Invocation): number {
  const { counts, shown } = pass;
  const exit = exitOf(pass, stop);
  const others = countOthers(counts);
  const file = join(run.shown, 'verify.csv');
  if (settings.json) {
    const error = { code: exitName(exit), message: `${countsText(counts)}; see ${visible(file)}` };
    const fields = { run_id: run.manifest.run_id, counts, files: { verify: file }, next_command: next };
    printJson(context, exit, others === 0 ? fields : { ...fields, error });
    return exit;
  }
  if (settings.quiet && exit === EXIT.ok) return exit;
  const stream = settings.quiet ? context.stderr : context.stdout;
  const style = createStyle(stream, context.env);
  const lineWidth = Math.max(0, ...shown.map(({ entry }) => String(entry.line).length));
  const lines = [
    '',
    style(others === 0 ? 'good' : 'bad', `verify: ${countsText(counts)}`),
    ...shown.map((checked) => wrapForTerminal(stream, `  ${rowText(checked, lineWidth)}`)),
  ];
  if (others > shown.length) lines.push(`  and ${count(others - shown.length, 'more', 'more')}`);
  lines.push('', 'Files', `  verify   ${visible(file)}`, '', `Exit ${exit} (${exitName(exit)})`);
  if (next !== null) lines.push(`Next: ${style('strong', next)}`);
  print(stream, `${lines.join('\n')}\n`);
  return exit;
}

/** Runs a verification that a signal stops. */
async function untilSignal<T>(invocation: Invocation, verify: (stop: Stop) => Promise<T>): Promise<T> {
  const stop = createStop();
  const removeHandlers = onEndSignals(invocation.context, (signal) => stop.ask('signal', signal));
  try {
    return await verify(stop);
  } finally {
    removeHandlers();
  }
}

/** `verify RUN_DIR`: compares the account with the targets of a run. Returns the exit code. */
export function verifyRun(run: Run, given: Invocation): Promise<number> {
  return untilSignal(given, async (stop) => {
    const invocation = withKey(given);
    await checkPlan(run, invocation.context);
    const pass = await watch(run, invocation, { stop, isNew: false });
    return printReport({ run, pass, stop, next: null }, invocation);
  });
}

/** The command that sends what is not at its target. */
function nextOf(run: Run, { counts }: VerificationPass, { context }: KeyedInvocation): string | null {
  if (counts.drifted === 0) return null;
  const skip = counts.rejected + counts.missing > 0 ? ['--skip-rejected'] : [];
  return commandOn(run, 'apply', context, ...skip);
}

/** `verify INPUT`: plans an input and compares the account with it. Returns the exit code. */
export function verifyInput(input: string, given: Invocation): Promise<number> {
  return untilSignal(given, async (stop) => {
    const invocation = withKey(given);
    const source = findInput(input, invocation);
    if ('exit' in source) return source.exit;
    const attempt = await planOrExit(source, 'verify', invocation);
    if (!('planned' in attempt)) return 'exit' in attempt ? attempt.exit : EXIT.ok;
    const { run } = attempt.planned;
    const badFile = checkFile(attempt.planned, source.where);
    if (badFile !== null) return endRun(run, badFile, invocation);
    const pass = await watch(run, invocation, { stop, isNew: true });
    const { drifted, missing, unknown, rejected } = pass.counts;
    const isGood = drifted + missing + unknown + rejected === 0;
    await makeSummary(run, { exit: isGood ? EXIT.ok : EXIT.rows_not_at_target, state: 'planned' }, invocation);
    return printReport({ run, pass, stop, next: nextOf(run, pass, invocation) }, invocation);
  });
}
