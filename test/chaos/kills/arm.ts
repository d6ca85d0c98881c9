import type { Random } from '../server/random.ts';
import { changesOf } from '../server/rows.ts';
import type { Kill } from '../trial/program.ts';
import { readLedger } from '../trial/run-files.ts';
import { runDirOf, type Trial } from '../trial/trial.ts';

/** Longer than the start of a process, so that kills before the first request hit every moment of it. */
const MAX_START_MS = 400;

/** Longer than reading the account. */
const MAX_READING_MS = 150;

/** The longest time from the first request about a row to a kill. */
const MAX_SENDING_MS = 1500;

/** Longer than writing the results. */
const MAX_FINISHING_MS = 120;

/** Kills at the first request, or a few pages later. */
function armReading(strike: (afterMs: number) => void, { server }: Trial, random: Random): () => void {
  const afterMs = random.chance(0.5) ? 0 : random.between(0, MAX_READING_MS);
  const forget = server.onRequest(() => {
    forget();
    strike(afterMs);
  });
  return forget;
}

/**
 * Decides when to kill a process, and sets that up. Some processes are killed before the first request, some while they
 * read the account, most while they send, some after the last row, and some after a SIGTERM. Returns a function that
 * cancels the kill.
 */
export function arm(kill: Kill, trial: Trial, args: readonly string[], random: Random): () => void {
  const { server, rows, rate, edits } = trial;
  const { outcomes, inFlight } = readLedger(runDirOf(trial, args));
  const timers: NodeJS.Timeout[] = [];
  const strike = (afterMs: number) => {
    if (afterMs === 0) kill('SIGKILL');
    else timers.push(setTimeout(() => kill('SIGKILL'), afterMs));
  };
  const cancelTimers = () => {
    for (const timer of timers) clearTimeout(timer);
  };
  // About half of the online runs are killed first while they read the account.
  const isFirst = trial.sessions.length === 0;
  const inReading = trial.online && random.chance(isFirst ? 0.5 : 0.2);
  const draw = random.next();
  if (inReading) {
    const forget = armReading(strike, trial, random);
    return () => {
      forget();
      cancelTimers();
    };
  }
  if (draw < 0.2) {
    strike(random.between(0, MAX_START_MS));
    return cancelTimers;
  }
  const isPending = (row: number) => !outcomes.has(row) && (!edits.has(row) || inFlight.has(row));
  const pending = changesOf(rows).filter(({ row }) => isPending(row)).length;
  const afterLastRow = draw < 0.35;
  const withSigterm = draw >= 0.9;
  const maxMs = Math.min(MAX_SENDING_MS, (1000 * rows.length) / rate);
  const afterMs = afterLastRow
    ? random.between(0, MAX_FINISHING_MS)
    : random.between(0, random.chance(0.2) ? 60 : maxMs);
  const requestedRows = new Set<number>();
  const forget = server.onRequest(({ kind, row }) => {
    if (kind !== 'write' && !inFlight.has(row)) return;
    requestedRows.add(row);
    if (afterLastRow && requestedRows.size < pending) return;
    forget();
    if (withSigterm) timers.push(setTimeout(() => kill('SIGTERM'), afterMs));
    strike(afterMs + (withSigterm ? random.between(0, 60) : 0));
  });
  return () => {
    forget();
    cancelTimers();
  };
}
