import type { Manifest } from './manifest.ts';

/** The names of profiles that a plan knows, by id: those that most numbers leave or go to, if they were read. */
export function profileNames({ plan }: Pick<Manifest, 'plan'>): Map<string, string> {
  const names = new Map<string, string>();
  for (const move of plan?.moves ?? []) {
    if (move.profile_before_name !== '') names.set(move.profile_before, move.profile_before_name);
    if (move.profile_target_name !== '') names.set(move.profile_target, move.profile_target_name);
  }
  for (const { profile, name } of plan?.left_behind ?? []) if (name !== '') names.set(profile, name);
  return names;
}
