import type { Account } from './account/account.ts';
import { listNumbers, listProfiles } from './account/list.ts';
import { verifyOwnership } from './account/ownership.ts';
import { updateNumber, type WriteParts } from './account/update.ts';
import { showNumber, showProfile } from './account/views.ts';
import type { Body } from './http/body.ts';
import { failure, type Reply, success } from './http/reply.ts';

/** What an operation works with. `id` is the id in the path, or empty. */
export type Call = { id: string; query: URLSearchParams; body: Body; parts?: WriteParts | undefined };

/** What one method does. Read faults affect reads, and write faults affect writes, whatever their methods are. */
export type Operation = { effect: 'read' | 'write'; run: (account: Account, call: Call) => Reply };

/** Operations by method, all of one path. */
type Endpoint = {
  /** As in the text form of a fault. */
  name: string;
  /** Below /v2. `{id}` stands for one segment that is not empty. */
  path: string;
  /** Whether `{id}` is the id of a number. */
  hasNumberId?: true;
  operations: Readonly<Record<string, Operation>>;
};

/** The target of a path. */
export type Route = {
  endpoint: Endpoint;
  /** The id in the path, decoded, or empty. */
  id: string;
  /** The id if it is that of a number, or null. */
  numberId: string | null;
};

const read = (run: Operation['run']) => ({ GET: { effect: 'read', run } }) as const;

const ENDPOINTS: readonly Endpoint[] = [
  {
    name: 'numbers',
    path: 'phone_numbers/messaging',
    operations: read((account, call) => listNumbers(account, call.query)),
  },
  {
    name: 'number',
    path: 'phone_numbers/{id}/messaging',
    hasNumberId: true,
    operations: {
      ...read(readNumber),
      PATCH: { effect: 'write', run: (account, { id, body, parts }) => updateNumber(account, id, body, parts) },
    },
  },
  {
    name: 'verify-ownership',
    path: 'phone_numbers/actions/verify_ownership',
    operations: { POST: { effect: 'read', run: (account, { body }) => verifyOwnership(account, body) } },
  },
  {
    name: 'profiles',
    path: 'messaging_profiles',
    operations: read((account, call) => listProfiles(account, call.query)),
  },
  { name: 'profile', path: 'messaging_profiles/{id}', operations: read(readProfile) },
  { name: 'profile-numbers', path: 'messaging_profiles/{id}/phone_numbers', operations: read(listNumbersOfProfile) },
];

const BY_SEGMENTS = ENDPOINTS.map((endpoint) => ({ endpoint, segments: endpoint.path.split('/') }));

/** The route of a path (percent-encoded, without the query), or null if there is none. */
export function findRoute(path: string): Route | null {
  const [root, version, ...given] = path.split('/').map(decoded);
  if (root !== '' || version !== 'v2') return null;
  for (const { endpoint, segments } of BY_SEGMENTS) {
    const fits = (segment: string, index: number) =>
      segment === '{id}' ? given[index] !== '' : given[index] === segment;
    if (segments.length !== given.length || !segments.every(fits)) continue;
    const id = given[segments.indexOf('{id}')] ?? '';
    return { endpoint, id, numberId: endpoint.hasNumberId ? id : null };
  }
  return null;
}

function readNumber(account: Account, { id }: Call): Reply {
  const number = account.numbers.get(id);
  return number === undefined ? failure(404, '10005') : success({ data: showNumber(account, number) });
}

function readProfile(account: Account, { id }: Call): Reply {
  const profile = account.profiles.get(id.toLowerCase());
  return profile === undefined ? failure(404, '10005') : success({ data: showProfile(account, profile) });
}

function listNumbersOfProfile(account: Account, { id, query }: Call): Reply {
  const profile = account.profiles.get(id.toLowerCase());
  return profile === undefined ? failure(404, '10005') : listNumbers(account, query, profile.id);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
