import { checkIsAtRest, rewriteResults } from '../app/ending/rewrite-results.ts';
import type { Command } from '../app/invocation.ts';
import { checkPlan } from '../app/planning/check-plan.ts';
import { requireRun } from '../app/run/open.ts';
import { resolveForResults } from '../app/settings.ts';

/** `results RUN_DIR`: writes results.csv, failed.csv and summary.json again from input copy, plan and ledger. */
export const resultsCommand: Command = async (given, flags, context) => {
  const run = requireRun(given, 'results', context);
  await checkIsAtRest(run, context);
  if (run.manifest.plan !== null) await checkPlan(run, context);
  return rewriteResults(run, resolveForResults(flags, context, 'results', run.manifest));
};
