import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFault, type Sandbox, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { run } from './run.ts';
import { readingApi } from './sandbox.ts';
import { lastRun, numberId, OTHER, PROFILE, workDirectory, writeLines } from './workspace.ts';

/** The nth US long code of these accounts. */
export const phone = (n: number) => `+1312${5_550_000 + n}`;
export const upTo = <T>(last: number, make: (n: number) => T): T[] =>
  Array.from({ length: last }, (_, at) => make(at + 1));

/** The requests about campaigns, each as the last part of its path. */
export const campaignReads = (sandbox: Sandbox) =>
  sandbox.requests().flatMap(({ path }) => /10dlc\/([^?]*)/.exec(decodeURIComponent(path))?.[1] ?? []);

type World = Omit<SandboxOptions, 'faults' | 'readFaults'> & {
  without?: number;
  writeFaults?: string[];
  readFaults?: string[];
};

/** An account of US long codes on OTHER, of which those from `without` on are on no campaign, and its input. */
export async function world(
  count: number,
  { without = count + 1, writeFaults = [], readFaults = [], ...options }: World = {},
) {
  // One more number, so that no profile is left empty.
  const numbers = upTo(count + 1, (n) => ({
    id: numberId(n),
    phone_number: phone(n),
    type: 'long-code' as const,
    messaging_profile_id: OTHER,
    campaign: n < without ? { id: 'CAMP1', status: 'ASSIGNED' as const } : null,
  }));
  const given = { numbers, ...options, readFaults: readFaults.map(parseFault) };
  const { sandbox, flags } = await readingApi(given, writeFaults);
  const cwd = workDirectory();
  writeLines(cwd, ['phone_number_id,messaging_profile_id', ...upTo(count, (n) => `${numberId(n)},${PROFILE}`)]);
  const fast = flags.filter((flag) => flag !== '--yes');
  const command = (verb: string, ...more: string[]) => run(cwd, [verb, ...more, ...fast]);
  const apply = (...more: string[]) => command('apply', 'numbers.csv', '--yes', '--campaigns', ...more);
  return { sandbox, cwd, apply, command };
}

/** The lines of campaigns.csv of a run, the newest by default. */
export const linesOf = (cwd: string, dir = lastRun(cwd)) =>
  readFileSync(join(cwd, dir, 'campaigns.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
