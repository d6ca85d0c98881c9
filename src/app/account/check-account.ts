import type { Answer } from '../../core/api/response.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { commandLine } from '../../core/text/shell.ts';
import { realClock } from '../../io/clock.ts';
import type { TelnyxClient } from '../../io/http/client.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Run } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { openClient } from './connect.ts';

/** A little more than the window in which requests are counted. */
const WINDOW_MS = 1010;

/** Numbers that are read at most: one that is in no account tells nothing of this one. */
const MOST_READS = 3;

async function firstEntries(run: Run): Promise<PlanEntry[]> {
  const found: PlanEntry[] = [];
  for await (const batch of readPlan(runFiles(run.dir).plan)) {
    found.push(...batch.filter((entry) => entry.action === 'change').slice(0, MOST_READS - found.length));
    if (found.length === MOST_READS) break;
  }
  return found;
}

/** What the account answers for the first of some numbers that it has, each read in a window of its own. */
async function readOne(client: TelnyxClient, entries: PlanEntry[], rate: Settings['rate']): Promise<Answer | null> {
  let answer: Answer | null = null;
  for (const entry of entries) {
    answer = await client.read(entry, () => undefined);
    // The read has taken a place in the rate, before the pacer is there to count it.
    if (typeof rate === 'number') await realClock.sleep(Math.max(1, 1 / rate) * WINDOW_MS).done;
    if (answer.kind !== 'http' || answer.status !== 404) break;
  }
  return answer;
}

/**
 * Throws CommandError (exit 7) where a run was begun in another account. The same key is the same account. Another key
 * may be a new one of it: then one number of the plan is read, and its organization compared with the recorded one.
 */
export async function checkAccount(run: Run, resolved: Resolved, key: string | null, context: Context): Promise<void> {
  const { key_sha256: recorded, organization_id: organization, run_id: id } = run.manifest;
  if (key === null || recorded === null) return;
  const { settings } = resolved;
  if (recorded === keyDigest(settings.base_url, key)) return;
  const refuse = (message: string) => new CommandError(EXIT.preflight, 'other_account', message);
  const write = commandLine(context.program, 'results', run.shown);
  const apart = `To send its rows with this key all the same, as a run of their own, apply the failed.csv that this writes: ${write}`;
  if (organization === null) {
    throw refuse(`Run ${id} was begun with another key, and nothing was sent. Set that key, or: ${apart}`);
  }
  const { client, agents } = await openClient({ baseUrl: settings.base_url, key }, settings, context);
  try {
    const answer = await readOne(client, await firstEntries(run), settings.rate);
    const seen =
      answer?.kind === 'http' && answer.body.kind === 'settings' ? answer.body.settings.organizationId : null;
    if (answer === null || seen === organization) return;
    if (answer.kind === 'http' && (answer.status === 200 || answer.status === 404)) {
      const theirs = seen === null || seen === undefined ? 'does not have or does not show its numbers' : `is ${seen}`;
      throw refuse(
        `Run ${id} was begun in organization ${organization}, and that of this key ${theirs}: nothing was sent. Set a key of that organization. ${apart}`,
      );
    }
    const how = answer.kind === 'http' ? `HTTP ${answer.status}` : answer.message;
    if (answer.kind === 'http' && answer.status === 401) {
      const refused = `The API refused the key (${how}), and nothing was sent. Set TELNYX_API_KEY to a key that is valid for the account of run ${id}, and give the same command again.`;
      throw new CommandError(EXIT.preflight, 'key_refused', refused);
    }
    const message = `The key is not the one that run ${id} was begun with, and the account could not be read to compare it (${how}): nothing was sent.`;
    throw new CommandError(EXIT.preflight, 'account_not_read', message);
  } finally {
    agents.destroy();
  }
}
