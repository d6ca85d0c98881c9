import { checkIsAtRest } from '../../app/ending/rewrite-results.ts';
import { rewriteReport } from '../../app/followup/report.ts';
import type { Command } from '../../app/invocation.ts';
import { checkPlan } from '../../app/planning/check-plan.ts';
import { requireRun } from '../../app/run/open.ts';
import { resolveForResults } from '../../app/settings.ts';

/** `report RUN_DIR`: writes report.html again from input copy, plan and ledger. */
export const reportCommand: Command = async (given, flags, context) => {
  const run = requireRun(given, 'report', context);
  await checkIsAtRest(run, context);
  if (run.manifest.plan !== null) await checkPlan(run, context);
  return rewriteReport(run, resolveForResults(flags, context, 'report', run.manifest));
};
