import { resolve } from 'node:path';
import { openOwnFile } from '../../io/own-file.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { createLogger, type Logger } from '../../io/terminal/logger.ts';
import { fileError, fileErrorMessage } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { warn } from '../output.ts';
import { isDamage } from './damage.ts';
import { type Run, typedPath } from './open.ts';

/**
 * Opens the log of a run: log.ndjson, or --log-file. Throws UsageError if it cannot be opened and nothing was sent yet.
 * A log that can no longer be written must not end a run (`isStarted`): it is a warning.
 */
export function openLog(run: Run, reporting: Reporting, isStarted = false): Logger {
  const { settings, context } = reporting;
  const { log_file: file, log_level: level } = settings;
  const { run_id: id } = run.manifest;
  if (file === '-') return createLogger(context.stderr, level, id, context.secrets);
  const path = file === null ? runFiles(run.dir).log : resolve(context.cwd, file);
  const fix = 'choose another with --log-file';
  const shown = typedPath(context, path);
  const warnOf = (error: unknown) => warn(reporting, fileErrorMessage(`write all of the log ${shown}`, error, fix));
  try {
    const logger = createLogger(file === null ? openOwnFile(path, 'append') : path, level, id, context.secrets);
    const close = () => {
      logger.close();
      const failure = logger.failure();
      if (failure !== null) warnOf(failure);
    };
    return { log: logger.log, close };
  } catch (error) {
    if (isDamage(error)) throw error;
    if (!isStarted) throw fileError(`write the log ${shown}`, error, fix);
    warnOf(error);
    return { log: () => undefined, close: () => undefined };
  }
}

/** Each takes 300 bytes in the log, and all of them are in results.csv. */
export const MAX_LOGGED_REJECTIONS = 10_000;

/** The rejected rows of a plan. */
async function* rejectedEntries(run: Run) {
  for await (const batch of readPlan(runFiles(run.dir).plan, 'rejected')) {
    yield* batch.filter(({ action }) => action === 'rejected');
  }
}

/** Logs the first rejected rows of a plan with their reasons, and how many others there are. */
export async function logRejections(run: Run, rejected: number, reporting: Reporting): Promise<void> {
  const logger = openLog(run, reporting);
  let logged = 0;
  for await (const { row, line, id, reason, note } of rejectedEntries(run)) {
    if (logged === MAX_LOGGED_REJECTIONS) {
      const more = rejected - logged;
      logger.log('error', 'rows.rejected', `${more} more rows rejected; all are in results.csv`, { count: more });
      break;
    }
    const fields = { row, line, phone_number_id: id, attempt: 0, reason, error_detail: note };
    logger.log('error', 'row.rejected', 'row rejected', fields);
    logged += 1;
  }
  logger.close();
}
