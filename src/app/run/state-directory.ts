import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { accountOf } from '../../core/queue/protocol.ts';
import { sameBaseUrl } from '../../core/settings/parse.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { TOOL } from '../../core/text/tool.ts';
import { makeDirectories } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { fileError, UsageError } from '../errors.ts';

/**
 * The directory of the account locks: --state-dir, the first state directory of systemd, or that of the user (XDG Base
 * Directory; LOCALAPPDATA on Windows).
 */
function stateDirectory({ state_dir: given }: Pick<Settings, 'state_dir'>, context: Context): string {
  const { STATE_DIRECTORY: service, XDG_STATE_HOME: xdg, LOCALAPPDATA: windows } = context.env;
  if (given !== null) return resolve(context.cwd, given);
  if (service !== undefined && service !== '') return service.split(':')[0] as string;
  if (xdg?.startsWith('/') === true) return join(xdg, TOOL);
  if (process.platform === 'win32' && windows !== undefined) return join(windows, TOOL);
  try {
    const home = homedir();
    if (home !== '') return join(home, '.local', 'state', TOOL);
  } catch {
    // The user has no name, as in some containers.
  }
  throw new UsageError('the home directory of this user is unknown; set a state directory with --state-dir');
}

/** Identifies a key without containing it. */
export function keyDigest(baseUrl: string, key: string): string {
  return createHash('sha256').update(`${baseUrl}\n${key}`).digest('hex');
}

/** The account of a key: the name of its lock here, and of all that is in Redis for it. */
export function accountHash(baseUrl: string, key: string): string {
  return accountOf(keyDigest(sameBaseUrl(baseUrl), key));
}

/** The directory for the sockets of this user's runs; null if the user has no state directory. */
export function socketDirectory(settings: Pick<Settings, 'state_dir'>, context: Context): string | null {
  try {
    return join(stateDirectory(settings, context), 'control');
  } catch {
    return null;
  }
}

/** Where it is kept that a user has consented to the gate of a run. */
export function gateConsentPath(settings: Pick<Settings, 'state_dir'>, runId: string, context: Context): string {
  return join(stateDirectory(settings, context), 'gates', runId);
}

/** The lock file of an account key. Makes its directory, or throws UsageError. */
export function accountLockPath(settings: Pick<Settings, 'state_dir' | 'base_url'>, key: string, context: Context) {
  const dir = stateDirectory(settings, context);
  try {
    makeDirectories(dir);
  } catch (error) {
    throw fileError(`make the state directory ${dir}`, error, 'name another with --state-dir');
  }
  return join(dir, `${accountHash(settings.base_url, key)}.lock`);
}
