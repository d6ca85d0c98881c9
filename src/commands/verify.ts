import { join, resolve } from 'node:path';
import { signalExit } from '../core/ending.ts';
import { EXIT, exitName } from '../core/exit-codes.ts';
import type { Resolved, Typed } from '../core/resolve-settings.ts';
import { count } from '../core/text.ts';
import { createStop, type Stop } from '../engine/ports.ts';
import { isRunDirectory } from '../io/run-directory.ts';
import { planOrEnd } from './begin.ts';
import { checkPlan } from './check-plan.ts';
import { type Context, fitted, painter, say, sayJson } from './context.ts';
import { endRun } from './end-run.ts';
import { makeSummary } from './finish.ts';
import { requireKey } from './go-ahead.ts';
import { countsText, type Look, rowText, watch } from './look.ts';
import { commandOn, openRun, type Run } from './open-run.ts';
import { printConfig } from './print-config.ts';
import { findInput, requireInput } from './require-input.ts';
import { settle, settleOnRun } from './settled.ts';
import { onEndSignals } from './signals.ts';

/** Prints what the last look has found, and gives the exit code. */
function report(
  run: Run,
  { counts, shown }: Look,
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
    sayJson(context, exit, {
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
    painter(out)(bad === 0 ? 'good' : 'bad', `verify: ${countsText(counts)}`),
    ...shown.map((checked) => fitted(out, `  ${rowText(checked, width)}`)),
  ];
  if (bad > shown.length) lines.push(`  and ${count(bad - shown.length, 'more', 'more')}`);
  lines.push('', 'Files', `  verify   ${file}`, '', `Exit ${exit} (${exitName(exit)})`);
  if (next !== null) lines.push(`Next: ${painter(out)('strong', next)}`);
  say(out, `${lines.join('\n')}\n`);
  return exit;
}

/** `verify INPUT|RUN_DIR`: reads the account and compares it with the targets. Sends nothing. */
export async function verifyCommand(input: string | undefined, flags: Typed, context: Context): Promise<number> {
  if (flags.print_config !== undefined && (input === undefined || input === '')) {
    return printConfig(settle(flags, context, 'verify'), 'verify', context);
  }
  const given = requireInput(input, 'verify');
  const stop = createStop();
  const forget = onEndSignals((signal) => stop.ask('signal', signal));
  try {
    if (given !== '-' && isRunDirectory(resolve(context.cwd, given)))
      return await verifyRun(given, flags, stop, context);
    const resolved = settle(flags, context, 'verify');
    if (resolved.settings.print_config) return printConfig(resolved, 'verify', context);
    return await verifyInput(given, resolved, stop, context);
  } finally {
    forget();
  }
}

async function verifyRun(given: string, flags: Typed, stop: Stop, context: Context): Promise<number> {
  const run = openRun(given, context);
  const resolved = settleOnRun(flags, context, 'verify', run.manifest);
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
  const attempt = await planOrEnd(found.origin, resolved, 'verify', key, context);
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
