import type { RemoteLedger } from '../../io/queue/ledger-stream.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import { isLogged, type WorkerLog } from './log.ts';

/** Events of single rows that went well. A worker of many accounts leaves them to the logs of the runs. */
const ONLY_OF_RUN = new Set(['row.updated']);

/** The log of a run: in its stream for the submitter, and in the log of the worker. */
export function createRunLog(
  log: WorkerLog,
  ledger: Pick<RemoteLedger, 'log'>,
  { level, fields, worker }: { level: string; fields: Record<string, unknown>; worker: string },
): Logger {
  return {
    log(name, event, text, more = {}) {
      if (isLogged(name, level)) {
        // A line of the log that is lost ends nothing. If the lease is lost, the ledger says so.
        ledger.log({ level: name, event, text, fields: { ...more, worker, ...fields } }).catch(() => undefined);
      }
      if (!ONLY_OF_RUN.has(event)) log.log(name, event, text, { ...more, ...fields });
    },
    close: () => undefined,
  };
}
