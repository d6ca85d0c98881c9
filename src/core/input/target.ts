/** How an unassigned number is written in a profile column: in the input, in plan.csv and in results.csv. */
export const UNASSIGN = 'UNASSIGN';

/** Returns a profile as plan.csv and results.csv show it: `UNASSIGN` for null, '' if the API did not show it. */
export function profileCell(profile: string | null | undefined): string {
  return profile === null ? UNASSIGN : (profile ?? '');
}
