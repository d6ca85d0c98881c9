import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import {
  CAMPAIGN_COLUMNS,
  type CampaignState,
  campaignCells,
  campaignLine,
  isUsLongCode,
} from '../../core/campaigns/campaign.ts';
import { createCampaignCounts, type RunCampaigns } from '../../core/campaigns/campaign-counts.ts';
import { type CampaignTable, createCampaignTable } from '../../core/campaigns/campaign-table.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { quoted } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { readCampaigns } from '../../engine/reading/campaign-reader.ts';
import type { Stop } from '../../engine/stop.ts';
import { createCsvWriter } from '../../io/csv/writer.ts';
import { digest } from '../../io/digest.ts';
import { statusOf } from '../../io/file-status.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readTableLines } from '../../io/run/plan-file.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { warn } from '../output.ts';
import type { Run } from '../run/open.ts';
import { type AccountAccess, readMore } from './access.ts';

type Reader = Pick<AccountAccess, 'query' | 'client' | 'concurrency' | 'announce'>;

/** Reads the campaigns of the wanted numbers. Returns why some are unknown; '' if none is. Throws Stopped. */
function readInto(
  table: CampaignTable,
  { query, client, concurrency, announce }: Reader,
  before: CampaignTable | null,
): Promise<string> {
  const onChoice = (requests: number) => announce('the 10DLC campaigns', requests);
  const hadCampaign = (phoneNumber: string) => (before?.stateOf(phoneNumber)?.campaign ?? '') !== '';
  return readCampaigns({ table, query, ports: client, hadCampaign, concurrency, onChoice });
}

/** A number of campaigns.csv, and what its campaign was before. */
type Watched = { phoneNumber: string; before: CampaignState };

/** Writes campaigns.csv, and counts. Throws what the file system throws. */
async function writeCampaigns(
  path: string,
  numbers: AsyncIterable<Watched> | Iterable<Watched>,
  phase: 'before' | 'after',
  after: (phoneNumber: string) => CampaignState,
) {
  const counts = createCampaignCounts(phase);
  const writer = createCsvWriter(path, CAMPAIGN_COLUMNS);
  try {
    for await (const { phoneNumber, before } of numbers) {
      const now = after(phoneNumber);
      counts.add(phoneNumber, before, now);
      writer.write(campaignCells(phoneNumber, before, now));
    }
    writer.close();
    return counts;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Planned rows, and what was read of their numbers. */
type PlannedRows = { rows: () => AsyncIterable<readonly PlanEntry[]>; account: AccountSnapshot };

/** The phone numbers of the US long codes that rows change. */
async function* longCodes({ rows, account }: PlannedRows): AsyncGenerator<string> {
  for await (const batch of rows()) {
    for (const entry of batch) {
      const known = entry.action === 'change' ? account.stateOf(entry) : null;
      if (known?.state !== 'found') continue;
      const phoneNumber = known.shown.phoneNumber ?? entry.phoneNumber;
      if (isUsLongCode(phoneNumber, known.shown)) yield phoneNumber;
    }
  }
}

/**
 * --campaigns: reads the campaigns of the numbers that rows change and writes campaigns.csv, before anything is sent.
 * Whatever fails is a warning. `note` is for the plan. Throws Stopped.
 */
export async function recordCampaigns(
  run: Run,
  planned: PlannedRows,
  access: Reader,
  invocation: KeyedInvocation,
): Promise<{ campaigns: RunCampaigns | null; note: string }> {
  const table = createCampaignTable(digest);
  for await (const phoneNumber of longCodes(planned)) table.addWanted(phoneNumber);
  const why = await readInto(table, access, null);
  function* numbers(): Generator<Watched> {
    for (const phoneNumber of table.wantedPhones()) yield { phoneNumber, before: table.stateOf(phoneNumber) };
  }
  try {
    const counts = await writeCampaigns(runFiles(run.dir).campaigns, numbers(), 'before', () => null);
    const campaigns = counts.result(why);
    for (const text of campaigns.warnings) warn(invocation, text);
    return { campaigns, note: counts.note() };
  } catch (error) {
    warn(invocation, `campaigns.csv could not be written: ${visible((error as Error).message)}`);
    return { campaigns: null, note: '' };
  }
}

/** Whether campaigns.csv says what the campaigns were before the run. */
export const hasCampaigns = ({ dir }: Run): boolean => statusOf(runFiles(dir).campaigns) !== null;

/** The numbers of campaigns.csv. Throws if the file was edited. */
async function* watchedNumbers(path: string): AsyncGenerator<Watched> {
  for await (const lines of readTableLines(path)) {
    for (const line of lines) {
      const watched = campaignLine(line);
      // To write it again would lose what the campaigns were before.
      if (watched === null) throw new Error(`a line of campaigns.csv is not as it was written: ${quoted(line)}`);
      yield watched;
    }
  }
}

/** Reads the campaigns of campaigns.csv again, and writes it with what they are now. */
async function readAgain({ dir }: Run, access: Reader): Promise<RunCampaigns> {
  const { campaigns: path } = runFiles(dir);
  const table = createCampaignTable(digest);
  const known = createCampaignTable(digest);
  for await (const { phoneNumber, before } of watchedNumbers(path)) {
    table.addWanted(phoneNumber);
    known.addWanted(phoneNumber);
    if (before !== null) known.addShown({ phoneNumber, ...before });
  }
  const why = await readInto(table, access, known);
  return (await writeCampaigns(path, watchedNumbers(path), 'after', table.stateOf)).result(why);
}

/**
 * Compares the campaigns of a run with what they were before it. `recorded`: its ledger and log are written. Returns
 * null after a stop. Throws what the file system throws.
 */
export function compareCampaigns(
  run: Run,
  { held: _, ...invocation }: KeyedInvocation,
  options: { stop: Stop; recorded: boolean },
): Promise<RunCampaigns | null> {
  // Reads need no lease, and that of a run that workers had is released.
  return readMore(run, invocation, options, (access) => readAgain(run, access));
}
