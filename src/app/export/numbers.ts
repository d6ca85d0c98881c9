import type { ShownSettings } from '../../core/api/response.ts';
import { chooses, type Filters, type TypedFilters } from '../../core/export/filters.ts';
import { createNameCells, EXPORT_COLUMNS, exportRow } from '../../core/export/rows.ts';
import { createExportCounts, type ExportCounts } from '../../core/export/texts.ts';
import { createDoubleCheck } from '../../core/input/spreadsheet.ts';
import { UNASSIGN } from '../../core/input/target.ts';
import { pageIn, Unread } from '../../engine/reading/account-query.ts';
import { type ListReading, readWholeList } from '../../engine/reading/list-reader.ts';
import { LIST_REFUSED } from '../../engine/reading/phone-reads.ts';
import { digest } from '../../io/digest.ts';
import { type ExportContext, MAX_READINGS, unstableError } from './account.ts';
import type { Destination } from './destination.ts';
import { type KnownProfiles, readFilterProfile } from './profiles.ts';

/** What was written. `hasRounded`: `apply` would take the ids for rounded ones. */
export type ExportedNumbers = { counts: ExportCounts; hasRounded: boolean; nameOf: (id: string) => string };

/** Opens the table of an export. `add` writes a number, if the filters choose it. */
export function openTable(destination: Destination, known: KnownProfiles, filters: Filters) {
  const counts = createExportCounts();
  const doubles = createDoubleCheck();
  const nameCell = createNameCells(known.profiles);
  const writer = destination.open(EXPORT_COLUMNS);
  return {
    add(shown: ShownSettings): void {
      const verdict = chooses(filters, shown);
      if (verdict === 'unknown') counts.unknown += 1;
      if (verdict !== 'chosen') return;
      const row = exportRow(shown, nameCell);
      if ('leftOut' in row) {
        counts[row.leftOut === 'bad_id' ? 'badIds' : 'notShown'] += 1;
        return;
      }
      writer.write(row.cells);
      doubles.add(row.id);
      counts.written += 1;
      counts.byProfile.set(row.profile, (counts.byProfile.get(row.profile) ?? 0) + 1);
      if (row.profile === UNASSIGN) counts.unassigned += 1;
      if (row.isWithoutProfile) counts.withoutProfile += 1;
      if (row.isWithoutPhone) counts.withoutPhone += 1;
    },
    /** Counts numbers that have no id. */
    addUnnamed(numbers: number): void {
      counts.badIds += numbers;
    },
    abandon: writer.abandon,
    /** Puts the table in place. */
    close(): ExportedNumbers {
      writer.close();
      return { counts, hasRounded: doubles.isDamaged(), nameOf: known.nameOf };
    },
  };
}

type Table = ReturnType<typeof openTable>;
/** The filters that the API takes too. */
type ServerFilters = { profile?: string; contains?: string; type?: string };

function readList({ access, onRead, stop }: ExportContext, table: Table, asked: ServerFilters): Promise<ListReading> {
  const { query, client, concurrency } = access;
  return readWholeList<ShownSettings>({
    concurrency,
    digest,
    keyOf: ({ id }) => id ?? '',
    async readPage(page) {
      const what = `page ${page} of the list of numbers`;
      const result = await query.read(what, (onSent) => client.listNumbers({ page, ...asked }, onSent));
      if ('refusedStatus' in result) query.refuseIfDoubtful('the list of numbers');
      return pageIn(result, 'numbers', what);
    },
    onRows(rows, { distinct, total, unnamed }) {
      for (const shown of rows) table.add(shown);
      table.addUnnamed(unnamed);
      if (stop.asked() === null) onRead(distinct, total, 'numbers');
    },
  });
}

/** Reads the list into a table; null if it was not complete. */
async function readOnce(exporting: ExportContext, open: () => Table, asked: ServerFilters) {
  const table = open();
  try {
    const reading = await readList(exporting, table, asked);
    if (reading.isComplete) return { table, reading };
    table.abandon();
    return { table: null, reading };
  } catch (error) {
    table.abandon();
    throw error;
  }
}

/** Whether the API refuses the filters, and not the list. */
function isFilterRefused(error: unknown, isAsked: boolean): boolean {
  return isAsked && error instanceof Unread && LIST_REFUSED.has(error.refusedStatus);
}

/** Writes the numbers of the account that filters choose. Throws CommandError, Unread and Stopped. */
export async function exportNumbers(
  exporting: ExportContext,
  destination: Destination,
  typed: TypedFilters,
): Promise<ExportedNumbers> {
  const { known, filters } = await readFilterProfile(exporting, typed);
  const { profile, contains, type } = filters;
  let asked: ServerFilters = {
    ...(typeof profile === 'string' ? { profile: known.asShown(profile) } : {}),
    ...(contains === undefined ? {} : { contains: contains.replace('+', '') }),
    ...(type === undefined ? {} : { type }),
  };
  const isAsked = () => Object.keys(asked).length > 0;
  for (let readings = 1; ; ) {
    try {
      const { table, reading } = await readOnce(exporting, () => openTable(destination, known, filters), asked);
      // The filters are checked here in any case. An API that knows their values in another spelling shows nothing.
      const isDoubtful = isAsked() && reading.distinct === 0;
      if (table !== null && !isDoubtful) return table.close();
      table?.abandon();
      if (isDoubtful) {
        asked = {};
        continue;
      }
      if (readings === MAX_READINGS) throw unstableError(reading, 'number');
      readings += 1;
      // An API may count what its filters leave out.
      if (readings === MAX_READINGS) asked = {};
    } catch (error) {
      if (!isFilterRefused(error, isAsked())) throw error;
      asked = {};
    }
  }
}
