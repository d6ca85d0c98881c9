import type { StopReason } from '../../core/attempt/stop-reason.ts';
import { undoesItself } from '../../core/followup/next-command.ts';
import { emptyTally } from '../../core/results/tally.ts';
import { visible } from '../../core/text/visible.ts';
import { createStop } from '../../engine/stop.ts';
import type { Executed } from '../ending/run-ending.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { warn } from '../output.ts';
import type { Run } from '../run/open.ts';
import { onEndSignals } from '../signals.ts';
import { compareCampaigns, hasCampaigns } from './campaigns.ts';

/** How a run stops while the account can be read. */
const LEAVES_ACCOUNT: ReadonlySet<string> = new Set<StopReason>([
  'finish_by',
  'stop_after',
  'max_failures',
  'max_same_error',
  'profiles_held',
  'phone_number_mismatch',
  'write_not_kept',
  'wave_not_kept',
  'gate_refused',
  'order_mismatch',
  'order_pending',
]);

/** Whether the campaigns are compared after an execution. An undo that follows must not wait for it. */
function isCompared({ run, decide }: Executed, { settings }: KeyedInvocation): boolean {
  if (!settings.campaigns || !hasCampaigns(run)) return false;
  const tally = emptyTally();
  // Whether any row was changed is counted later.
  tally.counts.updated = 1;
  const { stop = null } = decide(tally);
  if (undoesItself({ ...run.manifest, stop }, tally)) return false;
  return stop === null || LEAVES_ACCOUNT.has(stop.reason);
}

/**
 * --campaigns: compares the campaigns after rows were sent, for the summary of the run. Whatever fails is a warning, and
 * a signal ends it.
 */
export async function withCampaigns(executed: Executed, invocation: KeyedInvocation): Promise<Run> {
  const { run } = executed;
  if (!isCompared(executed, invocation)) return run;
  if (invocation.key === null && !invocation.settings.sandbox) {
    warn(invocation, 'the 10DLC campaigns were not compared, because there is no API key here; verify compares them');
    return run;
  }
  const stop = createStop();
  const removeHandlers = onEndSignals(invocation.context, (signal) => stop.ask('signal', signal));
  try {
    const campaigns = await compareCampaigns(run, invocation, { stop, recorded: true });
    if (campaigns === null) {
      warn(invocation, `the 10DLC campaigns were not compared (${stop.asked()?.detail}); verify compares them`);
      return run;
    }
    for (const text of campaigns.warnings) warn(invocation, text);
    return { ...run, manifest: { ...run.manifest, campaigns } };
  } catch (error) {
    warn(invocation, `the 10DLC campaigns could not be read again: ${visible((error as Error).message)}`);
    return run;
  } finally {
    removeHandlers();
  }
}
