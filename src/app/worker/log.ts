import type { StopCause } from '../../core/attempt/stop-reason.ts';
import { shortAccount } from '../../core/queue/protocol.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { count, printable } from '../../core/text/text.ts';
import type { Clock } from '../../engine/ports.ts';
import type { RemoteLedger } from '../../io/queue/ledger-stream.ts';
import type { Queue } from '../../io/redis/connection.ts';
import { createLogger, type Logger } from '../../io/terminal/logger.ts';
import type { Reporting } from '../invocation.ts';
import { createStyle, print } from '../output.ts';
import type { Reporter } from '../sending/session.ts';

export type WorkerLog = Pick<Logger, 'log'>;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Whether a line of this level is wanted. */
export function isLogged(level: string, wanted: string): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);
}

/** Fields that a person wants to see beside the text, and how they are shown. */
const SHOWN: [field: string, text: (value: unknown) => string][] = [
  ['row', (value) => `row ${value}`],
  ['phone_number_id', String],
  ['http_status', (value) => `HTTP ${value}`],
  ['network_code', String],
  ['error_detail', String],
  ['run', (value) => `run ${value}`],
];

/** A line stays one line, whatever a server or Redis says. */
const MAX_LINE_CHARACTERS = 2000;

function plainText(event: { level: string; time: string; text: string; fields: Record<string, unknown> }): string {
  const { level, time, text, fields } = event;
  const details = SHOWN.flatMap(([name, show]) => {
    const value = fields[name];
    return value === undefined || value === null || value === '' ? [] : [show(value)];
  });
  const account = typeof fields.account === 'string' ? `[${fields.account}] ` : '';
  const word = level === 'info' ? '' : `${level === 'warn' ? 'warning' : level}: `;
  return printable(
    `${time}  ${account}${word}${text}${details.length === 0 ? '' : ` (${details.join(', ')})`}`,
    MAX_LINE_CHARACTERS,
  );
}

/**
 * The log of a worker on standard output: one JSON object a line, or text on a terminal. `worker`: its id, which every
 * line of JSON has.
 */
export function createWorkerLog({ settings, context }: Reporting, worker: string): WorkerLog {
  const { stdout, env } = context;
  const level = settings.log_level;
  if (stdout.isTTY !== true) return createLogger(stdout, level, { worker });
  const style = createStyle(stdout, env);
  return {
    log(name, _event, text, fields = {}) {
      if (!isLogged(name, level)) return;
      const time = new Date().toTimeString().slice(0, 8);
      const line = plainText({ level: name, time, text, fields });
      print(stdout, `${name === 'error' || name === 'fatal' ? style('bad', line) : line}\n`);
    },
  };
}

/** The fields that every line about a run has. */
export function runFields(account: string, runId: string, fence: number): Record<string, unknown> {
  return { account: shortAccount(account), run: runId, fence };
}

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

/** How a session ended, for the log of the worker. */
export function endText(stop: StopCause | null, state: Reporter['state'] | null): string {
  const { done, total, failed } = state?.() ?? { done: 0, total: 0, failed: 0 };
  const rows = `${done} of ${count(total, 'row')}, ${failed} failed`;
  return stop === null ? `the run has ended: ${rows}` : `the run has stopped (${stop.reason}: ${stop.detail}): ${rows}`;
}

export const doubtText = (rows: number): string =>
  `Redis has started again and may have forgotten what was sent last: ${Number.isFinite(rows) ? `the next ${rows} rows` : 'all rows'} are read before they are sent`;

export const silenceText = (ms: number): string =>
  `waits ${formatDuration(ms)}: the owner before may still have requests on their way`;

/** A Redis that starts again is away for less. */
const AWAY_MS = 5000;

/** Says when Redis does not answer, and when it does again. Returns the function to call from time to time. */
export function logRedisAway({ queue, clock, log }: RedisWatch): () => Promise<void> {
  let isAway = false;
  return async () => {
    const since = queue.lostSince();
    if (since !== null && !isAway) {
      if (clock.now() - since < AWAY_MS) return;
      const text = `Redis has not answered for ${formatDuration(AWAY_MS)}: no row is begun until it does`;
      log.log('warn', 'worker.redis_away', text);
    }
    if (since === null && isAway) log.log('info', 'worker.redis_back', 'Redis answers again');
    isAway = since !== null;
  };
}

type RedisWatch = { queue: Pick<Queue, 'lostSince'>; clock: Pick<Clock, 'now'>; log: WorkerLog };
