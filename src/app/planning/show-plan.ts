import { join } from 'node:path';
import { estimateOrders } from '../../core/bulk/estimate.ts';
import { type OrderPlan, orderHint, orderPlan } from '../../core/bulk/estimate-text.ts';
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

const NO_ORDERS: OrderPlan = { lines: [], requests: null };

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

/** What bulk orders would cost; null if they need what was not read. */
export function estimateOf({ preview, account }: Pick<ShownPlan, 'preview' | 'account'>, settings: Settings) {
  return account === null ? null : estimateOrders(preview.orderRows, settings);
}

/** What a plan for people is made from. `isSaved`: an earlier command made the plan. */
type ShownPlan = { run: Run; preview: Preview; account: AccountText | null; isSaved: boolean };

/** Where the requests of a plan go, in words. `requests`: how many, if some of them are no PATCH. */
function placeOf({ sandbox, base_url: url }: Settings, requests: number | null): string {
  const to = sandbox ? 'To the sandbox' : `To ${url}`;
  if (requests !== null) return `${to}, ${count(requests, 'request')}`;
  return sandbox ? to : `PATCH ${url}/phone_numbers/{id}/messaging`;
}

/** A plan for people. */
export function planTextOf({ run, preview, account, isSaved }: ShownPlan, settings: Settings): string {
  const orders = settings.bulk === 'auto' ? orderPlan(estimateOf({ preview, account }, settings)) : NO_ORDERS;
  const { change } = preview.actions;
  const waves = {
    lines: waveLines(change, preview.moves().length, settings),
    waitsMs: soaksMs(change, settings),
  };
  return planText(preview, {
    settings,
    orders,
    sentTo: placeOf(settings, orders.requests),
    now: Date.now(),
    validUntil: validUntil(run, settings),
    account,
    waves,
    around: aroundLines(run.manifest.plan, preview.pairs(), account?.nameOf),
    // A plan that is sent at once is not reviewed.
    digest: isSaved || run.manifest.command === 'plan' ? (run.manifest.plan?.sha256 ?? null) : null,
  });
}

/** Names --bulk auto to people if many rows could go by orders. Scripts need no hint. */
function hintText(shown: Pick<ShownPlan, 'preview' | 'account'>, { settings, context }: Reporting): string {
  const estimate = settings.bulk === 'off' && settings.queue === null ? estimateOf(shown, settings) : null;
  const hint = estimate === null || context.stderr.isTTY !== true ? '' : orderHint(estimate);
  return hint === '' ? '' : wrapForTerminal(context.stderr, `note: ${hint}\n`);
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
  print(stderr, hintText({ preview, account }, { settings, context }));
  print(stderr, warningText(warnings, run.shown, { stream: stderr, env }));
  print(stderr, wrapForTerminal(stderr, heldText(preview, visible(join(run.shown, 'held.csv')))));
  const rejections = wrapForTerminal(stderr, rejectionText(preview, visible(join(run.shown, 'results.csv'))));
  if (rejections !== '') print(stderr, createStyle(stderr, env)('bad', rejections));
}
