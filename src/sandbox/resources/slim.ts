import { type Account, selectNumbers } from '../account/account.ts';
import { type PlainType, plainTypeOf } from '../account/number-types.ts';
import type { SandboxNumber } from '../account/state.ts';
import { CREATED } from '../account/views.ts';
import { pageOf, readPage } from '../http/page.ts';
import { failure, type Reply } from '../http/reply.ts';

/** The newer name of a type and the one of before July 2023. Both are in use. */
const INVENTORY_TYPES: Record<PlainType, [string, string]> = {
  tollfree: ['toll_free', 'tollfree'],
  longcode: ['local', 'longcode'],
  shortcode: ['shortcode', 'shortcode'],
};
const TYPE_FILTERS: Record<string, PlainType> = { local: 'longcode', toll_free: 'tollfree' };
const NUMBER_TYPES = ['local', 'national', 'toll_free', 'mobile', 'shared_cost'];
const SORTS = ['purchased_at', 'phone_number', 'connection_name', 'usage_payment_method'];
/** What no number of the sandbox has: a filter by one of these finds nothing, but the text "null" finds everything. */
const MISSING = ['billing_group_id', 'emergency_address_id'];
const NEVER = ['connection_id', 'customer_reference', 'voice.connection_name', 'voice.usage_payment_method'];

/** One page of the inventory: what the numbers are, without profile and product. */
export function listInventory(account: Account, query: URLSearchParams): Reply {
  const page = readPage(query);
  if ('status' in page) return page;
  const sort = query.get('sort') ?? 'phone_number';
  if (!SORTS.includes(sort)) return failure(400, '10032', { parameter: 'sort' });
  const type = query.get('filter[number_type][eq]') ?? query.get('filter[number_type]');
  if (type !== null && !NUMBER_TYPES.includes(type)) return failure(400, '10032', { parameter: 'filter[number_type]' });
  const withTags = query.get('include_tags') === 'true';
  const filter = {
    type,
    withTags,
    tag: query.get('filter[tag]'),
    phoneNumber: query.get('filter[phone_number]')?.replace(/^\+/, '') ?? null,
    countries: [...query.getAll('filter[country_iso_alpha2]'), ...query.getAll('filter[country_iso_alpha2][]')],
    hasNone: hasNone(query),
  };
  const rows = selectNumbers(account, `inventory ${JSON.stringify(filter)}`, (number) => matches(number, filter));
  return pageOf(rows, page, 'asc', (number) => showInventory(number, withTags));
}

type InventoryFilter = {
  type: string | null;
  withTags: boolean;
  tag: string | null;
  phoneNumber: string | null;
  countries: string[];
  hasNone: boolean;
};

function hasNone(query: URLSearchParams): boolean {
  const given = (name: string) => query.get(`filter[${name}]`);
  const ofOther = NEVER.some((name) => [...query.keys()].some((key) => key.startsWith(`filter[${name}]`)));
  const isActive = ['active', null].includes(given('status')) && ['purchased', null].includes(given('source'));
  return ofOther || !isActive || MISSING.some((name) => !['null', null].includes(given(name)));
}

function matches(number: SandboxNumber, filter: InventoryFilter): boolean {
  const { type, tag, phoneNumber, countries } = filter;
  if (filter.hasNone) return false;
  if (type !== null && TYPE_FILTERS[type] !== plainTypeOf(number.type)) return false;
  if (tag !== null && !(filter.withTags && number.tags?.includes(tag))) return false;
  if (phoneNumber !== null && !(/^[0-9]{3,}$/.test(phoneNumber) && number.phone_number.includes(phoneNumber)))
    return false;
  return countries.length === 0 || countries.includes(number.country_code);
}

function showInventory(number: SandboxNumber, withTags: boolean): Record<string, unknown> {
  const names = INVENTORY_TYPES[plainTypeOf(number.type)];
  return {
    record_type: 'phone_number_slim',
    id: number.id,
    phone_number: number.phone_number,
    phone_number_type: names[Number(number.phone_number.at(-1)) % names.length],
    status: 'active',
    country_iso_alpha2: number.country_code,
    purchased_at: CREATED,
    activated_at: CREATED,
    created_at: CREATED,
    updated_at: number.updated_at,
    call_forwarding_enabled: true,
    call_recording_enabled: false,
    caller_id_name_enabled: false,
    cnam_listing_enabled: false,
    emergency_enabled: false,
    emergency_status: 'disabled',
    hd_voice_enabled: false,
    inbound_call_screening: 'disabled',
    t38_fax_gateway_enabled: false,
    ...(withTags ? { tags: number.tags ?? [] } : {}),
  };
}
