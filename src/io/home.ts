import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Replaces a leading `~` by the home directory, for a path that no shell has read: of a job file or a variable. Other
 * paths are returned as they are.
 */
export function expandHome(path: string, env: Record<string, string | undefined>): string {
  if (path !== '~' && !path.startsWith('~/')) return path;
  const { HOME: home } = env;
  return join(home === undefined || home === '' ? homedir() : home, path.slice(1));
}
