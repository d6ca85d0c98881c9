import type { Answer, Page, ShownProfile } from '../../core/api/response.ts';
import { type AccountQuery, type QueryResult, Unread } from './account-query.ts';
import { createListWatch, lastPage } from './number-reads.ts';

/** The reads of the API by which profiles are read. */
export type ProfilePorts = {
  listProfiles: (page: number, onSent: () => void) => Promise<Answer>;
  readProfile: (id: string, onSent: () => void) => Promise<Answer>;
};

/** Profiles by id; null for one that the account does not have. Profiles that could not be read are missing. */
export type ReadProfiles = Map<string, ShownProfile | null>;

/** The statuses with which a server answers to the id of a profile that it does not have. */
const NOT_FOUND = new Set([400, 404, 422]);

/** Far more than an account has. */
const MAX_PAGES = 1000;
const NO_PAGE: Page<ShownProfile> = { rows: [], total: 0, pages: 0 };

function profilesIn(result: QueryResult): Page<ShownProfile> | null {
  return 'body' in result && result.body.kind === 'profiles' ? result.body.page : null;
}

/**
 * Reads the needed profiles, or all of them if names are to be found: the first page of the list, on which most
 * accounts fit, then the other pages or single profiles, whichever takes fewer requests. Throws Unread and Stopped.
 */
export async function readProfiles(
  query: AccountQuery,
  ports: ProfilePorts,
  needed: ReadonlySet<string>,
  all: boolean,
): Promise<ReadProfiles> {
  const found: ReadProfiles = new Map();
  if (needed.size === 0 && !all) return found;
  const missing = () => [...needed].filter((id) => !found.has(id));
  const readPage = async (number: number) => {
    const what = `page ${number} of the list of profiles`;
    const result = await query.read(what, (onSent) => ports.listProfiles(number, onSent));
    const page = profilesIn(result);
    for (const profile of page?.rows ?? []) found.set(profile.id, profile);
    // Names cannot be found without the list; ids can.
    if (page === null && all) throw new Unread(`the profiles: ${'body' in result ? 'no list' : result.description}`);
    return page;
  };
  const first = await readPage(1);
  const pages = first === null ? 1 : lastPage(first);
  if (all && pages > MAX_PAGES) throw new Unread(`the profiles: a list of more than ${MAX_PAGES} pages`);
  const continues = createListWatch(first ?? NO_PAGE);
  const last = all || pages - 1 <= missing().length ? pages : 1;
  for (let number = 2; number <= last; number++) {
    const page = await readPage(number);
    if (page === null || continues(page)) continue;
    if (all) throw new Unread(`the profiles: page ${number} of their list is empty or repeats another`);
    break;
  }
  // Also after the whole list, which may have missed a profile that was added meanwhile.
  for (const id of missing()) {
    const result = await query.read(`profile ${id}`, (onSent) => ports.readProfile(id, onSent));
    const [profile] = profilesIn(result)?.rows ?? [];
    if (profile !== undefined) found.set(id, profile);
    // A server without a list of profiles may not know them by id either.
    else if ('refusedStatus' in result && NOT_FOUND.has(result.refusedStatus) && first !== null) found.set(id, null);
  }
  return found;
}
