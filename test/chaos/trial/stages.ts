import { changesOf } from '../server/rows.ts';
import type { Seen } from '../server/server.ts';
import { manifestOf, readLedger } from './run-files.ts';
import type { Session, Trial } from './session.ts';

/**
 * How far a process had come when it was killed: before it had a plan; while it read the account for one; while it read
 * the rows again that were not sent; before its first request about a row; while it sent; when all rows had ended.
 */
export type Stage = 'planning' | 'reading' | 'rereading' | 'starting' | 'sending' | 'finishing';

/** Tells it from what the process has left. */
export function stageOf({ rows, online, server }: Trial, { dir, planned, from, to, before }: Session): Stage {
  const now = readLedger(dir);
  if (online && to > from && now.sessions - before.sessions === 1 && now.ended === before.ended) {
    return planned ? 'reading' : 'rereading';
  }
  if (dir === undefined || (manifestOf(dir)?.plan ?? null) === null) return 'planning';
  if (now.outcomes.size >= changesOf(rows).length) return 'finishing';
  const asked = server.seen().slice(from, to);
  const isAboutRow = ({ what, row }: Seen) => what === 'write' || (what === 'read' && before.open.has(row));
  return asked.some(isAboutRow) ? 'sending' : 'starting';
}
