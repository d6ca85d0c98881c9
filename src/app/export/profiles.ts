import type { Filters, TypedFilters } from '../../core/export/filters.ts';
import { cleanCell } from '../../core/input/cell.ts';
import { isAProfileId } from '../../core/input/cell-checks.ts';
import { findProfile, type Profiles } from '../../core/plan/diff.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { quoted } from '../../core/text/text.ts';
import { Unread } from '../../engine/reading/account-query.ts';
import { type ReadProfiles, readProfiles } from '../../engine/reading/profile-reader.ts';
import { realClock } from '../../io/clock.ts';
import { profilesOf } from '../account/read-for-plan.ts';
import { CommandError } from '../errors.ts';
import type { ExportContext } from './account.ts';

/**
 * The profiles of the account, and the id of the one that a flag names, which is null if it names none. `asShown`: an id
 * as the API writes it.
 */
export type KnownProfiles = {
  profiles: Profiles;
  chosen: string | null;
  nameOf: (id: string) => string;
  asShown: (id: string) => string;
};

const idOf = (typed: string) => (isAProfileId(cleanCell(typed).toLowerCase()) ? cleanCell(typed).toLowerCase() : null);

/** Reads all profiles. Their names are for people, so an API without a list of profiles is no error if none is needed. */
async function readAll(exporting: ExportContext, typed: string | null): Promise<ReadProfiles> {
  const { access, invocation, warnings } = exporting;
  const { query, client } = access;
  const patienceMs = invocation.settings.outage_patience;
  const startedAt = realClock.now();
  const id = typed === null ? null : idOf(typed);
  try {
    return await readProfiles(query, client, new Set(id === null ? [] : [id]), true);
  } catch (error) {
    const isNameNeeded = typed !== null && id === null;
    // An API that is down has been waited for.
    const isDown = patienceMs > 0 && realClock.now() - startedAt >= patienceMs;
    if (isNameNeeded || isDown || !(error instanceof Unread)) throw error;
    warnings.push(`the names of profiles are missing, because they could not be read (${error.message})`);
    return new Map();
  }
}

/** Finds the profile that a flag names, by id or by its exact name. Throws CommandError (exit 7) if there is not one. */
function choose(typed: string, flag: string, read: ReadProfiles, profiles: Profiles): string {
  const id = idOf(typed);
  const missing = { reason: 'unknown_profile', note: `the account has no profile ${id}` } as const;
  const byId = id === null ? null : read.get(id) === null ? missing : { id };
  const found = byId ?? findProfile(cleanCell(typed), profiles);
  if ('id' in found) return found.id;
  throw new CommandError(EXIT.preflight, found.reason, `--${flag}: ${found.note}. Nothing was written.`);
}

/** Reads the profiles of the account, and finds the one that filters name. */
export async function readFilterProfile(
  exporting: ExportContext,
  { typedProfile, ...others }: TypedFilters,
): Promise<{ known: KnownProfiles; filters: Filters }> {
  const known = await readKnownProfiles(exporting, typedProfile ?? null, 'profile');
  return { known, filters: typedProfile === undefined ? others : { ...others, profile: known.chosen } };
}

/** Reads the profiles of the account. `typed`: the profile that a flag names; null for none. */
export async function readKnownProfiles(
  exporting: ExportContext,
  typed: string | null,
  flag: string,
): Promise<KnownProfiles> {
  const read = await readAll(exporting, typed);
  const profiles = profilesOf(read);
  return {
    profiles,
    chosen: typed === null ? null : choose(typed, flag, read, profiles),
    asShown: (id) => read.get(id)?.shownId ?? id,
    nameOf(id) {
      const name = read.get(id)?.name ?? '';
      if (name === '') return `profile ${id}`;
      const isShared = profiles.byName(name).length > 1;
      return isShared ? `${quoted(name)} (${id})` : quoted(name);
    },
  };
}
