import { profileNames } from '../../core/run/profile-names.ts';
import { printable } from '../../core/text/text.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { UsageError } from '../errors.ts';
import type { Run } from '../run/open.ts';

const MAX_SHOWN = 10;

/** The profiles to which a run sends rows, with their names as far as run.json has them. */
async function targetsOf({ dir, manifest }: Run): Promise<Map<string, string>> {
  const known = profileNames(manifest);
  const targets = new Map<string, string>();
  for await (const batch of readPlan(runFiles(dir).plan)) {
    for (const { action, profileTarget: id } of batch) {
      const isSent = action === 'change' || action === 'unchanged';
      if (isSent && id !== '' && !targets.has(id)) targets.set(id, known.get(id) ?? '');
    }
  }
  return targets;
}

/**
 * The profile that is meant: the id, or the exact name, of a target of this run. Throws UsageError with the targets that
 * there are for anything else, and if two targets have this name.
 */
export async function profileOf(run: Run, text: string): Promise<string> {
  const targets = await targetsOf(run);
  // UNASSIGN in any case too, as in the input.
  const byId = [text, text.toLowerCase(), text.toUpperCase()].find((id) => targets.has(id));
  if (byId !== undefined) return byId;
  const named = [...targets].filter(([, name]) => name === text && name !== '').map(([id]) => id);
  const [only, second] = named;
  if (only !== undefined && second === undefined) return only;
  const list = [...targets]
    .slice(0, MAX_SHOWN)
    .map(([id, name]) => `  ${id}${name === '' ? '' : `  ${printable(name, 60)}`}`);
  const more = targets.size - list.length;
  const what =
    second === undefined
      ? `${printable(text, 60)} is not a profile to which this run sends rows. These are:`
      : `several profiles of this run are named ${printable(text, 60)}. Use an id:`;
  const none = targets.size === 0 ? ['  none: this run changes no profile'] : [];
  throw new UsageError([what, ...list, ...none, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n'));
}
