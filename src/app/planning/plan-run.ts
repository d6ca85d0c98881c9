import type { AccountText } from '../../core/plan/plan-text.ts';
import type { Move, Preview } from '../../core/plan/preview.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import type { Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { preflightOf, readForDraft, type Seen } from '../account/read-for-plan.ts';
import { endOfReading, noteAccount, type OpenReader, openReader } from '../account/session.ts';
import type { Context } from '../context.ts';
import { type Run, update } from '../run/open.ts';
import type { InputSource } from './input-source.ts';
import { makePlan, type Planned } from './make-plan.ts';

/** A plan that is saved, and what was found of the account while it was made; `account` is null where it was not read. */
export type PlannedRun = Planned & { run: Run; warnings: string[]; account: AccountText | null };

async function textOf(run: Run, seen: Seen, preview: Preview): Promise<{ account: AccountText; warnings: string[] }> {
  const { warnings, notes } = await preflightOf(seen, preview, run.manifest.source?.undo === true);
  const nameOf = (profile: string) => seen.profiles.get(profile)?.name ?? '';
  return { account: { how: seen.how, nameOf, notes }, warnings };
}

/** Ways to change that run.json keeps. */
const MOST_MOVES = 50;

type KeptMove = NonNullable<Run['manifest']['plan']>['moves'][number];

function keptMove(move: Move, nameOf: (profile: string) => string): KeptMove {
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

/** What is known of the account of a plan that was made before, as its run has kept it; null where it was not read. */
export function keptAccount({ manifest }: Run): AccountText | null {
  const { plan } = manifest;
  if (plan === null || plan.reading === null) return null;
  const names = new Map<string, string>();
  for (const move of plan.moves) {
    names.set(move.profile_before, move.profile_before_name);
    names.set(move.profile_target, move.profile_target_name);
  }
  const nameOf = (profile: string) => names.get(profile) ?? '';
  return { how: '', nameOf, notes: plan.notes };
}

/**
 * Plans the input of a run: checks its rows, reads the account unless --offline says otherwise, and saves plan and
 * manifest. Throws what the file system throws, the signal's reason, and CommandError where the account cannot be read.
 */
export async function planRun(
  given: Run,
  origin: Pick<InputSource, 'plan'>,
  resolved: Resolved,
  key: string | null,
  signal: AbortSignal,
  stop: Stop,
  context: Context,
): Promise<PlannedRun> {
  const { settings } = resolved;
  let run = given;
  let reader: OpenReader | null = null;
  let seen: Seen | null = null;
  let told: { account: AccountText | null; warnings: string[] } = { account: null, warnings: [] };
  let planned: Planned;
  try {
    const read = async (draft: Preview) => {
      reader = await openReader(run, resolved, key, stop, context);
      seen = await readForDraft(run, draft, resolved, reader);
      run = noteAccount(run, seen.account, resolved, key);
      return seen;
    };
    planned = await (origin.plan === undefined
      ? makePlan(run.dir, settings, signal, settings.offline ? null : read)
      : origin.plan(run.dir, signal, read));
    if (seen !== null) told = await textOf(run, seen, planned.preview);
  } catch (error) {
    throw endOfReading(error, stop, origin.plan === undefined && run.manifest.command !== 'verify');
  } finally {
    await (reader as OpenReader | null)?.close();
  }
  const { preview, dialect, planSha256, fault } = planned;
  const { change, unchanged, rejected, duplicate, held } = preview.actions;
  const at = new Date().toISOString();
  const counts = { change, unchanged, rejected, duplicate, held };
  const reading = told.account?.how ?? null;
  const nameOf = told.account?.nameOf ?? (() => '');
  const moves = preview
    .moves()
    .slice(0, MOST_MOVES)
    .map((move) => keptMove(move, nameOf));
  const notes = [...(told.account?.notes ?? [])];
  const saved = update(run, {
    input: { ...run.manifest.input, rows: preview.rows, blank_lines: preview.blankLines, dialect },
    plan:
      planSha256 === null
        ? null
        : { sha256: planSha256, ...counts, at, reading, moves, notes, warnings: told.warnings },
    fault,
    state: fault === null ? ('planned' as const) : run.manifest.state,
  });
  const used = reader as OpenReader | null;
  const before = used === null ? {} : { before: { readAt: realClock.now(), control: used.control, meter: used.meter } };
  return { ...planned, ...told, run: { ...saved, ...before } };
}
