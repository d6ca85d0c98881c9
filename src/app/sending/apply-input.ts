import { withKey } from '../account/connect.ts';
import type { Invocation } from '../invocation.ts';
import { findInput } from '../planning/input-source.ts';
import { planInput } from '../planning/plan-input.ts';
import { preparePlan } from '../planning/prepare.ts';
import { lockAccount } from '../run/locks.ts';
import { confirmAndSend } from './confirm.ts';
import { resumeInstead } from './resume.ts';

/** `apply INPUT`: plans an input and executes the plan. Returns the exit code. */
export async function applyInput(input: string, given: Invocation): Promise<number> {
  if (given.settings.dry_run) return planInput(input, given);
  const invocation = withKey(given);
  const source = findInput(input, invocation);
  if ('exit' in source) return source.exit;
  await lockAccount(invocation.key, { ...invocation, what: `apply ${input}` });
  const prepared = await preparePlan(source, 'apply', invocation);
  if ('exit' in prepared) return prepared.exit;
  if ('instead' in prepared) return resumeInstead(prepared.instead, invocation);
  return confirmAndSend(prepared.run, invocation, { supersedes: prepared.unfinished });
}
