import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import type { ShownProfile } from '../../core/api/response.ts';
import { cleanCell } from '../../core/input/cell.ts';
import { isProfile, readProfileRef } from '../../core/input/target.ts';
import { type Profiles, withAccount } from '../../core/plan/diff.ts';
import { compareWithUndo } from '../../core/plan/drift.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { preflight } from '../../core/plan/preflight.ts';
import type { Preview } from '../../core/plan/preview.ts';
import { countOn } from '../../core/profiles/contents.ts';
import { plainForm, skeleton } from '../../core/text/lookalike.ts';
import { didYouMean } from '../../core/text/suggest.ts';
import { readDoubted } from '../../engine/reading/doubted-reads.ts';
import { type ReadProfiles, readProfiles } from '../../engine/reading/profile-reader.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { Run } from '../run/open.ts';
import { type AccountAccess, readNumbers } from './access.ts';

/** What was read of the account for a plan. */
export type AccountView = {
  account: AccountSnapshot;
  profiles: ReadProfiles;
  how: string;
  /** Returns how many numbers the account and its profiles have; null if unknown. */
  counts: (
    preview: Pick<Preview, 'pairs' | 'actions'>,
  ) => Promise<{ total: number | null; on: (profile: string) => number | null }>;
};

/** Numbers are counted only for the profiles that most numbers leave. */
const MAX_COUNTED_PROFILES = 5;
const MAX_SUGGESTED_NAMES = 5;

/** The rows of a draft whose numbers must be read. */
async function* draftRows(path: string): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readPlan(path)) yield batch.filter((entry) => entry.action === 'change');
}

/** Whether a number has what the run to undo has set, as far as it is known. */
function isAsSet(entry: PlanEntry, account: AccountSnapshot): boolean {
  const number = account.stateOf(entry);
  return number.state !== 'found' || compareWithUndo(entry, number.shown) === 'as_planned';
}

/** The profiles in the form that plan entries are compared with. */
export function profilesOf(read: ReadProfiles): Profiles {
  const exact = new Map<string, ShownProfile[]>();
  // Forms of the same character that differ in width, or in whether an accent is a character of its own.
  const normalized = new Map<string, ShownProfile[]>();
  for (const profile of read.values()) {
    if (profile === null) continue;
    const name = cleanCell(profile.name);
    exact.set(name, [...(exact.get(name) ?? []), profile]);
    const plain = name.normalize('NFKC');
    normalized.set(plain, [...(normalized.get(plain) ?? []), profile]);
  }
  const names = [...exact.keys()];
  return {
    byId: (id) => read.get(id),
    byName: (name) => exact.get(name) ?? normalized.get(cleanCell(name.normalize('NFKC'))) ?? [],
    like(name) {
      const same = names.filter((other) => skeleton(other) === skeleton(name));
      const alike = names.filter((other) => plainForm(other) === plainForm(name));
      const meant = didYouMean(name, names);
      const close = names.filter((other) => other.toLowerCase().includes(name.toLowerCase()));
      const all = [...same, ...alike, ...(meant === null ? [] : [meant]), ...close, ...names];
      return [...new Set(all)].slice(0, MAX_SUGGESTED_NAMES);
    },
  };
}

/** Reads what a draft of a plan names: its numbers, the profiles that they are on, and their target profiles. */
export async function readForDraft(run: Run, draft: Preview, access: AccountAccess): Promise<AccountView> {
  const { plan } = runFiles(run.dir);
  const targets = [...draft.targets].filter(isProfile);
  const ids = targets.filter((target) => readProfileRef(target) === null);
  const { account, reading } = await readNumbers(access, () => draftRows(plan), ids);
  if (run.manifest.source?.undo === true) {
    // Right after a run a list may still show what was before: the number would count as restored.
    const isDoubted = (entry: PlanEntry) => !isAsSet(entry, account);
    await readDoubted({ ...access, ports: access.client, account, rows: () => draftRows(plan), isDoubted });
  }
  const { query, client } = access;
  const needed = new Set([...ids, ...account.profilesInUse()]);
  const profiles = await readProfiles(query, client, needed, ids.length < targets.length);
  const count = async (profile?: string): Promise<number | null> => {
    const filter = profile === undefined ? { page: 1 } : { page: 1, profile };
    const answer = await query.read('the number of numbers', (onSent) => client.listNumbers(filter, onSent), 'extra');
    if (!('body' in answer) || answer.body.kind !== 'numbers') return null;
    const { page } = answer.body;
    if (profile !== undefined) return countOn(page, profile);
    return page.isUncounted === true ? null : page.total;
  };
  return {
    account,
    profiles,
    how: reading.how,
    async counts({ pairs, actions }) {
      // `verify` moves nothing.
      if (run.manifest.command === 'verify') return { total: null, on: () => null };
      if (actions.change === 0) return { total: reading.total, on: () => null };
      if (reading.total === account.countShown()) return { total: reading.total, on: account.countShownOn };
      const left = new Set(pairs().map(({ from }) => from));
      const sources = [...left].filter(isProfile).slice(0, MAX_COUNTED_PROFILES);
      const on = new Map<string, number | null>();
      for (const source of sources) on.set(source, await count(source));
      return { total: reading.total ?? (await count()), on: (profile) => on.get(profile) ?? null };
    },
  };
}

/** Returns a function that compares an entry of the draft with the account. */
export function resolver({ account, profiles }: AccountView): (entry: PlanEntry) => PlanEntry {
  const known = profilesOf(profiles);
  return (entry) => withAccount(entry, account.stateOf(entry), known);
}

/** The warnings and notes of a plan that was compared with the account, and how many numbers a profile has. */
export async function preflightOf(view: AccountView, preview: Preview, undo: boolean) {
  const { total, on } = await view.counts(preview);
  const { unsure, losesMms, actions } = preview;
  const profileOf = (id: string) => view.profiles.get(id);
  const account = { profileOf, numbersOn: on, total };
  const given = { ...account, pairs: preview.pairs(), losesMms, changes: actions.change, unsure, undo };
  return { ...preflight(given), numbersOn: on };
}
