import { join, resolve } from 'node:path';
import { EXIT } from '../../core/run/exit-codes.ts';
import { createCsvWriter } from '../../io/csv/writer.ts';
import { isLastingFile, statusOf } from '../../io/file-status.ts';
import { copyToPath, copyToStream, targetOf } from '../../io/output-file.ts';
import { CommandError, fileErrorMessage, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { isStdout } from '../output.ts';
import { typedPath } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { openTempDir, type TempDir } from '../temp-dir.ts';

/** Where an export goes: a file as it is typed here, or standard output (null). */
export type Destination = {
  file: string | null;
  /** Opens the table; nothing is seen of it until it is complete. */
  open: (header: readonly string[]) => Writer;
  /** Puts the complete table in its place. */
  deliver: () => Promise<void>;
  /** Removes what is only ours. */
  end: () => void;
};

type Writer = ReturnType<typeof createCsvWriter>;

/** The error of a disk that is full or broken, after all was read. */
function diskError(shown: string, error: unknown): CommandError {
  const message = `${fileErrorMessage(`write ${shown}`, error)} Nothing was written there.`;
  return new CommandError(EXIT.internal, 'not_written', message);
}

/** The same writer, whose errors say which file could not be written. */
function named({ write, close, abandon }: Writer, shown: string): Writer {
  const or =
    <A extends unknown[], T>(act: (...given: A) => T) =>
    (...given: A): T => {
      try {
        return act(...given);
      } catch (error) {
        throw diskError(shown, error);
      }
    };
  return { write: or(write), close: or(close), abandon };
}

/** Throws UsageError if the file could not be written later, or is one that must not be written over. */
export function openDestination(typed: string | undefined, reporting: Reporting): Destination {
  const { settings, context } = reporting;
  const given = typed === undefined || typed === '' ? '-' : typed;
  const file = isStdout(given) ? null : given;
  if (file === null && settings.json) {
    throw new UsageError('--json needs a file for the export: standard output is for the JSON object alone');
  }
  checkOutputs({ input: settings.input }, reporting, file === null ? {} : { 'the file': file });
  const path = file === null ? null : resolve(context.cwd, file);
  // A pipe or a device is filled when all is there.
  if (path !== null && (statusOf(path) === null || isLastingFile(path))) {
    const shown = typedPath(context, path);
    const open: Destination['open'] = (header) => named(createCsvWriter(targetOf(path), header), shown);
    return { file: shown, open, deliver: async () => undefined, end: () => undefined };
  }
  // Before anything is read it is known whether one can be made.
  openTempDir().end();
  let place: TempDir | null = null;
  // Not before it is needed, when a signal that ends the process is known to remove it.
  const draft = () => {
    place ??= openTempDir();
    return join(place.dir, 'export.csv');
  };
  const end = () => place?.end();
  return {
    file: path === null ? null : typedPath(context, path),
    open: (header) => named(createCsvWriter(draft(), header), draft()),
    async deliver() {
      // A reader may take its time, and a signal then leaves nothing.
      try {
        if (path === null) await copyToStream(draft(), context.stdout, end);
        else await copyToPath(draft(), path, end);
      } catch (error) {
        if (path !== null) throw diskError(typedPath(context, path), error);
        const message = `${fileErrorMessage('write standard output', error)} What is there is not complete.`;
        throw new CommandError(EXIT.internal, 'not_written', message);
      }
    },
    end,
  };
}
