import type { ShownOptOut } from '../../core/api/response.ts';
import { isE164 } from '../../core/input/phone.ts';
import { guardFormula } from '../../core/text/text.ts';
import { pageIn } from '../../engine/reading/account-query.ts';
import { type ListReading, readWholeList } from '../../engine/reading/list-reader.ts';
import { digest } from '../../io/digest.ts';
import { type ExportContext, MAX_READINGS, unstableError } from './account.ts';
import type { Destination } from './destination.ts';
import { readKnownProfiles } from './profiles.ts';

const COLUMNS = ['from', 'to', 'keyword', 'created_at'];

const address = (text: string) => (isE164(text) ? text : guardFormula(text));

const cellsOf = ({ from, to, keyword, createdAt }: ShownOptOut) => [
  address(from),
  address(to),
  guardFormula(keyword),
  guardFormula(createdAt),
];

/** Writes the opt-outs of a profile. Throws CommandError, Unread and Stopped. */
export async function exportOptOuts(
  exporting: ExportContext,
  destination: Destination,
  typed: string,
): Promise<{ written: number; profile: string }> {
  const { access, onRead } = exporting;
  const { query, client, concurrency } = access;
  const { chosen, nameOf, asShown } = await readKnownProfiles(exporting, typed, 'opt-outs');
  const profile = chosen as string;
  let before: ListReading | null = null;
  for (let readings = 1; ; readings++) {
    const writer = destination.open(COLUMNS);
    let written = 0;
    try {
      const reading = await readWholeList<ShownOptOut>({
        concurrency,
        digest,
        // Who sends STOP twice in a second is on the list twice.
        hasEqualRows: true,
        keyOf: (row) => JSON.stringify([row.profile, ...cellsOf(row)]),
        async readPage(page) {
          const what = `page ${page} of the list of opt-outs`;
          const result = await query.read(what, (onSent) =>
            client.listOptOuts({ page, profile: asShown(profile) }, onSent),
          );
          return pageIn(result, 'opt_outs', what);
        },
        onRows(rows, { distinct, total }) {
          // A server may ignore the filter.
          const ofProfile = rows.filter((row) => row.profile === undefined || row.profile === profile);
          for (const row of ofProfile) writer.write(cellsOf(row));
          written += ofProfile.length;
          onRead(distinct, total, 'opt-outs');
        },
      });
      // Rows that are equal on two pages are no error of the list if it is the same again.
      const isSameAgain = before?.isSteady === true && reading.isSteady && before.distinct === reading.distinct;
      if (reading.isComplete || isSameAgain) {
        writer.close();
        return { written, profile: nameOf(profile) };
      }
      if (readings === MAX_READINGS) throw unstableError(reading, 'opt-out');
      writer.abandon();
      before = reading;
    } catch (error) {
      writer.abandon();
      throw error;
    }
  }
}
