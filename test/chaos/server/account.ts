import { DRIFTED, INITIAL, initialSettings, type NumberSettings, PROFILES, type Row } from './rows.ts';

const ORGANIZATION = '00000000-0000-4000-8000-0000000000aa';
const PAGE_SIZE = 250;
/** Other numbers for each row of the input. They make lists longer than one page, and most of a list irrelevant. */
const OTHER_NUMBERS_PER_ROW = 2;

type Shown = Record<string, unknown>;

/** The numbers of the test account with their settings. */
export type Account = {
  /** The row of a number, the first one of repeated rows. Undefined if the account or the input has no such id. */
  rowOf: (id: string) => Row | undefined;
  settingsOf: (id: string) => NumberSettings | undefined;
  set: (id: string, settings: NumberSettings) => void;
  show: (id: string) => Shown;
  /** A page of a list, or null for a query that no run should send. */
  listNumbers: (query: URLSearchParams) => Shown | null;
  listProfiles: (query: URLSearchParams) => Shown | null;
  snapshot: () => Map<string, NumberSettings>;
  restore: (state: ReadonlyMap<string, NumberSettings>) => void;
};

/** One page of a list, or null if the query does not ask for a page of the size that the program uses. */
function pageOf<T>(list: readonly T[], query: URLSearchParams, show: (item: T) => Shown): Shown | null {
  const page = Number(query.get('page[number]'));
  if (query.get('page[size]') !== String(PAGE_SIZE) || !(page >= 1)) return null;
  const data = list.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map(show);
  const pages = Math.ceil(list.length / PAGE_SIZE);
  return { data, meta: { total_pages: pages, total_results: list.length, page_size: PAGE_SIZE, page_number: page } };
}

/** An account with the numbers of these rows, except those that must not be found, and with other numbers. */
export function makeAccount(rows: readonly Row[]): Account {
  const rowsById = new Map(rows.filter(({ action }) => action !== 'duplicate').map((row) => [row.id, row]));
  const numbers = [...rowsById.values()]
    .filter(({ behavior }) => behavior !== 'not_found')
    .map(({ id, phone }) => ({ id, phone }));
  let state = new Map([...rowsById.values()].map((row) => [row.id, initialSettings(row)]));
  for (let n = 1; n <= OTHER_NUMBERS_PER_ROW * rows.length; n++) {
    const id = `1300000000${String(n).padStart(9, '0')}`;
    numbers.push({ id, phone: `+1700${String(n).padStart(7, '0')}` });
    state.set(id, n % 2 === 0 ? INITIAL : { profile: PROFILES[n % PROFILES.length] as string, product: 'A2P' });
  }
  numbers.sort((a, b) => a.phone.localeCompare(b.phone));
  const phones = new Map(numbers.map(({ id, phone }) => [id, phone]));

  const show = (id: string): Shown => ({
    record_type: 'messaging_settings',
    id,
    phone_number: phones.get(id),
    organization_id: ORGANIZATION,
    messaging_profile_id: state.get(id)?.profile,
    messaging_product: state.get(id)?.product,
    eligible_messaging_products: ['A2P', 'P2P'],
  });

  return {
    rowOf: (id) => rowsById.get(id),
    settingsOf: (id) => state.get(id),
    set: (id, settings) => state.set(id, settings),
    show,
    listNumbers(query) {
      const profile = query.get('filter[messaging_profile_id]');
      const wantedPhones = query.get('filter[phone_number]')?.split(',');
      const matches = ({ id, phone }: { id: string; phone: string }) =>
        (profile === null || state.get(id)?.profile === profile) &&
        (wantedPhones === undefined || wantedPhones.includes(phone));
      if (query.get('sort[phone_number]') !== 'asc') return null;
      return pageOf(numbers.filter(matches), query, ({ id }) => show(id));
    },
    listProfiles(query) {
      const profiles = [...PROFILES, INITIAL.profile, DRIFTED.profile];
      return pageOf(profiles, query, (id) => ({
        record_type: 'messaging_profile',
        id,
        name: `Profile ${id?.at(-1)}`,
        enabled: true,
        organization_id: ORGANIZATION,
      }));
    },
    snapshot: () => new Map(state),
    restore(saved) {
      state = new Map(saved);
    },
  };
}
