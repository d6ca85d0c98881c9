/** How an unassigned number is written in a profile column: in the input, in plan.csv and in results.csv. */
export const UNASSIGN = 'UNASSIGN';

/** The targets that flags give to every row, by the field whose column they stand for. */
export type ConstantTargets = {
  messaging_profile_id?: string;
  messaging_profile_name?: string;
  messaging_product?: string;
};

/** Returns a profile as plan.csv and results.csv show it: `UNASSIGN` for null, '' if the API did not show it. */
export function profileCell(profile: string | null | undefined): string {
  return profile === null ? UNASSIGN : (profile ?? '');
}

/** Whether such a text names a profile: it is neither '' nor UNASSIGN. */
export function isProfile(cell: string): boolean {
  return cell !== '' && cell !== UNASSIGN;
}

/**
 * A target profile by its name, until it is looked up in the account: `name:...`, after the id if the row has both.
 * The name is encoded because plan.csv has one physical line a row. A finished plan has no references.
 */
export function profileRef(id: string, name: string): string {
  return `${id}name:${encodeURIComponent(name.replace(/[\uD800-\uDFFF]/gu, '?'))}`;
}

/** The id ('' if there is none) and the name of a reference; null for any other target. */
export function readProfileRef(target: string): { id: string; name: string } | null {
  const at = target.indexOf('name:');
  return at < 0 ? null : { id: target.slice(0, at), name: decodeURIComponent(target.slice(at + 5)) };
}
