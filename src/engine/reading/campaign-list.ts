import { PAGE_ROWS } from '../../core/account/read-strategy.ts';
import type { Answer } from '../../core/api/response.ts';
import type { CampaignTable } from '../../core/campaigns/campaign-table.ts';
import type { AccountQuery, QueryResult } from './account-query.ts';
import { forEach } from './number-reads.ts';

/** A page of the list of campaigns, of `size` rows in the order of phone numbers; null: of the server's own size and order. */
export type CampaignsQuery = { page: number; size: number | null };

type CampaignPorts = {
  listCampaigns: (query: CampaignsQuery, onSent: () => void) => Promise<Answer>;
  readCampaign: (phoneNumber: string, onSent: () => void) => Promise<Answer>;
};

export type CampaignReadOptions = {
  /** Takes what is read. */
  table: CampaignTable;
  query: AccountQuery;
  ports: CampaignPorts;
  /** Whether a number had a campaign when it was last read. */
  hadCampaign: (phoneNumber: string) => boolean;
  /** Reads in flight at the same time. */
  concurrency: number;
  /** Called with about how many more requests are sent. */
  onChoice: (requests: number) => void;
};

/** A list that changes while it is read is read again. */
const MAX_ROUNDS = 2;
/** The most numbers that are read one by one if the list answers with a server error. */
const MAX_ALONE = 100;
/** If none of these is found, the server may not know the endpoint, or the list is right that they have lost theirs. */
export const MAX_MISSING = 3;
/** The sizes of a page that are tried. No maximum is documented. */
const SIZES = [PAGE_ROWS, 100, null];
/** How a server refuses a page of this size or order. */
const PAGE_REFUSED = new Set([400, 413, 422]);

/** `asked`: the size that the server has accepted; `size`: the rows that the page has. */
type FirstPage = { total: number | null; size: number; asked: number | null };

/**
 * What is known of the server. `listed`: a number that its list has shown; '' without one. `isThere`: it has shown one
 * number by itself, so that 404 means that another one is on no campaign. `failure`: why no more is read. `mayPass`: a
 * failure that says nothing about the other endpoint, or too many numbers are left for it.
 */
export type Reading = CampaignReadOptions & { listed: string; isThere: boolean; failure: string; mayPass: boolean };

/** Adds the rows of an answer. Returns how many there are and the total; null if it has none. */
function addRows(reading: Reading, result: QueryResult): { size: number; total: number | null } | null {
  if (!('body' in result) || result.body.kind !== 'campaigns') return null;
  const { rows, total } = result.body;
  for (const row of rows) reading.table.addShown(row);
  reading.listed ||= rows[0]?.phoneNumber ?? '';
  return { size: rows.length, total };
}

function fail(reading: Reading, result: QueryResult): void {
  reading.failure ||= 'body' in result ? 'an answer of another kind' : result.description;
  const status = 'body' in result ? 200 : result.refusedStatus;
  const isServerError = status >= 500 && status !== 501;
  reading.mayPass = status === 0 || status === 429 || (isServerError && reading.table.unread() > MAX_ALONE);
}

function requestPage({ query, ports }: Reading, page: CampaignsQuery): Promise<QueryResult> {
  const what = `page ${page.page} of the list of campaigns`;
  return query.read(what, (onSent) => ports.listCampaigns(page, onSent), 'extra');
}

/** Starts to read the list. Null if the server refuses it. */
export async function readFirstPage(reading: Reading): Promise<FirstPage | null> {
  reading.table.startList();
  for (const asked of SIZES) {
    const result = await requestPage(reading, { page: 1, size: asked });
    const page = addRows(reading, result);
    if (page !== null) return { ...page, asked };
    if ('refusedStatus' in result && PAGE_REFUSED.has(result.refusedStatus) && asked !== null) continue;
    fail(reading, result);
    break;
  }
  return null;
}

/** The pages after the first one. A server may put fewer rows on a page than it was asked for. */
function pagesAfter({ total, size }: FirstPage): number {
  if (size === 0) return total === 0 ? 0 : Number.POSITIVE_INFINITY;
  return Math.ceil((total ?? 0) / size) - 1;
}

/** Reads the other pages. Returns whether all rows were shown, and their number stayed the same meanwhile. */
async function readOtherPages(reading: Reading, first: FirstPage): Promise<boolean> {
  const { table, concurrency } = reading;
  let isStable = true;
  async function* pages(): AsyncGenerator<number> {
    for (let page = 2; page <= pagesAfter(first) + 1 && reading.failure === '' && table.unread() > 0; page++)
      yield page;
  }
  await forEach(pages(), concurrency, async (number) => {
    const result = await requestPage(reading, { page: number, size: first.asked });
    const page = addRows(reading, result);
    if (page === null) fail(reading, result);
    else if (page.total !== first.total) isStable = false;
  });
  return isStable && reading.failure === '' && table.countShown() === first.total;
}

/**
 * Reads the other pages of a server that does not say how many there are, up to one that shows nothing new, or as many
 * as there are numbers left. What it has not shown is read one by one, because nothing proves that it was complete.
 */
async function readUncounted(reading: Reading, first: FirstPage): Promise<void> {
  const { table } = reading;
  let before = -1;
  for (let page = 2; page <= table.unread() && table.countShown() > before && reading.failure === ''; page++) {
    before = table.countShown();
    const result = await requestPage(reading, { page, size: first.asked });
    if (addRows(reading, result) === null) fail(reading, result);
  }
}

/** Reads one number. Returns whether the server has no campaign of it. */
export async function readOne(reading: Reading, phoneNumber: string): Promise<boolean> {
  const { query, ports, table } = reading;
  const send = (onSent: () => void) => ports.readCampaign(phoneNumber, onSent);
  const result = await query.read(`the campaign of ${phoneNumber}`, send, 'extra');
  if ('refusedStatus' in result && result.refusedStatus === 404) {
    if (reading.isThere) table.setNone(phoneNumber);
    return true;
  }
  addRows(reading, result);
  const isIt = 'body' in result && result.body.kind === 'campaigns' && result.body.rows[0]?.phoneNumber === phoneNumber;
  if (isIt) reading.isThere = true;
  else fail(reading, result);
  return false;
}

/** Whether numbers that have lost their campaign by the list have none by themselves either: a list may lag behind. */
async function isListRight(reading: Reading): Promise<boolean> {
  let asked = 0;
  for (const phoneNumber of reading.table.unreadPhones()) {
    if (!reading.hadCampaign(phoneNumber)) continue;
    const isNone = await readOne(reading, phoneNumber);
    const isUnknown = reading.failure !== '';
    reading.failure = '';
    if (!isNone) return isUnknown;
    asked += 1;
    if (asked === MAX_MISSING) break;
  }
  return true;
}

/** Reads the list as long as that takes fewer requests than to read the numbers one by one. */
export async function readList(reading: Reading): Promise<void> {
  const { table, onChoice } = reading;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const first = await readFirstPage(reading);
    if (first === null) return;
    if (first.total === null) return readUncounted(reading, first);
    const pages = pagesAfter(first);
    if (pages > 0 && pages >= table.unread()) return;
    if (pages > 0) onChoice(pages);
    if ((await readOtherPages(reading, first)) && (await isListRight(reading))) table.markRestNone();
    if (reading.failure !== '' || table.unread() <= pages + 1) return;
  }
}
