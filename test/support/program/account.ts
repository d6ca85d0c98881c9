import type { Sandbox, SandboxState } from '../../../src/sandbox/server.ts';
import { numberId, PROFILE } from './workspace.ts';

type SandboxNumber = SandboxState['numbers'][number];

/** The nth number of a sandbox as it is now. */
export function numberOf(sandbox: Sandbox, n: number): SandboxNumber | undefined {
  return sandbox.snapshot().numbers.find(({ id }) => id === numberId(n));
}

export function profileOf(sandbox: Sandbox, n: number): string | null | undefined {
  return numberOf(sandbox, n)?.messaging_profile_id;
}

/** Whether the first `rows` numbers of a sandbox are all on PROFILE. */
export function isMoved(sandbox: Sandbox, rows: number): boolean {
  const numbers = sandbox.snapshot().numbers.slice(0, rows);
  return numbers.length === rows && numbers.every((number) => number.messaging_profile_id === PROFILE);
}

/** The writes that a sandbox has received. */
export function writesTo(sandbox: Sandbox): ReturnType<Sandbox['requests']> {
  return sandbox.requests().filter(({ method }) => method === 'PATCH');
}

/** The reads that only inform: what else is on profiles. */
export function informingReads(sandbox: Sandbox): ReturnType<Sandbox['requests']> {
  return sandbox.requests().filter(({ path }) => /short_codes|sender_ids|hosted|autoresp|optouts/.test(path));
}

/** The profile and product of every number, without when and how often it was written. */
export function valuesOf({ numbers }: SandboxState): string[] {
  return numbers.map(
    ({ id, messaging_profile_id: profile, messaging_product: product }) => `${id} ${profile} ${product}`,
  );
}

/** Ids that were written twice with no read between the two writes. */
export function blindRepeats(sandbox: Sandbox): string[] {
  const written = new Set<string>();
  const twice: string[] = [];
  for (const { method, id } of sandbox.requests()) {
    if (id === null) continue;
    if (method === 'GET') written.delete(id);
    else if (written.has(id)) twice.push(id);
    else written.add(id);
  }
  return twice;
}
