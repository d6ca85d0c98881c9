import type { Finding } from '../../core/followup/finding.ts';
import { stillThereLines } from '../../core/profiles/around-text.ts';
import { createContact } from '../../engine/contact.ts';
import { createPaceMemory } from '../../engine/pacing/pace-memory.ts';
import { Stopped } from '../../engine/reading/account-query.ts';
import { createControl } from '../../engine/sending/pipeline.ts';
import type { Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import type { KeyedInvocation } from '../invocation.ts';
import type { Run } from '../run/open.ts';
import { openAccess } from './access.ts';
import { readLeftBehind } from './left-behind.ts';

/** What is still on the profiles that a run was planned to leave. It is never bad: it may be meant to stay there. */
export async function findLeftBehind(
  { run, stop }: { run: Run; stop: Stop },
  invocation: KeyedInvocation,
): Promise<Finding | null> {
  const planned = run.manifest.plan?.left_behind ?? [];
  if (planned.length === 0) return null;
  const { settings } = invocation;
  // The last read of the rows was sent just now.
  const memory = createPaceMemory();
  const contact = createContact(settings.base_url);
  const reading = { endedAt: realClock.now(), control: createControl(settings), memory, contact };
  const access = await openAccess({ ...run, reading }, invocation, { stop, recorded: false });
  try {
    const left = await readLeftBehind(planned, access);
    return { lines: stillThereLines(left), fields: { left_behind: left }, isBad: false };
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  } finally {
    await access.close();
  }
}
