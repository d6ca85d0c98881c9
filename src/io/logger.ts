import { destination, pino, stdTimeFunctions } from 'pino';

/** A structured log: one NDJSON line an event. */
export type Logger = {
  log: (level: string, event: string, msg: string, fields?: Record<string, unknown>) => void;
  close: () => void;
};

/**
 * Opens the log of a run at `path`, or on standard error for `-`. Writes are synchronous: a worker would lose the
 * last lines at exit, and they are the ones that matter. Only plain fields that the caller has chosen are written;
 * an error object of the HTTP library never is, since it carries the Authorization header.
 */
export function createLogger(path: string, level: string, runId: string): Logger {
  const to = destination(path === '-' ? { dest: 2, sync: true } : { dest: path, sync: true, mode: 0o600 });
  const logger = pino(
    {
      level,
      base: { run_id: runId },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['authorization', '*.authorization', '*.headers', 'v1_secret', '*.v1_secret'], remove: true },
    },
    to,
  );
  // A log that can no longer be written (closed standard error) must not end a run.
  to.on('error', () => undefined);
  return {
    log(name, event, msg, fields = {}) {
      logger[name as 'info']({ event, ...fields }, msg);
    },
    close() {
      try {
        to.flushSync();
      } catch {
        // Nothing more can be done for it.
      }
      if (path !== '-') to.end();
    },
  };
}
