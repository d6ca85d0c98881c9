import type { Account } from './account/account.ts';
import { listNumbers, listProfiles } from './account/list.ts';
import { verifyOwnership } from './account/ownership.ts';
import { updateNumber, type WriteParts } from './account/update.ts';
import { showNumber, showProfile } from './account/views.ts';
import type { Body } from './http/body.ts';
import { failure, type Reply, success } from './http/reply.ts';
import type { BulkOrders, OrderPath } from './resources/bulk-orders.ts';
import { listCampaigns, readCampaign } from './resources/campaigns.ts';
import { listHostedNumbers } from './resources/hosted-numbers.ts';
import { listOptOuts } from './resources/opt-outs.ts';
import { listAlphanumericSenders, listKeywordAnswers, listShortCodes } from './resources/profile-contents.ts';
import { listInventory } from './resources/slim.ts';

/** What an operation works with. `id` is the id in the path, or empty. */
export type Call = {
  id: string;
  query: URLSearchParams;
  body: Body;
  bulk: BulkOrders;
  parts?: WriteParts | undefined;
};

/** What one method does. Read faults affect reads, and write faults affect writes, whatever their methods are. */
export type Operation = { effect: 'read' | 'write'; run: (account: Account, call: Call) => Reply };

/** Operations by method, all of one path. */
export type Endpoint = {
  /** As in the text form of a fault. */
  name: string;
  /** Below /v2. `{id}` stands for one segment that is not empty. */
  path: string;
  /** Whether `{id}` is the id of a number. */
  hasNumberId?: true;
  operations: Readonly<Record<string, Operation>>;
};

const read = (run: Operation['run']) => ({ GET: { effect: 'read', run } }) as const;
const list = (run: (account: Account, query: URLSearchParams) => Reply) =>
  read((account, { query }) => run(account, query));
const listOnProfile = (run: (account: Account, call: { profileId: string; query: URLSearchParams }) => Reply) =>
  read((account, { id, query }) => run(account, { profileId: id, query }));

const placeOrders = (path: OrderPath): Endpoint['operations'] => ({
  POST: { effect: 'write', run: (_, { bulk, body, parts }) => bulk.place(path, body, parts) },
});
const readOrders = (path: OrderPath) => read((_, { bulk, id }) => bulk.read(path, id));

export const ENDPOINTS: readonly Endpoint[] = [
  { name: 'numbers', path: 'phone_numbers/messaging', operations: list(listNumbers) },
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
  { name: 'profiles', path: 'messaging_profiles', operations: list(listProfiles) },
  { name: 'profile', path: 'messaging_profiles/{id}', operations: read(readProfile) },
  { name: 'profile-numbers', path: 'messaging_profiles/{id}/phone_numbers', operations: read(listNumbersOfProfile) },
  { name: 'short-codes', path: 'messaging_profiles/{id}/short_codes', operations: listOnProfile(listShortCodes) },
  {
    name: 'alphanumeric-senders',
    path: 'messaging_profiles/{id}/alphanumeric_sender_ids',
    operations: listOnProfile(listAlphanumericSenders),
  },
  {
    name: 'keyword-answers',
    path: 'messaging_profiles/{id}/autoresp_configs',
    operations: listOnProfile(listKeywordAnswers),
  },
  { name: 'hosted-numbers', path: 'messaging_hosted_numbers', operations: list(listHostedNumbers) },
  { name: 'hosted-numbers-2', path: 'messaging/hosted/numbers', operations: list(listHostedNumbers) },
  { name: 'opt-outs', path: 'messaging_optouts', operations: list(listOptOuts) },
  { name: 'slim', path: 'phone_numbers/slim', operations: list(listInventory) },
  { name: 'campaigns', path: '10dlc/phone_number_campaigns', operations: list(listCampaigns) },
  {
    name: 'campaign',
    path: '10dlc/phone_number_campaigns/{id}',
    operations: read((account, call) => readCampaign(account, call.id)),
  },
  { name: 'bulk-orders', path: 'messaging_numbers_bulk_updates', operations: placeOrders('usual') },
  { name: 'bulk-order', path: 'messaging_numbers_bulk_updates/{id}', operations: readOrders('usual') },
  { name: 'bulk-orders-2', path: 'messaging_numbers/bulk_updates', operations: placeOrders('other') },
  { name: 'bulk-order-2', path: 'messaging_numbers/bulk_updates/{id}', operations: readOrders('other') },
];

/** Parses the name of an endpoint, or `all`. Throws an Error with the names. */
export function parseEndpoint(text: string): string {
  const names = ['all', ...ENDPOINTS.map(({ name }) => name)];
  if (names.includes(text)) return text;
  throw new Error(`there is no endpoint '${text}'. Endpoints: ${names.join(', ')}.`);
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
