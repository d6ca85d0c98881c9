import { join } from 'node:path';
import { campaignsText, hasCampaignChange } from '../../core/campaigns/campaign-counts.ts';
import type { Finding } from '../../core/followup/finding.ts';
import { visible } from '../../core/text/visible.ts';
import type { Stop } from '../../engine/stop.ts';
import { UsageError } from '../errors.ts';
import type { Invocation, KeyedInvocation } from '../invocation.ts';
import { warn } from '../output.ts';
import type { Run } from '../run/open.ts';
import { compareCampaigns, hasCampaigns } from './campaigns.ts';

/** A variable is there for every command, and run.json for every command on the run. */
const isTyped = ({ settings, sources }: Invocation) => settings.campaigns && sources.campaigns === 'flag';

/** Throws UsageError if --campaigns is to verify an input. */
export function refuseCampaigns(invocation: Invocation): void {
  if (!isTyped(invocation)) return;
  throw new UsageError('verify --campaigns needs a run directory, which has the campaigns from before the run');
}

/** Throws UsageError if --campaigns is to verify a run that has not read them. */
export function checkCampaignsOf(run: Run, invocation: Invocation): void {
  if (!isTyped(invocation) || hasCampaigns(run)) return;
  const id = run.manifest.run_id;
  throw new UsageError(
    `run ${id} has no campaigns.csv: it was made without --campaigns, or the file is gone, and nothing is known from before it`,
  );
}

/** Compares the campaigns of a run with what they were before it. */
export async function findCampaigns(
  { run, stop }: { run: Run; stop: Stop },
  invocation: KeyedInvocation,
): Promise<Finding | null> {
  const { settings } = invocation;
  if (!settings.campaigns) return null;
  if (!hasCampaigns(run)) {
    const isGone = run.manifest.campaigns !== null;
    if (isGone) warn(invocation, 'campaigns.csv is gone, so the 10DLC campaigns cannot be compared');
    return null;
  }
  try {
    const campaigns = await compareCampaigns(run, invocation, { stop, recorded: false });
    if (campaigns === null) return null;
    const { warnings, ...counts } = campaigns;
    for (const text of warnings) warn(invocation, text);
    return {
      lines: [campaignsText(counts)],
      fields: { campaigns: counts },
      files: { campaigns: join(run.shown, 'campaigns.csv') },
      isBad: settings.strict && hasCampaignChange(counts),
    };
  } catch (error) {
    warn(invocation, `the 10DLC campaigns could not be compared: ${visible((error as Error).message)}`);
    return null;
  }
}
