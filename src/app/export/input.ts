import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createDigestTable } from '../../core/account/digest-table.ts';
import type { AccountSnapshot, NumberKey } from '../../core/account/snapshot.ts';
import type { ShownSettings } from '../../core/api/response.ts';
import type { TypedFilters } from '../../core/export/filters.ts';
import { isE164, phoneReadings } from '../../core/input/phone.ts';
import { createDraft } from '../../core/plan/draft.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { count } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { Stopped } from '../../engine/reading/account-query.ts';
import { CsvError } from '../../io/csv/record.ts';
import { findDialect } from '../../io/csv/records.ts';
import { digest } from '../../io/digest.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readNumbers } from '../account/access.ts';
import { errorOf } from '../ending/run-ending.ts';
import { CommandError, fileErrorMessage, isFileError, UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { findInput, type InputSource, refusedFile } from '../planning/input-source.ts';
import { draftEntries } from '../planning/make-plan.ts';
import { OTHER_TEMP, openTempDir } from '../temp-dir.ts';
import type { ExportContext } from './account.ts';
import type { Destination } from './destination.ts';
import { type ExportedNumbers, openTable } from './numbers.ts';
import { readFilterProfile } from './profiles.ts';

/** The targets of the file are not read, so its rows need none. */
const NO_TARGETS = { messaging_profile_id: '', messaging_profile_name: '', messaging_product: '' };
/** A row needs a target to be one. Nothing is sent here, so nothing has to be allowed. */
const ALLOWED = { unassign: true, roundedIds: true, online: true, constants: { messaging_product: 'A2P' } };

/** The lines of a kind that a warning names. */
const MAX_LINES = 5;

/** The rows of a CSV, as the numbers that they name. */
type InputRows = () => AsyncGenerator<PlanEntry[]>;

/** The input of --input; null if there is none. Throws UsageError if it cannot be read. */
export function exportInputOf(invocation: Invocation): InputSource | null {
  const { settings, sources, context } = invocation;
  if (settings.input === null) {
    const typed = (['map', 'delimiter'] as const).find((name) => sources[name] === 'flag');
    if (typed !== undefined) throw new UsageError(`--${typed} is about the CSV of --input, and there is none`);
    return null;
  }
  if (existsSync(join(resolve(context.cwd, settings.input), 'run.json'))) {
    const file = join(settings.input, 'input.csv');
    throw new UsageError(`--input ${visible(settings.input)} is a run directory; its input is ${visible(file)}`);
  }
  const source = findInput(settings.input, invocation);
  // A missing file is an error: there is no --missing-input-ok.
  return 'exit' in source ? null : source;
}

/** Copies the input, which may be a pipe and is read several times. Throws CommandError (exit 3), and Stopped. */
async function copyInput(source: InputSource, dir: string, { stop }: ExportContext): Promise<void> {
  const abort = new AbortController();
  const removeCallback = stop.onAsked(() => abort.abort());
  try {
    await source.open?.(abort.signal);
    await source.copy(dir, abort.signal);
  } catch (error) {
    if (stop.asked() !== null) throw new Stopped();
    if (!isFileError(error) || (error as NodeJS.ErrnoException).syscall !== 'write') throw error;
    const text = fileErrorMessage(`copy the input to ${dirname(dir)}, to read it twice`, error, OTHER_TEMP);
    throw new CommandError(EXIT.internal, 'not_written', `${text} Nothing was written.`);
  } finally {
    removeCallback();
    source.close?.();
  }
}

/** Reads the rows of a CSV. Throws CsvError if the file as a whole is refused. */
async function* rowsOf(path: string, { settings }: Invocation): AsyncGenerator<PlanEntry[]> {
  const dialect = await findDialect(path, settings.delimiter);
  const map = { ...settings.map, ...NO_TARGETS };
  yield* draftEntries(path, dialect, createDraft({ map, allowed: ALLOWED, delimiter: dialect.delimiter }));
}

/** Throws CommandError (exit 3) if the file is refused, or rows of it: an export without them would pass for complete. */
async function checkRows(rows: InputRows, where: string): Promise<void> {
  const rejected: string[] = [];
  let all = 0;
  try {
    for await (const batch of rows()) {
      for (const { action, line, reason, note } of batch) {
        if (action !== 'rejected') continue;
        all += 1;
        if (rejected.length < MAX_LINES) rejected.push(`${where}, line ${line}: ${reason}: ${note}`);
      }
    }
  } catch (error) {
    throw error instanceof CsvError ? errorOf(refusedFile(error.fileError, where)) : error;
  }
  if (all === 0) return;
  if (all > rejected.length) rejected.push(`and ${count(all - rejected.length, 'more row')}`);
  const message = `${rejected.join('\n')}\nNothing was written. Fix these rows, or take them out of the file.`;
  throw new CommandError(EXIT.input, 'rows_rejected', message);
}

/** Says which lines name a number that is not in the export, and why. */
function createMissing() {
  const lines = new Map<string, number[]>();
  const counts = new Map<string, number>();
  return {
    add(why: string, line: number): void {
      const named = lines.get(why) ?? [];
      lines.set(why, named);
      counts.set(why, (counts.get(why) ?? 0) + 1);
      if (named.length < MAX_LINES) named.push(line);
    },
    warnings: () =>
      [...counts].map(([why, all]) => {
        const named = lines.get(why) ?? [];
        const more = all > named.length ? ' and others' : '';
        return `${count(all, 'row')} left out: ${why} (line${all === 1 ? '' : 's'} ${named.join(', ')}${more})`;
      }),
  };
}

function whyMissing(number: ReturnType<AccountSnapshot['stateOf']>): string {
  if (number.state === 'unreadable') return `the API does not show the number (${number.why})`;
  if (number.state === 'found') return 'its id and its phone number are not of the same number';
  if (number.state === 'ambiguous') return 'several numbers of the account have the phone number';
  return 'the account has no such number';
}

/** Whether a row has the phone number of another number than its id, which `apply` rejects. */
function isOther({ phoneNumber }: NumberKey, shown: ShownSettings): boolean {
  const readings = phoneReadings(phoneNumber);
  const { phoneNumber: has = '' } = shown;
  return readings.length > 0 && isE164(has) && !readings.includes(has);
}

const keysOf = (rows: InputRows) =>
  async function* (): AsyncGenerator<readonly NumberKey[]> {
    yield* rows();
  };

/** Writes what the numbers of a CSV have, in its order. Throws CommandError, UsageError, Unread and Stopped. */
export async function exportInput(
  exporting: ExportContext,
  source: InputSource,
  destination: Destination,
  typed: TypedFilters,
): Promise<ExportedNumbers> {
  const { dir, end } = openTempDir();
  try {
    await copyInput(source, dir, exporting);
    const rows = () => rowsOf(runFiles(dir).input, exporting.invocation);
    await checkRows(rows, source.where);
    const { known, filters } = await readFilterProfile(exporting, typed);
    const { account } = await readNumbers(exporting.access, keysOf(rows), [], { details: true });
    const written = createDigestTable(digest);
    const missing = createMissing();
    const table = openTable(destination, known, filters);
    try {
      for await (const batch of rows()) {
        for (const entry of batch) {
          const number = account.stateOf(entry);
          if (number.state !== 'found' || isOther(entry, number.shown)) {
            missing.add(whyMissing(number), entry.line);
            continue;
          }
          const before = written.size();
          if (written.numberOf(number.id) === before) table.add({ ...number.shown, id: number.id });
        }
      }
      exporting.leftOut.push(...missing.warnings());
      return table.close();
    } catch (error) {
      table.abandon();
      throw error;
    }
  } finally {
    end();
  }
}
