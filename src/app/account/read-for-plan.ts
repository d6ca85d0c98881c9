import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import { cleanCell } from '../../core/input/cell.ts';
import { readProfileRef } from '../../core/input/profile-ref.ts';
import { UNASSIGN } from '../../core/input/target.ts';
import { type Profiles, withAccount } from '../../core/plan/diff.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { preflight } from '../../core/plan/preflight.ts';
import type { Move, Preview } from '../../core/plan/preview.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import { didYouMean } from '../../core/text/suggest.ts';
import { type ReadProfiles, readProfiles } from '../../engine/reading/profile-reader.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { Run } from '../run/open.ts';
import { type Reader, readNumbers } from './session.ts';

/** How many numbers are where, as far as it is known. */
type Counts = { total: number | null; on: (profile: string) => number | null };

/** What has been read of the account for a plan. */
export type Seen = {
  account: AccountSnapshot;
  profiles: ReadProfiles;
  how: string;
  counts: (moves: readonly Move[]) => Promise<Counts>;
};

/** Profiles whose numbers are counted: those that most numbers leave. */
const MOST_COUNTED = 5;
/** As many names are shown of those that there are. */
const MOST_NAMED = 5;

/** The rows of a draft whose numbers are to be read. */
async function* draftRows(path: string): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readPlan(path)) yield batch.filter((entry) => entry.action === 'change');
}

const isProfile = (id: string) => id !== '' && id !== UNASSIGN;

/** The profiles as the entries of a plan are compared with them. */
export function profilesOf(read: ReadProfiles): Profiles {
  const byName = new Map<string, NonNullable<ReturnType<ReadProfiles['get']>>[]>();
  for (const profile of read.values()) {
    if (profile === null) continue;
    const name = cleanCell(profile.name);
    byName.set(name, [...(byName.get(name) ?? []), profile]);
  }
  const names = [...byName.keys()];
  return {
    byId: (id) => read.get(id),
    byName: (name) => byName.get(name) ?? [],
    like(name) {
      const meant = didYouMean(name, names);
      const close = names.filter((other) => other.toLowerCase().includes(name.toLowerCase()));
      return [...new Set([...(meant === null ? [] : [meant]), ...close, ...names])].slice(0, MOST_NAMED);
    },
  };
}

/** Reads what a draft of a plan names: its numbers, the profiles that they are on, and those that they are to go to. */
export async function readForDraft(run: Run, draft: Preview, resolved: Resolved, reader: Reader): Promise<Seen> {
  const { plan } = runFiles(run.dir);
  const targets = [...draft.targets].filter(isProfile);
  const ids = targets.filter((target) => readProfileRef(target) === null);
  const { account, reading } = await readNumbers(reader, () => draftRows(plan), ids, resolved);
  const { asker, client } = reader;
  const needed = new Set([...ids, ...account.profilesInUse()]);
  const profiles = await readProfiles(asker, client, needed, ids.length < targets.length);
  const count = async (profile?: string): Promise<number | null> => {
    const query = profile === undefined ? { page: 1 } : { page: 1, profile };
    const told = await asker.read('the number of numbers', (onLeft) => client.listNumbers(query, onLeft));
    return 'body' in told && told.body.kind === 'numbers' ? told.body.page.total : null;
  };
  return {
    account,
    profiles,
    how: reading.how,
    async counts(moves) {
      // A look compares, and moves nothing.
      if (run.manifest.command === 'verify') return { total: null, on: () => null };
      if (moves.length === 0) return { total: reading.total, on: () => null };
      if (reading.total === account.countShown()) return { total: reading.total, on: account.countShownOn };
      const leaving = moves.filter((move) => isProfile(move.profileTarget) || move.profileTarget === UNASSIGN);
      const sources = [...new Set(leaving.map((move) => move.profileBefore))].filter(isProfile).slice(0, MOST_COUNTED);
      const on = new Map<string, number | null>();
      for (const source of sources) on.set(source, await count(source));
      return { total: reading.total ?? (await count()), on: (profile) => on.get(profile) ?? null };
    },
  };
}

/** What an entry of the draft becomes by what was read. */
export function resolver({ account, profiles }: Seen): (entry: PlanEntry) => PlanEntry {
  const known = profilesOf(profiles);
  return (entry) => withAccount(entry, account.stateOf(entry), known);
}

/** The warnings and notes of a plan that was made with what was read. */
export async function preflightOf(
  seen: Seen,
  preview: Preview,
  undo: boolean,
): Promise<{ warnings: string[]; notes: string[] }> {
  const moves = preview.moves();
  const { total, on } = await seen.counts(moves);
  const { unsure, actions } = preview;
  const profileOf = (id: string) => seen.profiles.get(id);
  return preflight({ moves, profileOf, numbersOn: on, total, changes: actions.change, unsure, undo });
}
