import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

const GROUP_READ = 0o040;
const GROUP_WRITE = 0o020;
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/** Whether anyone may replace the files of a directory. In one with the sticky bit, such as /tmp, only their owners. */
function isOpenDirectory(path: string): boolean {
  const { mode } = statSync(path);
  return (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0;
}

/** Who besides the owner can do what that matters; null if no one can. */
function accessOf(mode: number, checked: number): string | null {
  const open = mode & checked;
  const who = (open & (OTHERS_READ | OTHERS_WRITE)) !== 0 ? 'other users' : 'its group';
  if (open === 0) return null;
  const isWritable = (open & (GROUP_WRITE | OTHERS_WRITE)) !== 0;
  const isReadable = (open & (GROUP_READ | OTHERS_READ)) !== 0;
  return `${who} can ${[isReadable && 'read', isWritable && 'write'].filter(Boolean).join(' and ')}`;
}

/**
 * What is wrong with the permissions of a file, as ssh checks a private key; null if nothing is. A `secret` must not be
 * read or written by others, any other file not be written. `path` is the file, `stats` are those of the open file.
 */
export function permissionProblem(path: string, stats: Stats, kind: 'secret' | 'trusted'): string | null {
  // Windows has no modes, and a pipe is open to this process only.
  if (process.platform === 'win32' || !stats.isFile()) return null;
  const isSecret = kind === 'secret';
  // Many systems give each user a group of its own, with which files are writable by default.
  const isOwnGroup = !isSecret && stats.gid === process.getgid?.();
  const group = isOwnGroup ? 0 : GROUP_WRITE | (isSecret ? GROUP_READ : 0);
  const access = accessOf(stats.mode, group | OTHERS_WRITE | (isSecret ? OTHERS_READ : 0));
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
  if (access !== null) return `${access} it (mode ${mode})`;
  const user = process.getuid?.();
  if (user !== 0 && stats.uid !== 0 && stats.uid !== user) return `it belongs to another user (uid ${stats.uid})`;
  try {
    return isOpenDirectory(dirname(realpathSync(path)))
      ? 'other users can write its directory, and so replace it'
      : null;
  } catch {
    // The file was readable; its directory need not be.
    return null;
  }
}
