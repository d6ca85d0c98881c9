import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { parseLedgerLine } from '../../core/ledger/parse-line.ts';
import { addToIndex, takesLine } from '../../core/ledger/replay.ts';
import type { Steered } from '../../core/ledger/steered.ts';
import { PUBLIC_BASE_URL } from '../../core/settings/schema.ts';
import { parseSteering, refusalOf, settingsOf } from '../../core/steering/command.ts';
import type { StreamLine } from '../../io/queue/ledger-reader.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import type { StartedRun } from '../account/start-run.ts';
import { updateRun } from '../run/open.ts';

const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);

/** Copies a line of the workers to the log. One that is not whole is left out: a log must not end a run. */
function logLine({ log }: Logger, text: string): void {
  let line: Record<string, unknown> | null;
  try {
    line = JSON.parse(text);
  } catch {
    return;
  }
  const { level, event, text: message, fields } = line ?? {};
  if (!LEVELS.has(String(level)) || typeof event !== 'string' || typeof message !== 'string') return;
  log(String(level), event, message, typeof fields === 'object' ? (fields as Record<string, unknown>) : {});
}

/** Keeps the settings that an operator has changed, for a later session of this host. */
function keepSettings(started: StartedRun, { command, to }: Steered): void {
  const { settings } = started.run.manifest;
  const read = parseSteering([command, to]);
  const baseUrl = String(settings.base_url ?? PUBLIC_BASE_URL);
  if ('error' in read || refusalOf(read, { base_url: baseUrl, sandbox: false }) !== null) return;
  const changed = settingsOf(read);
  if (changed !== null) started.run = updateRun(started.run, { settings: { ...settings, ...changed } });
}

/**
 * Copies lines of the workers to ledger and log. Each ledger line keeps its place in the stream, so that a later
 * command goes on after it. `onWorker` is called with each one that begins. Resolves when they are on disk.
 */
export async function copyLines(
  started: StartedRun,
  lines: readonly StreamLine[],
  onWorker: (host: string, pid: number) => void,
): Promise<void> {
  const { index, ledger, logger } = started;
  const written: Promise<void>[] = [];
  for (const line of lines) {
    if ('log' in line) {
      logLine(logger, line.log);
      continue;
    }
    const entry: LedgerEntry = { ...parseLedgerLine(line.line), stream: line.id };
    if (!takesLine(index, entry)) continue;
    addToIndex(index, entry, 0, 0);
    if (entry.type === 'session_started') onWorker(entry.host ?? 'another host', entry.pid);
    written.push(ledger.record(entry));
    if (entry.type === 'steered') keepSettings(started, entry);
  }
  await Promise.all(written);
}
