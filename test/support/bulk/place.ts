import { parseBulkFault, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { ordersIn } from '../make-order.ts';
import { run } from '../program/run.ts';
import { readingApi } from '../program/sandbox.ts';
import { linesOf } from '../program/waves.ts';
import { lastRun, numberId, OTHER, PROFILE, workDirectory, writeLines } from '../program/workspace.ts';

type PlaceOptions = SandboxOptions & {
  targetOf?: (row: number) => string;
  writeFaults?: string[];
  /** How many numbers the account has that the input does not name. */
  strangers?: number;
  patience?: string;
};

/**
 * An account of numbers on another profile, and a directory with an input that moves them. `apply` moves them by bulk
 * orders, `applyWith` as its flags say.
 */
export async function bulkPlace(
  many: number,
  faults: string[] = [],
  { targetOf = () => PROFILE, writeFaults, strangers = 0, patience = '1s', ...sandboxOptions }: PlaceOptions = {},
) {
  const numbers = Array.from({ length: many + strangers }, (_, at) => ({
    id: numberId(at + 1),
    messaging_profile_id: OTHER,
  }));
  const bulkFaults = faults.map(parseBulkFault);
  const { sandbox, flags } = await readingApi({ numbers, bulkFaults, ...sandboxOptions }, writeFaults);
  const cwd = workDirectory();
  const rows = Array.from({ length: many }, (_, at) => `${numberId(at + 1)},${targetOf(at + 1)}`);
  const input = writeLines(cwd, ['phone_number_id,messaging_profile_id', ...rows]);
  const applyWith = (...args: string[]) => run(cwd, ['apply', input, ...flags, ...args]);
  const apply = (...args: string[]) => applyWith('--bulk', 'auto', '--bulk-patience', patience, ...args);
  const resume = (...args: string[]) => run(cwd, ['resume', lastRun(cwd), ...args]);
  return { sandbox, cwd, input, flags, applyWith, apply, resume };
}

/** The orders of the newest run: `1: 10 done`, or `1: 10` while it is open. */
export function ordersOf(cwd: string, dir = lastRun(cwd)): string[] {
  return ordersIn(linesOf(cwd, dir));
}
