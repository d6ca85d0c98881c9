import {
  type CampaignReadOptions,
  MAX_MISSING,
  type Reading,
  readFirstPage,
  readList,
  readOne,
} from './campaign-list.ts';
import { forEach } from './number-reads.ts';

/** The list is not worth a request for fewer numbers. */
const MAX_UNLISTED = 2;

/**
 * Reads numbers one by one until one is found. If none is, 404 says nothing yet: then a number is read that the list has
 * shown. `isListRead`: the list was read, or refused.
 */
async function findEndpoint(reading: Reading, isListRead: boolean): Promise<void> {
  const { table } = reading;
  const missing: string[] = [];
  for (const phoneNumber of table.unreadPhones()) {
    if (reading.isThere || reading.failure !== '' || missing.length === MAX_MISSING) break;
    if (await readOne(reading, phoneNumber)) missing.push(phoneNumber);
  }
  if (missing.length === 0 || reading.failure !== '') return;
  if (!reading.isThere && !isListRead) {
    const first = await readFirstPage(reading);
    if (first !== null && table.countShown() === first.total) table.markRestNone();
  }
  if (!reading.isThere && table.unread() > 0 && reading.listed !== '') await readOne(reading, reading.listed);
  if (reading.isThere) for (const phoneNumber of missing) table.setNone(phoneNumber);
}

/**
 * Reads the campaigns of the wanted numbers in as few requests as possible: from the list of all, or one by one.
 * Returns why some of them are unknown; '' if none is. Nothing that the server answers ends this early but a stop:
 * throws Stopped.
 */
export async function readCampaigns(options: CampaignReadOptions): Promise<string> {
  const { table, concurrency, onChoice } = options;
  const reading: Reading = { ...options, listed: '', isThere: false, failure: '', mayPass: false };
  const isListRead = table.size() > MAX_UNLISTED;
  if (isListRead) await readList(reading);
  const refusal = reading.failure;
  if (table.unread() === 0 || reading.mayPass) return refusal;
  // A server may have the one endpoint without the other.
  reading.failure = '';
  await findEndpoint(reading, isListRead);
  if (table.unread() === 0) return '';
  if (!reading.isThere || reading.failure !== '') return reading.failure || refusal || 'HTTP 404 to each of them';
  onChoice(table.unread());
  async function* left(): AsyncGenerator<string> {
    for (const phoneNumber of table.unreadPhones()) {
      if (reading.failure !== '') return;
      yield phoneNumber;
    }
  }
  await forEach(left(), concurrency, async (phoneNumber) => {
    await readOne(reading, phoneNumber);
  });
  return reading.failure;
}
