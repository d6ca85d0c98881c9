import { EXIT } from '../../core/run/exit-codes.ts';
import { requireKey } from '../account/connect.ts';
import type { Invocation } from '../invocation.ts';
import { findInput } from './input-source.ts';
import { preparePlan } from './prepare.ts';

/** Plans an input, for `plan`, `--dry-run` and jobs that plan. Returns the exit code. */
export async function planInput(input: string, invocation: Invocation): Promise<number> {
  const key = invocation.settings.offline ? null : requireKey(invocation);
  const source = findInput(input, invocation);
  if ('exit' in source) return source.exit;
  const prepared = await preparePlan(source, 'plan', { ...invocation, key });
  return 'exit' in prepared ? prepared.exit : EXIT.ok;
}
