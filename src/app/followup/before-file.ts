import { realpathSync } from 'node:fs';
import { createFigures, type Figures, figureColumns } from '../../core/followup/deliverability.ts';
import { isBlankLine } from '../../core/input/cell.ts';
import type { FileError } from '../../core/input/rejection.ts';
import { count, quoted } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { openInput } from '../../io/csv/open-input.ts';
import { CsvError } from '../../io/csv/record.ts';
import { findDialect, readCsv } from '../../io/csv/records.ts';
import { digest } from '../../io/digest.ts';
import { statusOf } from '../../io/file-status.ts';
import { errorOf } from '../ending/run-ending.ts';
import { fileError, isFileError, UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { warn } from '../output.ts';
import { refusedFile } from '../planning/input-source.ts';
import { typedPath } from '../run/open.ts';

const NO_FIGURES: FileError = {
  code: 'missing_column',
  text: 'it needs the columns phone_number_id or phone_number, message_count and success_ratio, as export writes them',
  line: null,
};

/** Reads the figures of a file. `onUnreadable` takes what is no number, and its line. */
async function readFigures(
  path: string,
  onUnreadable: (text: string, line: number) => void,
): Promise<Figures | FileError> {
  const opened = await openInput(path, new AbortController().signal);
  opened.close();
  if (opened.error !== null) return opened.error;
  let figures: Figures | null = null;
  for await (const batch of readCsv(path, await findDialect(path, null))) {
    for (const { cells, line } of batch) {
      if (isBlankLine(cells)) continue;
      if (figures !== null) {
        const unreadable = figures.add(cells);
        if (unreadable !== '') onUnreadable(unreadable, line);
        continue;
      }
      const columns = figureColumns(cells);
      if (columns === null) return { ...NO_FIGURES, line };
      figures = createFigures(digest, columns);
    }
  }
  return figures ?? { ...NO_FIGURES, code: 'no_header' };
}

/**
 * Reads the success ratios of the file of --before; null without that flag. Throws UsageError if it cannot be read, and
 * CommandError (exit 3) if it does not have them.
 */
export async function readBefore(invocation: Invocation): Promise<Figures | null> {
  const { settings, context } = invocation;
  const { before: path } = settings;
  if (path === null) return null;
  const where = typedPath(context, path);
  let read: Figures | FileError;
  let unreadable = 0;
  let first = '';
  const onUnreadable = (text: string, line: number) => {
    unreadable += 1;
    first ||= `line ${line}: ${quoted(text)}`;
  };
  try {
    const status = statusOf(path);
    if (status === null) throw new UsageError(`--before: there is no file ${visible(where)}`);
    if (!status.isFile()) throw new UsageError(`--before: ${visible(where)} is not a file`);
    // Our reader follows no links, and this file is the user's.
    read = await readFigures(realpathSync(path), onUnreadable);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!(error instanceof CsvError)) throw isFileError(error) ? fileError(`read ${where}`, error) : error;
    read = error.fileError;
  }
  if ('code' in read) throw errorOf(refusedFile(read, visible(where)));
  if (unreadable > 0) {
    const rows = count(unreadable, 'row');
    warn(invocation, `${rows} of ${visible(where)} cannot be compared, because a figure is no number (${first})`);
  }
  return read;
}
