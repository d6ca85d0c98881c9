import { estimateOrders } from '../../core/bulk/estimate.ts';
import type { AccountText } from '../../core/plan/plan-text.ts';
import type { Move, Preview } from '../../core/plan/preview.ts';
import { profileNames } from '../../core/run/profile-names.ts';
import type { Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { type AccountAccess, openAccess, readingError } from '../account/access.ts';
import { recordCampaigns } from '../account/campaigns.ts';
import { recordAccount } from '../account/check-account.ts';
import { type AroundMove, NOTHING_AROUND, readAroundMove } from '../account/left-behind.ts';
import { type AccountView, preflightOf, readForDraft } from '../account/read-for-plan.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { type Run, updateRun } from '../run/open.ts';
import type { InputSource } from './input-source.ts';
import { makePlan, type Plan } from './make-plan.ts';

/** What was found of the account while a plan was made; `account` is null if it was not read. */
type Findings = { account: AccountText | null; warnings: string[]; around: AroundMove };

/** A plan that is saved, with its run. */
export type PlannedRun = Plan & Findings & { run: Run };

/** run.json lists the most frequent moves only, to be shown: never sum them. */
const MAX_KEPT_MOVES = 50;

function keptMove(move: Move, nameOf: (profile: string) => string) {
  return {
    count: move.count,
    profile_before: move.profileBefore,
    profile_before_name: nameOf(move.profileBefore),
    profile_target: move.profileTarget,
    profile_target_name: nameOf(move.profileTarget),
    product_before: move.productBefore,
    product_target: move.productTarget,
  };
}

/** What the run of a saved plan has recorded of the account; null if it was not read. */
export function recordedAccount({ manifest }: Run): AccountText | null {
  const { plan } = manifest;
  if (plan === null || plan.reading === null) return null;
  const names = profileNames(manifest);
  return { how: '', nameOf: (profile) => names.get(profile) ?? '', notes: plan.notes };
}

function savePlan(run: Run, plan: Plan, findings: Findings, { settings }: KeyedInvocation): Run {
  const { preview, dialect, planSha256, fileError } = plan;
  const { account, warnings, around } = findings;
  const nameOf = account?.nameOf ?? (() => '');
  const moves = preview.moves().slice(0, MAX_KEPT_MOVES);
  const hasOrders = settings.bulk === 'auto' && account !== null;
  const recorded = {
    ...preview.actions,
    at: new Date().toISOString(),
    reading: account?.how ?? null,
    moves: moves.map((move) => keptMove(move, nameOf)),
    notes: [...(account?.notes ?? [])],
    warnings,
    ...around,
    bulk: hasOrders ? estimateOrders(preview.orderRows, settings) : null,
  };
  return updateRun(run, {
    input: { ...run.manifest.input, rows: preview.rows, blank_lines: preview.blankLines, dialect },
    plan: planSha256 === null ? null : { sha256: planSha256, ...recorded },
    fault: fileError,
    state: fileError === null ? 'planned' : run.manifest.state,
  });
}

/**
 * Plans the input of a run: checks its rows, reads the account unless --offline is set, and saves plan and manifest.
 * Throws what the file system throws, the signal's reason, and CommandError if the account cannot be read.
 */
export async function planRun(
  given: Run,
  source: Pick<InputSource, 'plan'>,
  invocation: KeyedInvocation,
  { signal, stop }: { signal: AbortSignal; stop: Stop },
): Promise<PlannedRun> {
  const { settings } = invocation;
  let run = given;
  const opened: { access?: AccountAccess; view?: AccountView } = {};
  const read = async (draft: Preview) => {
    opened.access = await openAccess(run, invocation, { stop, recorded: true });
    opened.view = await readForDraft(run, draft, opened.access);
    run = recordAccount(run, opened.view.account, invocation);
    return opened.view;
  };
  // A few of the rows of another run may look rounded by chance. They were checked with all the others there.
  const isPart = run.manifest.source !== null;
  const checks = { ...settings, allow_rounded_ids: settings.allow_rounded_ids || isPart };
  let plan: Plan;
  let findings: Findings = { account: null, warnings: [], around: NOTHING_AROUND };
  try {
    plan = await (source.plan === undefined
      ? makePlan(run.dir, checks, signal, settings.offline ? null : read)
      : source.plan(run.dir, signal, read));
    const { access, view } = opened;
    if (access !== undefined && view !== undefined) {
      const { preview } = plan;
      const { warnings, notes, numbersOn } = await preflightOf(view, preview, run.manifest.source?.undo === true);
      // Before what stays behind: a server that asks to wait there ends all reads that only inform, and these were asked for.
      if (settings.campaigns && run.manifest.command !== 'verify') {
        const planned = { rows: () => readPlan(runFiles(run.dir).plan), account: view.account };
        const { campaigns, note } = await recordCampaigns(run, planned, access, invocation);
        run = { ...run, manifest: { ...run.manifest, campaigns } };
        if (note !== '') notes.push(note);
      }
      const around = await readAroundMove(run, { view, preview, numbersOn }, access, invocation);
      const nameOf = (profile: string) => view.profiles.get(profile)?.name ?? '';
      findings = { account: { how: view.how, nameOf, notes }, warnings, around };
    }
  } catch (error) {
    const isApi = opened.access?.contact.isProven() === true;
    throw readingError(error, stop, isApi && source.plan === undefined && run.manifest.command !== 'verify');
  } finally {
    await opened.access?.close();
  }
  run = savePlan(run, plan, findings, invocation);
  if (opened.access === undefined) return { ...plan, ...findings, run };
  const { control, memory, contact } = opened.access;
  return { ...plan, ...findings, run: { ...run, reading: { endedAt: realClock.now(), control, memory, contact } } };
}
