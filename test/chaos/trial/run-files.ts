import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// What the files of a run say, read without any code of the program that is on trial.

/**
 * What a ledger says: how many sessions there are and how many of them have ended, rows with an intent and no end, and how
 * many outcomes each of the others has.
 */
export type LedgerState = {
  sessions: number;
  ended: number;
  open: Set<number>;
  outcomes: Map<number, number>;
  unreadable: number;
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

/** What is looked at in run.json. */
type Manifest = { state: string; plan: unknown; started_at: string | null };

/** run.json, or null where there is none that is whole; `halfFiles` blames the latter. */
export function manifestOf(dir: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** The directories of runs that have begun to send: there must never be two for one input. */
export function begunDirs(work: string): string[] {
  return runDirs(work).filter((dir) => (manifestOf(dir)?.started_at ?? null) !== null);
}

/** Reads a ledger. A last line that was torn is passed over; any other line that is none counts as unreadable. */
export function readLedger(dir: string | undefined): LedgerState {
  const state: LedgerState = { sessions: 0, ended: 0, open: new Set(), outcomes: new Map(), unreadable: 0 };
  const path = dir === undefined ? '' : join(dir, 'ledger.ndjson');
  if (!existsSync(path)) return state;
  const whole = readFileSync(path, 'utf8').replace(/\0+$/, '').split('\n').slice(0, -1);
  for (const line of whole) {
    let entry: { type?: string; row?: number; ambiguous?: boolean };
    try {
      entry = JSON.parse(line);
    } catch {
      state.unreadable += 1;
      continue;
    }
    const row = entry.row ?? 0;
    if (entry.type === 'session_started') state.sessions += 1;
    if (entry.type === 'session_ended') state.ended += 1;
    if (entry.type === 'intent') state.open.add(row);
    // After a SIGTERM: a row whose write may have happened stays open.
    if (entry.type === 'put_back' && entry.ambiguous !== true) state.open.delete(row);
    if (entry.type !== 'outcome') continue;
    state.open.delete(row);
    state.outcomes.set(row, (state.outcomes.get(row) ?? 0) + 1);
  }
  return state;
}

/** What a kill must never leave behind: a half of a file that appears under its name. Gives what is wrong. */
export function halfFiles(dir: string, rows: number): string[] {
  const faults: string[] = [];
  const text = (name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : null);
  for (const name of ['run.json', 'summary.json']) {
    const found = text(name);
    if (found === null) continue;
    try {
      JSON.parse(found);
    } catch {
      faults.push(`${name} is not whole`);
    }
  }
  for (const name of ['plan.csv', 'results.csv', 'failed.csv', 'held.csv']) {
    const found = text(name);
    if (found === null) continue;
    if (!found.endsWith('\n')) faults.push(`${name} ends in the middle of a line`);
    // Without a plan, the results that somebody asks for have no rows.
    const due = /^(failed|held)/.test(name) || manifestOf(dir)?.plan === null ? null : rows + 2;
    if (due !== null && found.split('\n').length !== due) faults.push(`${name} lacks rows`);
  }
  return faults;
}

/** Drafts that kills have left in a run directory. */
export function draftsIn(dir: string): string[] {
  const known = /^(run\.json|input\.csv|(plan|results|failed|held)\.csv|(ledger|log)\.ndjson|lock|summary\.json)$/;
  return readdirSync(dir).filter((name) => !known.test(name));
}
