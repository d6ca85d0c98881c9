import { join } from 'node:path';
import { type AccountText, dialectText, heldText, planText, rejectionText } from '../../core/plan/plan-text.ts';
import type { Preview } from '../../core/plan/preview.ts';
import { aroundLines } from '../../core/profiles/around-text.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { count } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { soaksMs, waveLines } from '../../core/waves/waves-text.ts';
import type { Context } from '../context.ts';
import type { Reporting } from '../invocation.ts';
import { createStyle, print, resultStream, wrapForTerminal } from '../output.ts';
import type { Run } from '../run/open.ts';
import { validUntil } from './check-plan.ts';
import type { PlannedRun } from './plan-run.ts';

/** A move between hundreds of profiles has hundreds of warnings. */
const MAX_SHOWN_WARNINGS = 20;

/** The warnings of a plan for people, one a line; those that are left out are in summary.json. */
export function warningText(
  warnings: readonly string[],
  dir: string,
  { stream, env }: { stream: NodeJS.WriteStream; env: Context['env'] },
): string {
  const style = createStyle(stream, env);
  const lines = warnings.slice(0, MAX_SHOWN_WARNINGS).map((text) => {
    // Wrapped before it is coloured, because colours take no columns.
    const line = wrapForTerminal(stream, `warning: ${text}`);
    return `${style('strong', 'warning:')}${line.slice('warning:'.length)}\n`;
  });
  const more = warnings.length - MAX_SHOWN_WARNINGS;
  if (more > 0) lines.push(`and ${count(more, 'more warning')} in ${visible(join(dir, 'summary.json'))}\n`);
  return lines.join('');
}

/** What a plan for people is made from. `isSaved`: an earlier command made the plan. */
type ShownPlan = { run: Run; preview: Preview; account: AccountText | null; isSaved: boolean };

/** A plan for people. */
export function planTextOf({ run, preview, account, isSaved }: ShownPlan, settings: Settings): string {
  const sentTo = settings.sandbox ? 'To the sandbox' : `PATCH ${settings.base_url}/phone_numbers/{id}/messaging`;
  const { change } = preview.actions;
  const waves = {
    lines: waveLines(change, preview.moves().length, settings),
    waitsMs: soaksMs(change, settings),
  };
  return planText(preview, {
    settings,
    sentTo,
    now: Date.now(),
    validUntil: validUntil(run, settings),
    account,
    waves,
    around: aroundLines(run.manifest.plan, preview.pairs(), account?.nameOf),
    // A plan that is sent at once is not reviewed.
    digest: isSaved || run.manifest.command === 'plan' ? (run.manifest.plan?.sha256 ?? null) : null,
  });
}

/** Shows a new plan: the plan on standard output for `plan`; everything else on standard error. */
export function showPlan(
  { run, preview, dialect, account, warnings }: PlannedRun,
  { where, notes }: { where: string; notes: readonly string[] },
  { settings, context }: Reporting,
): void {
  if (settings.quiet || settings.json) return;
  const { stderr, env } = context;
  // The CSV of an undo is our own, and so is that of --number.
  const isOurs = run.manifest.source?.undo === true || settings.number !== null;
  if (dialect !== null && !isOurs) print(stderr, `${where}: ${dialectText(dialect)}\n`);
  for (const note of notes) print(stderr, `note: ${note}\n`);
  const stream = run.manifest.command === 'plan' ? resultStream({ settings, context }) : stderr;
  print(stream, wrapForTerminal(stream, planTextOf({ run, preview, account, isSaved: false }, settings)));
  print(stderr, warningText(warnings, run.shown, { stream: stderr, env }));
  print(stderr, wrapForTerminal(stderr, heldText(preview, visible(join(run.shown, 'held.csv')))));
  const rejections = wrapForTerminal(stderr, rejectionText(preview, visible(join(run.shown, 'results.csv'))));
  if (rejections !== '') print(stderr, createStyle(stderr, env)('bad', rejections));
}
