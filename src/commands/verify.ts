import { join, resolve } from 'node:path';
import { countsText, rowText, type VerificationPass, watch } from '../app/account/verification-pass.ts';
import type { Context } from '../app/context.ts';
import { endRun } from '../app/ending/end-run.ts';
import { makeSummary } from '../app/ending/summarize.ts';
import { createStyle, print, printJson, wrapForTerminal } from '../app/output.ts';
import { checkPlan } from '../app/planning/check-plan.ts';
import { findInput, requireInput } from '../app/planning/input-source.ts';
import { planOrExit } from '../app/planning/prepare.ts';
import { printConfig } from '../app/print-config.ts';
import { commandOn, openRun, type Run } from '../app/run/open.ts';
import { requireKey } from '../app/sending/confirm.ts';
import { resolveForCommand, resolveForRun } from '../app/settings.ts';
import { onEndSignals } from '../app/signals.ts';
import { signalExit } from '../core/results/run-exit.ts';
import { EXIT, exitName } from '../core/run/exit-codes.ts';
import type { Resolved } from '../core/settings/resolve.ts';
import type { RawSettings } from '../core/settings/schema.ts';
import { count } from '../core/text/text.ts';
import { createStop, type Stop } from '../engine/stop.ts';
import { isRunDirectory } from '../io/run/directory.ts';

/** Prints what the last look has found, and gives the exit code. */
function report(
  run: Run,
  { counts, shown }: VerificationPass,
  stop: Stop,
  next: string | null,
  { settings }: Resolved,
  context: Context,
): number {
  const { at_target: good, ...others } = counts;
  const bad = Object.values(others).reduce((sum, n) => sum + n, 0);
  const asked = stop.asked();
  const exit = asked?.reason === 'signal' ? signalExit(asked.detail) : bad === 0 ? EXIT.ok : EXIT.rows_not_at_target;
  const file = join(run.shown, 'verify.csv');
  if (settings.json) {
    const error = bad === 0 ? {} : { error: { code: exitName(exit), message: `${countsText(counts)}; see ${file}` } };
    printJson(context, exit, {
      run_id: run.manifest.run_id,
      counts,
      files: { verify: file },
      next_command: next,
      ...error,
    });
    return exit;
  }
  if (settings.quiet && exit === EXIT.ok) return exit;
  const out = settings.quiet ? context.stderr : context.stdout;
  const width = Math.max(0, ...shown.map(({ entry }) => String(entry.line).length));
  const lines = [
    '',
    createStyle(out, context.env)(bad === 0 ? 'good' : 'bad', `verify: ${countsText(counts)}`),
    ...shown.map((checked) => wrapForTerminal(out, `  ${rowText(checked, width)}`)),
  ];
  if (bad > shown.length) lines.push(`  and ${count(bad - shown.length, 'more', 'more')}`);
  lines.push('', 'Files', `  verify   ${file}`, '', `Exit ${exit} (${exitName(exit)})`);
  if (next !== null) lines.push(`Next: ${createStyle(out, context.env)('strong', next)}`);
  print(out, `${lines.join('\n')}\n`);
  return exit;
}

/** `verify INPUT|RUN_DIR`: reads the account and compares it with the targets. Sends nothing. */
export async function verifyCommand(input: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  if (flags.print_config !== undefined && (input === undefined || input === '')) {
    return printConfig(resolveForCommand(flags, context, 'verify'), 'verify', context);
  }
  const given = requireInput(input, 'verify');
  const stop = createStop();
  const forget = onEndSignals(context, (signal) => stop.ask('signal', signal));
  try {
    if (given !== '-' && isRunDirectory(resolve(context.cwd, given)))
      return await verifyRun(given, flags, stop, context);
    const resolved = resolveForCommand(flags, context, 'verify');
    if (resolved.settings.print_config) return printConfig(resolved, 'verify', context);
    return await verifyInput(given, resolved, stop, context);
  } finally {
    forget();
  }
}

async function verifyRun(given: string, flags: RawSettings, stop: Stop, context: Context): Promise<number> {
  const run = openRun(given, context);
  const resolved = resolveForRun(flags, context, 'verify', run.manifest);
  if (resolved.settings.print_config) return printConfig(resolved, 'verify', context);
  const key = requireKey(resolved, context);
  await checkPlan(run, context);
  const look = await watch(run, resolved, key, stop, false, context);
  return report(run, look, stop, null, resolved, context);
}

async function verifyInput(input: string, resolved: Resolved, stop: Stop, context: Context): Promise<number> {
  const key = requireKey(resolved, context);
  const found = findInput(input, resolved, context);
  if ('exit' in found) return found.exit;
  const attempt = await planOrExit(found.origin, resolved, 'verify', key, context);
  if (!('planned' in attempt)) return 'exit' in attempt ? attempt.exit : EXIT.ok;
  const { run, fault } = attempt.planned;
  if (fault !== null) {
    const line = fault.line === null ? '' : `, line ${fault.line}`;
    const message = `${found.where}${line}: ${fault.code}: ${fault.text}`;
    return endRun(run, { exit: EXIT.input, state: 'refused', error: { code: fault.code, message } }, resolved, context);
  }
  const look = await watch(run, resolved, key, stop, true, context);
  const isGood = look.counts.drifted + look.counts.missing + look.counts.unknown + look.counts.rejected === 0;
  const exit = isGood ? EXIT.ok : EXIT.rows_not_at_target;
  await makeSummary(run, false, () => ({ exit, state: 'planned' }), [], resolved.settings, context);
  const next =
    look.counts.drifted > 0
      ? commandOn(run, 'apply', context, ...(look.counts.rejected + look.counts.missing > 0 ? ['--skip-rejected'] : []))
      : null;
  return report(run, look, stop, next, resolved, context);
}
