import type { Received } from '../server/handler.ts';
import { changesOf } from '../server/rows.ts';
import { manifestOf, readLedger } from './run-files.ts';
import type { Session, Trial } from './trial.ts';

/**
 * What a process was doing when it was killed: `planning` before it had a plan, `reading` the account for the plan,
 * `rereading` the unsent rows, `starting` before its first request about a row, `sending`, or `finishing` after the
 * last outcome.
 */
export type Stage = 'planning' | 'reading' | 'rereading' | 'starting' | 'sending' | 'finishing';

/** Determines the stage from the files and requests of the process. */
export function stageOf({ rows, online, server }: Trial, { dir, createdRun, from, to, before }: Session): Stage {
  const now = readLedger(dir);
  if (online && to > from && now.sessions - before.sessions === 1 && now.endedSessions === before.endedSessions) {
    return createdRun ? 'reading' : 'rereading';
  }
  if (dir === undefined || (manifestOf(dir)?.plan ?? null) === null) return 'planning';
  if (now.outcomes.size >= changesOf(rows).length) return 'finishing';
  const requests = server.received().slice(from, to);
  const isAboutRow = ({ kind, row }: Received) => kind === 'write' || (kind === 'read' && before.inFlight.has(row));
  return requests.some(isAboutRow) ? 'sending' : 'starting';
}
