import { resolve } from 'node:path';
import { EXIT } from '../core/exit-codes.ts';
import { planAgain } from '../core/next-command.ts';
import { planText } from '../core/plan-text.ts';
import { createPreview, type Preview } from '../core/preview.ts';
import type { Resolved, Typed } from '../core/resolve-settings.ts';
import { commandLine } from '../core/shell.ts';
import { count } from '../core/text.ts';
import { readPlan } from '../io/plan-reader.ts';
import { isRunDirectory, runFiles } from '../io/run-directory.ts';
import { begin, endRun, sentTo, tooFewRows } from './begin.ts';
import { type Context, say, sayJson } from './context.ts';
import { goAhead, requireKey } from './go-ahead.ts';
import { fileSha256 } from './make-plan.ts';
import { checkOutputs, keptSettings, openRun, type Run } from './new-run.ts';
import { printConfig } from './print-config.ts';
import { requireInput } from './require-input.ts';
import { settle, settleOnRun } from './settled.ts';

/** `apply INPUT`: make the plan and execute it. `apply RUN_DIR`: execute a saved plan. */
export async function applyCommand(input: string | undefined, flags: Typed, context: Context): Promise<number> {
  if (flags.print_config !== undefined) return printConfig(settle(flags, context, 'apply'), context);
  const given = requireInput(input, 'apply');
  if (given !== '-' && isRunDirectory(resolve(context.cwd, given))) return applyRun(given, flags, context);
  return applyInput(given, settle(flags, context, 'apply'), context, false);
}

/** From an input to its end. `neverAsk` is for jobs. */
export async function applyInput(
  input: string,
  resolved: Resolved,
  context: Context,
  neverAsk: boolean,
): Promise<number> {
  if (resolved.settings.dry_run) {
    const begun = await begin(input, resolved, 'plan', context);
    return 'exit' in begun ? begun.exit : EXIT.ok;
  }
  const key = requireKey(resolved, context);
  const begun = await begin(input, resolved, 'apply', context);
  if ('exit' in begun) return begun.exit;
  return goAhead(begun.run, resolved, context, { key, neverAsk, warnings: begun.warnings });
}

/** Why a run directory cannot be applied as it is, and the command to use instead; null where it can. */
async function refusal(run: Run, context: Context): Promise<{ code: string; message: string } | null> {
  const { state, plan, input, run_id: id } = run.manifest;
  const files = runFiles(run.dir);
  if (state === 'planning') {
    const again = planAgain(run.manifest, context.program);
    const message = `Run ${id} ended while it was planning, and nothing was sent.${again === null ? '' : ` Start again: ${again}`}`;
    return { code: 'no_plan', message };
  }
  if (state !== 'planned' && state !== 'refused') {
    const how = commandLine(context.program, 'results', run.shown);
    return {
      code: 'not_planned',
      message: `Run ${id} is ${state}, and apply takes a planned one. See how it ended: ${how}`,
    };
  }
  if (plan === null) return { code: 'no_plan', message: `Run ${id} has no plan: its input was refused.` };
  for (const [path, sha256, what] of [
    [files.plan, plan.sha256, 'plan.csv'],
    [files.input, input.sha256, 'input.csv'],
  ] as const) {
    if ((await fileSha256(path).catch(() => '')) === sha256) continue;
    const command = planAgain(run.manifest, context.program);
    const again = command === null ? '' : ` Plan again: ${command}`;
    return {
      code: 'plan_changed',
      message: `${what} in ${run.shown} is not what was planned, so nothing was sent.${again}`,
    };
  }
  return null;
}

/** What a saved plan comes to. */
async function previewOf(run: Run): Promise<Preview> {
  const preview = createPreview();
  for await (const batch of readPlan(runFiles(run.dir).plan)) for (const entry of batch) preview.add(entry);
  return preview;
}

async function applyRun(given: string, flags: Typed, context: Context): Promise<number> {
  const loaded = openRun(given, context);
  const resolved = settleOnRun(flags, context, 'apply', loaded.manifest);
  const { settings } = resolved;
  checkOutputs(null, resolved, context);
  // What was given anew belongs to the run from now on, and to the commands that it prints.
  const run = { ...loaded, manifest: { ...loaded.manifest, settings: keptSettings(resolved) } };
  const key = settings.dry_run ? null : requireKey(resolved, context);
  const refused = await refusal(run, context);
  if (refused !== null) {
    if (settings.json) sayJson(context, EXIT.refused, { error: refused });
    else say(context.stderr, `${refused.message}\n`);
    return EXIT.refused;
  }
  const { rejected } = run.manifest.plan as { rejected: number };
  const {
    warnings,
    input: { rows },
  } = run.manifest;
  if (rejected > 0 && !settings.skip_rejected) {
    const message = `${count(rejected, 'row')} rejected; nothing was sent`;
    return endRun(
      run,
      { exit: EXIT.input, state: 'refused', error: { code: 'rejected_rows', message } },
      resolved,
      context,
      warnings,
    );
  }
  if (rows < settings.min_rows) {
    return endRun(run, tooFewRows('the plan', rows, settings.min_rows), resolved, context, warnings);
  }
  if (settings.dry_run) return endRun(run, { exit: EXIT.ok, state: 'planned' }, resolved, context, warnings);
  const applied = { ...run, manifest: { ...run.manifest, command: 'apply' } };
  if (!settings.quiet && !settings.json) {
    say(context.stderr, planText(await previewOf(run), settings.rate, sentTo(settings)));
  }
  return goAhead(applied, resolved, context, { key, neverAsk: false, warnings });
}
