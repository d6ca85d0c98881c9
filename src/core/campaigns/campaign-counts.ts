import { count, thousands } from '../text/text.ts';
import { type CampaignChange, type CampaignState, campaignChange } from './campaign.ts';

/** `read`: the US long codes of the plan. All others are 0 before the run, but those that could not be read. */
export type CampaignCounts = { read: number } & Record<CampaignChange, number>;

/** What is kept of the campaigns of a run, in run.json. */
export type RunCampaigns = CampaignCounts & { warnings: string[] };

/** Messages name this many phone numbers. */
const SHOWN = 3;

/** A number is on its campaign, or on none; or its status is not shown. */
const IN_ORDER: ReadonlySet<string> = new Set(['ASSIGNED', 'NONE', '']);

/** `+13125550001, +13125550002, +13125550003 and 9 more`. */
function named(first: readonly string[], all: number): string {
  const more = all - first.length;
  return `${first.join(', ')}${more > 0 ? ` and ${thousands(more)} more` : ''}`;
}

function warningsOf(
  { lost, changed, unknown }: CampaignCounts,
  first: Record<'lost' | 'changed', string[]>,
  why: string,
) {
  const warnings: string[] = [];
  if (lost > 0) {
    const who = count(lost, 'number has lost its 10DLC campaign', 'numbers have lost their 10DLC campaign');
    warnings.push(`${who}: ${named(first.lost, lost)}; see campaigns.csv`);
  }
  if (changed > 0) {
    const who = count(changed, 'number', 'numbers');
    warnings.push(`${who} changed 10DLC campaign or status: ${named(first.changed, changed)}; see campaigns.csv`);
  }
  if (unknown > 0) {
    const whose = `the 10DLC campaign of ${count(unknown, 'number')} is unknown`;
    warnings.push(why === '' ? whose : `${whose}: ${why}`);
  }
  return warnings;
}

/** Counts the numbers of campaigns.csv, before the run or after it. */
export function createCampaignCounts(phase: 'before' | 'after') {
  const counts: CampaignCounts = { read: 0, unchanged: 0, lost: 0, changed: 0, unknown: 0 };
  const first = { lost: [] as string[], changed: [] as string[] };
  let withCampaign = 0;
  let unassigned = 0;
  return {
    add(phoneNumber: string, before: CampaignState, after: CampaignState): void {
      counts.read += 1;
      if (before !== null && before.campaign !== '') withCampaign += 1;
      if (before !== null && !IN_ORDER.has(before.status)) unassigned += 1;
      if (phase === 'before') {
        if (before === null) counts.unknown += 1;
        return;
      }
      const change = campaignChange(before, after);
      counts[change] += 1;
      if ((change === 'lost' || change === 'changed') && first[change].length < SHOWN) first[change].push(phoneNumber);
    },
    /** `why`: why campaigns are unknown, if that is known. */
    result: (why: string): RunCampaigns => ({ ...counts, warnings: warningsOf(counts, first, why) }),
    /** The note of a plan. */
    note(): string {
      const { read, unknown } = counts;
      if (read === 0) return 'no US long code changes, so no 10DLC campaign was read';
      const rest = unknown === 0 ? '' : `, ${thousands(unknown)} unknown`;
      const pending = unassigned === 0 ? '' : ` (${thousands(unassigned)} not ASSIGNED)`;
      const none = read - withCampaign - unknown;
      return `${count(read, 'US long code')}: ${thousands(withCampaign)} on a 10DLC campaign${pending}, ${thousands(none)} on none${rest}`;
    },
  };
}

/** Whether a campaign has changed, which --strict makes an error. */
export const hasCampaignChange = ({ lost, changed }: CampaignCounts): boolean => lost + changed > 0;

/** The counts in words. */
export function campaignsText(counts: CampaignCounts): string {
  const names = ['unchanged', 'lost', 'changed', 'unknown'] as const;
  const parts = names.filter((name) => counts[name] > 0).map((name) => `${thousands(counts[name])} ${name}`);
  const none = counts.read === 0 ? 'none to compare' : 'read before the run';
  return `10DLC campaigns of ${count(counts.read, 'number')}: ${parts.join(', ') || none}`;
}
