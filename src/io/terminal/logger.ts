import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { pino, stdTimeFunctions } from 'pino';
import { visibleJsonText } from '../../core/text/visible.ts';
import { NEWLINE } from '../bytes.ts';

export type Logger = Pick<ReturnType<typeof createLogger>, 'log' | 'close'>;

/** Opening a pipe that no process reads is an error then, and not waited for. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** Whether a crash has cut off the last line of a file. */
function endsTorn(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1, NEWLINE);
  if (size > 0) readSync(file, last, 0, 1, size - 1);
  return last[0] !== NEWLINE;
}

/**
 * Opens a file that is written synchronously, line by line. A line that cannot be written is dropped, because a log
 * must not end a run. pino's own destination keeps every line on a full disk, and never returns when it is closed.
 */
function openSink(to: string | number) {
  const file = typeof to === 'number' ? to : openSync(to, APPEND, 0o600);
  let open = true;
  let failure: unknown = null;
  let torn = typeof to === 'number' && endsTorn(to);
  return {
    write(line: string): void {
      if (!open) return;
      // After half a line a new one begins, or neither could be read.
      const bytes = Buffer.from(torn ? `\n${line}` : line);
      let at = 0;
      try {
        while (at < bytes.length) at += writeSync(file, bytes, at);
        torn = false;
      } catch (error) {
        failure ??= error;
        if (at > 0) torn = bytes[at - 1] !== NEWLINE;
      }
    },
    close(): void {
      if (open && failure === null && fstatSync(file).nlink === 0) failure = new Error('it was removed');
      if (open) closeSync(file);
      open = false;
    },
    failure: () => failure,
  };
}

/**
 * Opens the log of a run, one NDJSON line an event, at a path, on a descriptor that may be
 * read too, or on a stream, which stays open. `base`: the run id, or the fields of every line. Writes are synchronous
 * because a worker would lose the last lines at exit, which matter most. Only fields that the caller chooses are
 * written, never an error object of the HTTP library, which carries the Authorization header. Throws what the file
 * system throws.
 */
export function createLogger(
  to: string | number | NodeJS.WritableStream,
  level: string,
  base: string | Record<string, unknown>,
  secrets: ReadonlySet<string> = new Set(),
) {
  const sink =
    typeof to === 'string' || typeof to === 'number'
      ? openSink(to)
      : { write: (line: string) => to.write(line), close: () => undefined, failure: () => null };
  /** Nothing that is logged should hold one. If a text does, it is removed. */
  const withoutSecrets = (line: string) =>
    [...secrets].reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), line);
  const logger = pino(
    {
      level,
      base: typeof base === 'string' ? { run_id: base } : base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['authorization', '*.authorization', '*.headers', 'v1_secret', '*.v1_secret'], remove: true },
    },
    // The log is read on terminals, and JSON leaves invisible characters as they are.
    { write: (line: string) => sink.write(withoutSecrets(visibleJsonText(line))) },
  );
  return {
    log(name: string, event: string, msg: string, fields: Record<string, unknown> = {}): void {
      logger[name as 'info']({ event, ...fields }, msg);
    },
    close: sink.close,
    /** Why a line is missing from the log; null if none is. */
    failure: sink.failure,
  };
}
