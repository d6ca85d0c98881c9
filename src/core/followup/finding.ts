/**
 * What `verify` has found besides the rows: lines for people, and the fields of the JSON object. `isBad`: the exit code
 * is then 4 even if every row is at its target.
 */
export type Finding = { lines: readonly string[]; fields: Record<string, unknown>; isBad: boolean };

/** The fields of all findings. */
export function findingFields(findings: readonly Finding[]): Record<string, unknown> {
  return Object.assign({}, ...findings.map(({ fields }) => fields));
}
