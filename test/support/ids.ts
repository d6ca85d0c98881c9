/** The id of the nth number that the sandbox makes, from 1. */
export function numberId(n: number): string {
  return `12933842610${String(n).padStart(7, '0')}1`;
}

/** The id of the nth profile that the sandbox makes, from 1. */
export function profileId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}
