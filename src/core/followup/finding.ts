/**
 * What `verify` has found besides the rows: lines for people, and the fields of the JSON object. `isBad`: the exit code
 * is then 4 even if every row is at its target. `files`: what was written, by name.
 */
export type Finding = {
  lines: readonly string[];
  fields: Record<string, unknown>;
  files?: Record<string, string>;
  isBad: boolean;
};
