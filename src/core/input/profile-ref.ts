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
