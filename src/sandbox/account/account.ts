import type {
  SandboxAlphanumericSender,
  SandboxKeywordAnswer,
  SandboxNumber,
  SandboxOptOut,
  SandboxOrder,
  SandboxProfile,
  SandboxShortCode,
  SandboxState,
} from './state.ts';

/** The live account: a state indexed by id. After the start, only the functions in this file write to it. */
export type Account = {
  readonly numbers: Map<string, SandboxNumber>;
  readonly profiles: ReadonlyMap<string, SandboxProfile>;
  readonly organizationId: string;
  /** Whether answers spell types as a guide does: `long_code`. */
  readonly guideSpelling: boolean;
  optOuts: readonly SandboxOptOut[];
  readonly shortCodes: readonly SandboxShortCode[];
  readonly alphanumericSenders: readonly SandboxAlphanumericSender[];
  readonly keywordAnswers: readonly SandboxKeywordAnswer[];
  readonly hostedNumbers: readonly SandboxNumber[];
  /** Bulk orders by id, oldest first. */
  readonly orders: Map<string, SandboxOrder>;
  /** Incremented by every write, so that a stale cached selection is recognized. */
  revision: number;
  /** Sorted on first use, and again after a number was added or removed. */
  sorted: readonly SandboxNumber[] | null;
  /** The last filtered list. Without it, every page of a listing would filter all numbers again. */
  selection: { key: string; revision: number; rows: readonly SandboxNumber[] } | null;
  /** By id, the numbers that lists still show as they were. */
  readonly lagging: Map<string, Lagging>;
};

/** How lists show a number until a time or for a count of requests. null: without end. */
type Lagging = { shown: SandboxNumber; untilMs: number | null; requests: number | null };

/** What a PATCH may change. A missing field keeps its value. */
export type NumberChange = Partial<
  Pick<
    SandboxNumber,
    'messaging_profile_id' | 'messaging_product' | 'campaign' | 'health' | 'traffic_type' | 'features'
  > & {
    tags: readonly string[];
  }
>;

const ORGANIZATION = '00000000-0000-4000-8000-0000000000ff';

/** Opens an account with a copy of `state`. */
export function openAccount(state: SandboxState, guideSpelling = false): Account {
  return {
    numbers: new Map(state.numbers.map((number) => [number.id, { ...number }])),
    profiles: new Map(state.profiles.map((profile) => [profile.id, { ...profile }])),
    organizationId: state.organization_id ?? ORGANIZATION,
    guideSpelling,
    optOuts: state.opt_outs ?? [],
    shortCodes: state.short_codes ?? [],
    alphanumericSenders: state.alphanumeric_senders ?? [],
    keywordAnswers: state.keyword_answers ?? [],
    hostedNumbers: state.hosted_numbers ?? [],
    orders: new Map(structuredClone(state.bulk_orders ?? []).map((order) => [order.order_id, order])),
    revision: state.revision ?? 0,
    sorted: null,
    selection: null,
    lagging: new Map(),
  };
}

/** A copy of the account as plain data, in the original order of numbers and profiles. */
export function snapshotOf(account: Account): SandboxState {
  return {
    numbers: Array.from(account.numbers.values(), (number) => ({ ...number })),
    profiles: Array.from(account.profiles.values(), (profile) => ({ ...profile })),
    organization_id: account.organizationId,
    ...copyUnlessEmpty({
      opt_outs: account.optOuts,
      short_codes: account.shortCodes,
      alphanumeric_senders: account.alphanumericSenders,
      keyword_answers: account.keywordAnswers,
      hosted_numbers: account.hostedNumbers,
      bulk_orders: [...account.orders.values()],
    }),
    revision: account.revision,
  };
}

/** A copy of the lists that are not empty. */
function copyUnlessEmpty<T extends Record<string, readonly unknown[]>>(lists: T) {
  const filled = Object.entries(lists).filter(([, rows]) => rows.length > 0);
  return structuredClone(Object.fromEntries(filled)) as { [K in keyof T]?: T[K][number][] };
}

/** Writes a valid change. `number` must belong to the account. */
export function changeNumber(account: Account, number: SandboxNumber, change: NumberChange): void {
  Object.assign(number, change, { updated_at: new Date().toISOString() });
  account.revision += 1;
}

/** Lets lists show a number as it is now, whatever changes, until a time or for a count of requests. */
export function lagLists(account: Account, number: SandboxNumber, lag: Omit<Lagging, 'shown'>): void {
  const { shown = { ...number } } = account.lagging.get(number.id) ?? {};
  account.lagging.set(number.id, { shown, ...lag });
}

/** Called for each request for a list: numbers that have lagged long enough are shown as they are from now on. */
export function ageLists(account: Account): void {
  for (const [id, lagging] of account.lagging) {
    if (lagging.requests !== null) lagging.requests -= 1;
    const isOver = (lagging.requests ?? 0) < 0 || (lagging.untilMs !== null && Date.now() >= lagging.untilMs);
    if (!isOver) continue;
    account.lagging.delete(id);
    account.revision += 1;
  }
}

/** A number as lists show it. */
export function listed(account: Account, number: SandboxNumber): SandboxNumber {
  return account.lagging.get(number.id)?.shown ?? number;
}

/** Adds a number with a new id. */
export function addNumber(account: Account, number: SandboxNumber): void {
  account.numbers.set(number.id, number);
  invalidateOrder(account);
}

/** Removes a number from the account. */
export function removeNumber(account: Account, number: SandboxNumber): void {
  account.numbers.delete(number.id);
  invalidateOrder(account);
}

/** Replaces the opt-outs. They are listed oldest first. */
export function replaceOptOuts(account: Account, optOuts: readonly SandboxOptOut[]): void {
  account.optOuts = [...optOuts].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  account.revision += 1;
}

function invalidateOrder(account: Account): void {
  account.revision += 1;
  account.sorted = null;
  account.selection = null;
}

/** All numbers by phone number, then id. Sorted once between two additions or removals. */
export function sortedNumbers(account: Account): readonly SandboxNumber[] {
  account.sorted ??= [...account.numbers.values()].sort(
    (a, b) => compare(a.phone_number, b.phone_number) || compare(a.id, b.id),
  );
  return account.sorted;
}

/** The numbers that match, in sorted order. The last selection is kept under its key until the account changes. */
export function selectNumbers(
  account: Account,
  key: string,
  matches: (number: SandboxNumber) => boolean,
): readonly SandboxNumber[] {
  const { revision, selection } = account;
  if (selection?.key === key && selection.revision === revision) return selection.rows;
  const rows = sortedNumbers(account).filter(matches);
  account.selection = { key, revision, rows };
  return rows;
}

/** The numbers with one of these exact phone numbers, in sorted order: one binary search for each. */
export function withPhoneNumbers(account: Account, phoneNumbers: readonly string[]): SandboxNumber[] {
  const sorted = sortedNumbers(account);
  const found: SandboxNumber[] = [];
  for (const wanted of [...new Set(phoneNumbers)].sort(compare)) {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle]?.phone_number ?? '') < wanted) low = middle + 1;
      else high = middle;
    }
    for (let number = sorted[low]; number?.phone_number === wanted; number = sorted[low]) {
      found.push(number);
      low += 1;
    }
  }
  return found;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
