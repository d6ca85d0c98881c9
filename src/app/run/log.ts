import { resolve } from 'node:path';
import { visible } from '../../core/text/visible.ts';
import { openOwnFile } from '../../io/own-file.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { createLogger, type Logger } from '../../io/terminal/logger.ts';
import { UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { isDamage } from './damage.ts';
import type { Run } from './open.ts';

/** Opens the log of a run: log.ndjson, or --log-file. Throws UsageError if it cannot be written. */
export function openLog(run: Run, { settings, context }: Reporting): Logger {
  const { log_file: file, log_level: level } = settings;
  if (file === '-') return createLogger(context.stderr, level, run.manifest.run_id);
  const path = file === null ? runFiles(run.dir).log : resolve(context.cwd, file);
  try {
    return createLogger(file === null ? openOwnFile(path, 'append') : path, level, run.manifest.run_id);
  } catch (error) {
    if (isDamage(error)) throw error;
    throw new UsageError(
      `Could not write the log ${visible(path)}: ${(error as NodeJS.ErrnoException).code}. Fix: choose another with --log-file.`,
    );
  }
}

/** Logs every rejected row of a plan with its reason. */
export async function logRejections(run: Run, reporting: Reporting): Promise<void> {
  const logger = openLog(run, reporting);
  for await (const batch of readPlan(runFiles(run.dir).plan, 'rejected')) {
    for (const { row, line, id, action, reason, note } of batch) {
      if (action !== 'rejected') continue;
      const fields = { row, line, phone_number_id: id, attempt: 0, reason, error_detail: note };
      logger.log('error', 'row.rejected', 'row rejected', fields);
    }
  }
  logger.close();
}
