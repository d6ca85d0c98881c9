import { shortAccount } from '../../core/queue/protocol.ts';
import { createLogger, type Logger } from '../../io/terminal/logger.ts';
import type { Reporting } from '../invocation.ts';
import { createStyle, print } from '../output.ts';

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

function plainText(event: { level: string; time: string; text: string; fields: Record<string, unknown> }): string {
  const { level, time, text, fields } = event;
  const details = SHOWN.flatMap(([name, show]) => {
    const value = fields[name];
    return value === undefined || value === null || value === '' ? [] : [show(value)];
  });
  const account = typeof fields.account === 'string' ? `[${fields.account}] ` : '';
  const word = level === 'info' ? '' : `${level === 'warn' ? 'warning' : level}: `;
  return `${time}  ${account}${word}${text}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
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
