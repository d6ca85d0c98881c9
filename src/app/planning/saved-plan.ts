import { planText } from '../../core/plan/plan-text.ts';
import { createPreview, type Preview } from '../../core/plan/preview.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import { count } from '../../core/text/text.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { liveCounts, liveText } from '../account/drift.ts';
import type { Live } from '../account/reread.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { commandOn, type Run } from '../run/open.ts';
import { validUntil } from './plan-age.ts';
import { keptAccount } from './plan-run.ts';
import { sentTo, warningText } from './prepare.ts';

/** What a saved plan comes to. */
async function previewOf(run: Run): Promise<Preview> {
  const preview = createPreview();
  for await (const batch of readPlan(runFiles(run.dir).plan)) for (const entry of batch) preview.add(entry);
  return preview;
}

/** A saved plan for people, with its warnings and what has become of its rows; and how many are still to be sent. */
export async function savedPlanText(
  run: Run,
  resolved: Resolved,
  live: Live,
  context: Context,
): Promise<{ text: string; sent: number }> {
  const { settings } = resolved;
  const plan = planText(
    await previewOf(run),
    settings,
    sentTo(settings),
    Date.now(),
    validUntil(run, settings),
    keptAccount(run),
  );
  const warnings = warningText(run.manifest.plan?.warnings ?? [], run.shown, context);
  if (live === null) return { text: `${plan}${warnings}`, sent: run.manifest.plan?.change ?? 0 };
  const counts = await liveCounts(run, live, settings.force);
  const since = liveText(counts);
  return { text: `${plan}${warnings}${since === '' ? '' : `${since}\n`}`, sent: counts.sent };
}

/** Throws CommandError (exit 8) where a plan has warnings that --strict makes errors. */
export function checkStrict(run: Run, { settings }: Resolved, context: Context): void {
  const warnings = run.manifest.plan?.warnings ?? [];
  if (!settings.strict || warnings.length === 0) return;
  const anyway = commandOn(run, 'apply', context, '--strict=false');
  const message = `${count(warnings.length, 'warning')}, which --strict makes errors; nothing was sent. To go ahead all the same: ${anyway}`;
  throw new CommandError(EXIT.refused, 'strict', message, anyway);
}

/** `apply RUN_DIR --dry-run`: shows a saved plan as it would be carried out now, and changes no file of it. */
export async function showSavedPlan(run: Run, resolved: Resolved, live: Live, context: Context): Promise<number> {
  const { settings } = resolved;
  const { text, sent } = await savedPlanText(run, resolved, live, context);
  const exit = settings.detailed_exitcode && sent > 0 ? EXIT.changes : EXIT.ok;
  const next = sent > 0 ? commandOn(run, 'apply', context) : null;
  const { run_id: id, state, plan } = run.manifest;
  if (settings.json) printJson(context, exit, { run_id: id, state, plan, to_send: sent, next_command: next });
  else if (!settings.quiet) {
    const command = next === null ? '' : `Next: ${next}\n`;
    print(context.stdout, `${text}\n${count(sent, 'row')} would be sent\nExit ${exit} (${exitName(exit)})\n${command}`);
  }
  return exit;
}
