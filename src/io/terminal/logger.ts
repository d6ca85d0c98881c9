import { closeSync, openSync, writeSync } from 'node:fs';
import { pino, stdTimeFunctions } from 'pino';

/** A structured log: one NDJSON line an event. */
export type Logger = {
  log: (level: string, event: string, msg: string, fields?: Record<string, unknown>) => void;
  close: () => void;
};

const NEWLINE = 0x0a;

type Sink = { write: (line: string) => void; close: () => void };

/**
 * A file that is written line by line, at once. What cannot be written is dropped, as a log must not end a run. Not the
 * destination that comes with pino: on a full disk it keeps every line, and waits for ever when it is closed.
 */
function openSink(path: string): Sink {
  const file = openSync(path, 'a', 0o600);
  let open = true;
  let torn = false;
  return {
    write(line) {
      if (!open) return;
      // After half a line the next one starts afresh, or both could not be read.
      const bytes = Buffer.from(torn ? `\n${line}` : line);
      let at = 0;
      try {
        while (at < bytes.length) at += writeSync(file, bytes, at);
        torn = false;
      } catch {
        if (at > 0) torn = bytes[at - 1] !== NEWLINE;
      }
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

/**
 * Opens the log of a run at a path, or on a stream, which stays open. Writes are synchronous: a worker would lose the
 * last lines at exit, and they are the ones that matter. Only plain fields that the caller has chosen are written;
 * an error object of the HTTP library never is, since it carries the Authorization header. Throws what the file system
 * throws when the file cannot be opened.
 */
export function createLogger(to: string | NodeJS.WritableStream, level: string, runId: string): Logger {
  const sink: Sink =
    typeof to === 'string' ? openSink(to) : { write: (line) => to.write(line), close: () => undefined };
  const logger = pino(
    {
      level,
      base: { run_id: runId },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['authorization', '*.authorization', '*.headers', 'v1_secret', '*.v1_secret'], remove: true },
    },
    sink,
  );
  return {
    log(name, event, msg, fields = {}) {
      logger[name as 'info']({ event, ...fields }, msg);
    },
    close: sink.close,
  };
}
