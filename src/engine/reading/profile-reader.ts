import type { ShownProfile } from '../../core/api/profile.ts';
import type { Answer } from '../../core/api/response.ts';
import { type AccountQuery, type Told, Unread } from './account-query.ts';

/** The reads of the API that profiles are read with. */
export type ProfilePorts = {
  listProfiles: (page: number, onLeft: () => void) => Promise<Answer>;
  readProfile: (id: string, onLeft: () => void) => Promise<Answer>;
};

/** Profiles by id; null for one that the account does not have. What could not be read is not in it. */
export type ReadProfiles = Map<string, ShownProfile | null>;

// What a server answers to the id of a profile that it does not have.
const NOT_THERE = new Set([400, 404, 422]);

function profilesIn(told: Told): { rows: ShownProfile[]; pages: number } | null {
  return 'body' in told && told.body.kind === 'profiles' ? told.body.page : null;
}

/**
 * Reads the profiles that are needed, or all of them where names are to be found: the first page of the list, which
 * most accounts fit on, then the rest of it or single profiles, whichever is less. Throws Unread and Stopped.
 */
export async function readProfiles(
  asker: AccountQuery,
  ports: ProfilePorts,
  needed: ReadonlySet<string>,
  all: boolean,
): Promise<ReadProfiles> {
  const found: ReadProfiles = new Map();
  const missing = () => [...needed].filter((id) => !found.has(id));
  const page = async (number: number) => {
    const told = await asker.ask(`page ${number} of the list of profiles`, (onLeft) =>
      ports.listProfiles(number, onLeft),
    );
    const read = profilesIn(told);
    for (const profile of read?.rows ?? []) found.set(profile.id, profile);
    // Names cannot be found without the list; ids can.
    if (read === null && all) throw new Unread(`the profiles: ${'refused' in told ? told.words : 'no list'}`);
    return read;
  };
  if (needed.size === 0 && !all) return found;
  const first = await page(1);
  const left = (first?.pages ?? 1) - 1;
  if (all || left <= missing().length) for (let number = 2; number <= left + 1; number++) await page(number);
  // Also after the whole list: one that came while it was paged may have been passed over.
  for (const id of missing()) {
    const told = await asker.ask(`profile ${id}`, (onLeft) => ports.readProfile(id, onLeft));
    const [profile] = profilesIn(told)?.rows ?? [];
    if (profile !== undefined) found.set(id, profile);
    // A server that knows no list of profiles may not know one of them by its id either.
    else if ('refused' in told && NOT_THERE.has(told.refused) && first !== null) found.set(id, null);
  }
  return found;
}
