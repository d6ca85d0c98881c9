import { BEFORE, DRIFTED, type Held, PROFILES, type Row, startOf } from './rows.ts';

const ORGANIZATION = '00000000-0000-4000-8000-0000000000aa';
const PAGE_SIZE = 250;
/** So many numbers for each row of the input that it does not name: a list has several pages, and most on it is noise. */
const STRANGERS = 2;

type Shown = Record<string, unknown>;

/** The numbers of the account on trial, with what they have. */
export type Account = {
  /** The row of a number, the first one where rows repeat; undefined where the account or the input has no such id. */
  rowOf: (id: string) => Row | undefined;
  held: (id: string) => Held | undefined;
  set: (id: string, held: Held) => void;
  show: (id: string) => Shown;
  /** A page of a list; null for a query that no run should ask. */
  listNumbers: (query: URLSearchParams) => Shown | null;
  listProfiles: (query: URLSearchParams) => Shown | null;
  snapshot: () => Map<string, Held>;
  restore: (state: ReadonlyMap<string, Held>) => void;
};

/** A page of a list in its order; null where the query names no page of the size that the program asks for. */
function paged<T>(list: readonly T[], query: URLSearchParams, show: (item: T) => Shown): Shown | null {
  const page = Number(query.get('page[number]'));
  if (query.get('page[size]') !== String(PAGE_SIZE) || !(page >= 1)) return null;
  const data = list.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map(show);
  const pages = Math.ceil(list.length / PAGE_SIZE);
  return { data, meta: { total_pages: pages, total_results: list.length, page_size: PAGE_SIZE, page_number: page } };
}

/** The account that has the numbers of these rows, but for those that are not to be found, and others besides. */
export function makeAccount(rows: readonly Row[]): Account {
  const named = new Map(rows.filter(({ action }) => action !== 'duplicate').map((row) => [row.id, row]));
  const numbers = [...named.values()]
    .filter(({ fate }) => fate !== 'not_found')
    .map(({ id, phone }) => ({ id, phone }));
  let state = new Map([...named.values()].map((row) => [row.id, startOf(row)]));
  for (let n = 1; n <= STRANGERS * rows.length; n++) {
    const id = `1300000000${String(n).padStart(9, '0')}`;
    numbers.push({ id, phone: `+1700${String(n).padStart(7, '0')}` });
    state.set(id, n % 2 === 0 ? BEFORE : { profile: PROFILES[n % PROFILES.length] as string, product: 'A2P' });
  }
  numbers.sort((a, b) => a.phone.localeCompare(b.phone));
  const phoneOf = new Map(numbers.map(({ id, phone }) => [id, phone]));

  const show = (id: string): Shown => ({
    record_type: 'messaging_settings',
    id,
    phone_number: phoneOf.get(id),
    organization_id: ORGANIZATION,
    messaging_profile_id: state.get(id)?.profile,
    messaging_product: state.get(id)?.product,
    eligible_messaging_products: ['A2P', 'P2P'],
  });

  return {
    rowOf: (id) => named.get(id),
    held: (id) => state.get(id),
    set: (id, held) => state.set(id, held),
    show,
    listNumbers(query) {
      const profile = query.get('filter[messaging_profile_id]');
      const phones = query.get('filter[phone_number]')?.split(',');
      const isMeant = ({ id, phone }: { id: string; phone: string }) =>
        (profile === null || state.get(id)?.profile === profile) && (phones === undefined || phones.includes(phone));
      if (query.get('sort[phone_number]') !== 'asc') return null;
      return paged(numbers.filter(isMeant), query, ({ id }) => show(id));
    },
    listProfiles(query) {
      const profiles = [...PROFILES, BEFORE.profile, DRIFTED.profile];
      return paged(profiles, query, (id) => ({
        record_type: 'messaging_profile',
        id,
        name: `Profile ${id?.at(-1)}`,
        enabled: true,
        organization_id: ORGANIZATION,
      }));
    },
    snapshot: () => new Map(state),
    restore(kept) {
      state = new Map(kept);
    },
  };
}
