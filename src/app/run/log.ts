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

export const NO_LOG: Logger = { log: () => undefined, close: () => undefined };

/** `id`: what its lines are about. `ofRun`: its place if --log-file names no other; null for none. */
type Log = { id: string; ofRun: string | null; isStarted: boolean };

function openLogAt({ id, ofRun, isStarted }: Log, reporting: Reporting): Logger {
  const { settings, context } = reporting;
  const { log_file: file, log_level: level } = settings;
  if (file === '-') return createLogger(context.stderr, level, id, context.secrets);
  const path = file === null ? ofRun : resolve(context.cwd, file);
  if (path === null) return NO_LOG;
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
    return NO_LOG;
  }
}

/**
 * Opens the log of a run: log.ndjson, or --log-file. Throws UsageError if it cannot be opened and nothing was sent yet.
 * A log that can no longer be written must not end a run (`isStarted`): it is a warning.
 */
export function openLog(run: Run, reporting: Reporting, isStarted = false): Logger {
  return openLogAt({ id: run.manifest.run_id, ofRun: runFiles(run.dir).log, isStarted }, reporting);
}

/** Opens the log of a command without a run: --log-file, if it is given. Throws UsageError if it cannot be opened. */
export function openCommandLog(command: string, reporting: Reporting): Logger {
  return openLogAt({ id: command, ofRun: null, isStarted: false }, reporting);
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
