import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import type { Answer } from '../../core/api/response.ts';
import { serverWaitMs } from '../../core/attempt/backoff.ts';
import { lastingCause } from '../../core/attempt/lasting.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { commandLine } from '../../core/text/shell.ts';
import { createContact } from '../../engine/contact.ts';
import { createPaceMemory, type PaceMemory } from '../../engine/pacing/pace-memory.ts';
import { extendPause } from '../../engine/pacing/pause.ts';
import { createControl } from '../../engine/sending/pipeline.ts';
import { realClock } from '../../io/clock.ts';
import type { TelnyxClient } from '../../io/http/client.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { CommandError } from '../errors.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { type Run, updateRun } from '../run/open.ts';
import { keyDigest } from '../run/state-directory.ts';
import { openReader } from './connect.ts';

/** A little more than the window in which a server counts requests. */
export const RATE_WINDOW_MS = 1010;

/** A number that is in no account says nothing about this one, so a few are read. */
const MAX_READS = 3;

const otherAccount = (message: string) => new CommandError(EXIT.preflight, 'other_account', message);

const isThrottled = (answer: Answer | null) => answer?.kind === 'http' && answer.status === 429;

/**
 * Remembers for later phases of the command when a request was sent, and for how long its answer asks to wait.
 * `backoffMs`: the wait after a 429 that names none.
 */
function remember(memory: PaceMemory, answer: Answer, backoffMs: number): void {
  const now = realClock.now();
  memory.lastSlotAt = now;
  if (answer.kind !== 'http') return;
  const askedMs = serverWaitMs(answer.wait, isThrottled(answer), realClock.wallNow()) ?? 0;
  const waitMs = isThrottled(answer) && askedMs <= 0 ? backoffMs : askedMs;
  if (waitMs > 0) extendPause(memory.pause, now, now + waitMs, isThrottled(answer));
}

/** Reads numbers of a plan until the account has one of them; after a 429 again. Returns the last answer. */
async function readOne(client: TelnyxClient, { dir }: Run, invocation: KeyedInvocation, memory: PaceMemory) {
  const { rate, max_server_wait: maxWaitMs, retry_base: backoffMs } = invocation.settings;
  // The pacer, which starts later, does not know of these requests.
  const quietMs = typeof rate === 'number' ? Math.max(1, 1 / rate) * RATE_WINDOW_MS : 0;
  let answer: Answer | null = null;
  let reads = 0;
  const startedAt = realClock.now();
  for await (const batch of readPlan(runFiles(dir).plan)) {
    for (const entry of batch.filter(({ action }) => action === 'change')) {
      do {
        const pausedMs = Math.max(0, memory.pause.end - realClock.now());
        if (memory.pause.end - startedAt > maxWaitMs) return answer;
        if (isThrottled(answer)) printProgress(invocation, `HTTP 429: waiting ${formatDuration(pausedMs)}\n`);
        if (pausedMs > 0) await realClock.sleep(pausedMs).done;
        answer = await client.read(entry, () => undefined);
        remember(memory, answer, backoffMs);
        if (quietMs > 0) await realClock.sleep(quietMs).done;
      } while (isThrottled(answer));
      reads += 1;
      if (reads === MAX_READS || answer.kind !== 'http' || answer.status !== 404) return answer;
    }
  }
  return answer;
}

/**
 * Throws CommandError (exit 7) if a run was started in another account. The same key is the same account. Another key
 * may be a new one of it: then one number of the plan is read, and its organization compared with the recorded one.
 * Returns the run with what that has shown of the pace.
 */
export async function checkAccount(run: Run, invocation: KeyedInvocation): Promise<Run> {
  const { key_sha256: recorded, organization_id: organization, run_id: id } = run.manifest;
  const { settings, context, key } = invocation;
  if (key === null || recorded === null || recorded === keyDigest(settings.base_url, key)) return run;
  const write = commandLine(context.program, 'results', run.shown);
  const apart = `To send its rows with this key anyway, as a run of their own, apply the failed.csv that this writes: ${write}`;
  if (organization === null) {
    throw otherAccount(`Run ${id} was started with another key, and nothing was sent. Set that key, or: ${apart}`);
  }
  const transport = await openReader({ baseUrl: settings.base_url, key }, invocation);
  const memory = createPaceMemory();
  let answer: Answer | null;
  try {
    answer = await readOne(transport, run, invocation, memory);
  } finally {
    transport.close();
  }
  const seen = answer?.kind === 'http' && answer.body.kind === 'settings' ? answer.body.settings.organizationId : null;
  if (answer === null) return run;
  if (seen === organization) {
    const contact = createContact(settings.base_url);
    return { ...run, reading: { endedAt: realClock.now(), control: createControl(settings), memory, contact } };
  }
  const status = answer.kind === 'http' ? answer.status : null;
  if (status === 200 || status === 404) {
    const theirs = seen === null || seen === undefined ? 'does not have or does not show its numbers' : `is ${seen}`;
    throw otherAccount(
      `Run ${id} was started in organization ${organization}, and that of this key ${theirs}: nothing was sent. Set a key of that organization. ${apart}`,
    );
  }
  const lasting = lastingCause(answer, settings.base_url, { isNew: true, isRead: true });
  const how = lasting?.detail ?? (answer.kind === 'http' ? `HTTP ${status}` : answer.message);
  if (status === 401) {
    const refused = `The API refused the key (${how}), and nothing was sent. Set TELNYX_API_KEY to a key that is valid for the account of run ${id}, and run the same command again.`;
    throw new CommandError(EXIT.preflight, 'key_refused', refused);
  }
  const message = `The key is not the one that run ${id} was started with, and the account could not be read to compare it (${how}): nothing was sent.`;
  throw new CommandError(EXIT.preflight, 'account_not_read', message);
}

/** Throws CommandError (exit 7) if a run was started in another account than the one that was read. */
export function checkOrganization({ manifest }: Run, account: AccountSnapshot): void {
  const seen = account.organization();
  const { organization_id: known, run_id: id } = manifest;
  if (known === null || seen === null || seen === known) return;
  throw otherAccount(
    `Run ${id} was started in organization ${known}, and that of this key is ${seen}: nothing was sent. Set a key of that organization.`,
  );
}

/** The run with its account and its key; the same object if both are recorded already. */
export function withIdentity(run: Run, organization: string | null, keySha256: string): Run {
  const { organization_id: known, key_sha256: recorded } = run.manifest;
  if ((known ?? organization) === known && recorded === keySha256) return run;
  return { ...run, manifest: { ...run.manifest, organization_id: known ?? organization, key_sha256: keySha256 } };
}

/** Records the account and the key of a run. Throws CommandError (exit 7) if it was started in another account. */
export function recordAccount(run: Run, account: AccountSnapshot, { settings, key }: KeyedInvocation): Run {
  checkOrganization(run, account);
  if (key === null) return run;
  const identified = withIdentity(run, account.organization(), keyDigest(settings.base_url, key));
  return identified === run ? run : updateRun(identified, {});
}
