import { execute } from '../../engine/sending/executor.ts';
import { realClock } from '../../io/clock.ts';
import { openTransport } from '../account/connect.ts';
import { type Executed, endingAfter } from '../ending/run-ending.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run/open.ts';
import { type ExecuteDeps, type ExecutePlanOptions, openForSending } from './opened.ts';

/**
 * Executes the plan of a run directory: connects the engine with the API, the ledger and the terminal. Throws only
 * before the first request. After it an error, such as a full disk, ends the run with exit 1, and the ledger is kept.
 */
export async function executePlan(
  given: Run,
  invocation: Invocation,
  options: ExecutePlanOptions,
  deps: ExecuteDeps = { openTransport, execute, clock: realClock },
): Promise<Executed> {
  const opened = await openForSending(given, invocation, options, deps);
  const { stopped, failure } = await opened.send();
  await opened.close();
  const undoes = invocation.settings.undo_on_failure && given.manifest.source?.undo !== true;
  return { run: opened.run(), decide: endingAfter(stopped, failure, undoes) };
}
