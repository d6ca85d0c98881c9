import type { Account } from './account/account.ts';
import { listNumbers, listProfiles } from './account/list.ts';
import { showNumber, showProfile } from './account/views.ts';
import { failure, type Reply, success } from './http/reply.ts';

/** The target of a path. Only a route with an id can be written to. */
export type Route = {
  /** The number id in the path, for the two operations on one number. */
  id: string | null;
  read: (account: Account, query: URLSearchParams) => Reply;
};

/** The route of a path (percent-encoded, without the query), or null if there is none. */
export function findRoute(path: string): Route | null {
  const [root, version, collection, first, second, ...rest] = path.split('/').map(decoded);
  if (root !== '' || version !== 'v2' || rest.length > 0) return null;
  if (collection === 'phone_numbers') {
    if (first === 'messaging' && second === undefined) return readOnly(listNumbers);
    if (first && second === 'messaging') return oneNumber(first);
  }
  if (collection === 'messaging_profiles') {
    if (first === undefined) return readOnly(listProfiles);
    if (first && second === undefined) return oneProfile(first);
    if (first && second === 'phone_numbers') return numbersOfProfile(first);
  }
  return null;
}

function readOnly(read: Route['read']): Route {
  return { id: null, read };
}

function oneNumber(id: string): Route {
  return {
    id,
    read: (account) => {
      const number = account.numbers.get(id);
      return number === undefined ? failure(404, '10005') : success({ data: showNumber(account, number) });
    },
  };
}

function oneProfile(id: string): Route {
  return readOnly((account) => {
    const profile = account.profiles.get(id.toLowerCase());
    return profile === undefined ? failure(404, '10005') : success({ data: showProfile(account, profile) });
  });
}

function numbersOfProfile(id: string): Route {
  return readOnly((account, query) => {
    const profile = account.profiles.get(id.toLowerCase());
    return profile === undefined ? failure(404, '10005') : listNumbers(account, query, profile.id);
  });
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
