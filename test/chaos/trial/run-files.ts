import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Reads the files of a run without any code of the tested program.

/** The content of a ledger. */
export type LedgerState = {
  sessions: number;
  endedSessions: number;
  /** Rows with an intent and without an outcome. */
  inFlight: Set<number>;
  /** The count of outcomes of each row that has one. */
  outcomes: Map<number, number>;
  unreadableLines: number;
};

/** The directories of all runs of a work directory, oldest first. */
export function runDirs(work: string): string[] {
  const runs = join(work, 'runs');
  return existsSync(runs)
    ? readdirSync(runs)
        .sort()
        .map((name) => join(runs, name))
    : [];
}

/** The checked fields of run.json. */
type Manifest = { state: string; plan: unknown; started_at: string | null };

/** The content of run.json, or null if it is missing or incomplete. `incompleteFiles` reports the latter. */
export function manifestOf(dir: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** The directories of runs that have started to send. One input must never have two. */
export function startedDirs(work: string): string[] {
  return runDirs(work).filter((dir) => (manifestOf(dir)?.started_at ?? null) !== null);
}

/** Reads a ledger. An incomplete last line is skipped. */
export function readLedger(dir: string | undefined): LedgerState {
  const state: LedgerState = {
    sessions: 0,
    endedSessions: 0,
    inFlight: new Set(),
    outcomes: new Map(),
    unreadableLines: 0,
  };
  const path = dir === undefined ? '' : join(dir, 'ledger.ndjson');
  if (!existsSync(path)) return state;
  const lines = readFileSync(path, 'utf8').replace(/\0+$/, '').split('\n').slice(0, -1);
  for (const line of lines) {
    let entry: { type?: string; row?: number; ambiguous?: boolean };
    try {
      entry = JSON.parse(line);
    } catch {
      state.unreadableLines += 1;
      continue;
    }
    const row = entry.row ?? 0;
    if (entry.type === 'session_started') state.sessions += 1;
    if (entry.type === 'session_ended') state.endedSessions += 1;
    if (entry.type === 'intent') state.inFlight.add(row);
    // After a SIGTERM, a row whose write may have been applied stays in flight.
    if (entry.type === 'put_back' && entry.ambiguous !== true) state.inFlight.delete(row);
    if (entry.type !== 'outcome') continue;
    state.inFlight.delete(row);
    state.outcomes.set(row, (state.outcomes.get(row) ?? 0) + 1);
  }
  return state;
}

/**
 * Returns what is wrong with the files of a run directory. A kill must never leave an incomplete file under its final
 * name.
 */
export function incompleteFiles(dir: string, rows: number): string[] {
  const problems: string[] = [];
  const textOf = (name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : null);
  for (const name of ['run.json', 'summary.json']) {
    const text = textOf(name);
    if (text === null) continue;
    try {
      JSON.parse(text);
    } catch {
      problems.push(`${name} is incomplete`);
    }
  }
  for (const name of ['plan.csv', 'results.csv', 'failed.csv', 'held.csv']) {
    const text = textOf(name);
    if (text === null) continue;
    if (!text.endsWith('\n')) problems.push(`${name} ends in the middle of a line`);
    // Without a plan, results have no rows.
    const expected = /^(failed|held)/.test(name) || manifestOf(dir)?.plan === null ? null : rows + 2;
    if (expected !== null && text.split('\n').length !== expected) problems.push(`${name} lacks rows`);
  }
  return problems;
}

/** The draft files that kills have left in a run directory. */
export function draftsIn(dir: string): string[] {
  const finalNames = /^(run\.json|input\.csv|(plan|results|failed|held)\.csv|(ledger|log)\.ndjson|lock|summary\.json)$/;
  return readdirSync(dir).filter((name) => !finalNames.test(name));
}
