import { createPreview, type Preview } from '../../core/plan/preview.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import { count } from '../../core/text/text.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { driftCounts, driftText } from '../account/drift.ts';
import type { RereadRun } from '../account/reread.ts';
import { CommandError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { print, printJson, wrapForTerminal } from '../output.ts';
import { commandOn, type Run } from '../run/open.ts';
import { checkStrict } from './guards.ts';
import { recordedAccount } from './plan-run.ts';
import { estimateOf, planTextOf, warningText } from './show-plan.ts';

async function previewOf(run: Run): Promise<Preview> {
  const preview = createPreview();
  for await (const batch of readPlan(runFiles(run.dir).plan)) for (const entry of batch) preview.add(entry);
  return preview;
}

/**
 * A saved plan for people with its warnings and what has drifted since, for the stream that it is printed on; what bulk
 * orders would cost now, and how many rows are still to be sent.
 */
export async function savedPlanText(
  { run, reread }: RereadRun,
  { settings, context }: Reporting,
  stream: NodeJS.WriteStream,
) {
  const { plan } = run.manifest;
  const warnings = warningText(plan?.warnings ?? [], run.shown, { stream, env: context.env });
  const shown = { run, preview: await previewOf(run), account: recordedAccount(run), isSaved: true };
  const text = `${wrapForTerminal(stream, planTextOf(shown, settings))}${warnings}`;
  const bulk = settings.bulk === 'auto' ? estimateOf(shown, settings) : null;
  if (reread === null) return { text, bulk, toSend: plan?.change ?? 0 };
  const counts = await driftCounts({ run, reread, force: settings.force });
  const drift = driftText(counts);
  return { text: drift === '' ? text : `${text}${drift}\n`, bulk, toSend: counts.sent };
}

/** Throws CommandError (exit 8) if a saved plan has warnings that --strict makes errors. */
export function checkSavedStrict(run: Run, { settings, context }: Reporting): void {
  const ending = checkStrict(run.manifest.plan?.warnings ?? [], settings);
  if (ending === null) return;
  const anyway = commandOn(run, 'apply', context, '--strict=false');
  const message = `${ending.error.message}. To send anyway: ${anyway}`;
  throw new CommandError(ending.exit, ending.error.code, message, anyway);
}

/** `apply RUN_DIR --dry-run`: shows a saved plan as it would be executed now, and changes none of its files. */
export async function showSavedPlan(reread: RereadRun, reporting: Reporting): Promise<number> {
  const { settings, context } = reporting;
  const { run } = reread;
  const { text, bulk, toSend } = await savedPlanText(reread, reporting, context.stdout);
  const exit = settings.detailed_exitcode && toSend > 0 ? EXIT.changes : EXIT.ok;
  const next = toSend > 0 ? commandOn(run, 'apply', context) : null;
  const { run_id: id, state, plan } = run.manifest;
  if (settings.json)
    printJson(context, exit, {
      run_id: id,
      state,
      plan: plan === null ? null : { ...plan, bulk },
      plan_sha256: plan?.sha256,
      to_send: toSend,
      next_command: next,
    });
  else if (!settings.quiet) {
    const command = next === null ? '' : `Next: ${next}\n`;
    const ending = `${count(toSend, 'row')} would be sent\nExit ${exit} (${exitName(exit)})`;
    print(context.stdout, `${text}\n${ending}\n${command}`);
  }
  return exit;
}
