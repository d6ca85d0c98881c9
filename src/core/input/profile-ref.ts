/**
 * A target profile that a row names, before it has been looked up in the account: `name:...`, with the id before it where
 * the row has both. The name is encoded, as plan.csv has one physical line a row. In a finished plan there is none.
 */
export function profileRef(id: string, name: string): string {
  return `${id}name:${encodeURIComponent(name.replace(/[\uD800-\uDFFF]/gu, '?'))}`;
}

/** The id ('' where there is none) and the name of a reference, or null where a target is none. */
export function readProfileRef(target: string): { id: string; name: string } | null {
  const at = target.indexOf('name:');
  return at < 0 ? null : { id: target.slice(0, at), name: decodeURIComponent(target.slice(at + 5)) };
}
