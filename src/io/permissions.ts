import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from '../core/text/shell.ts';

const READ = 0o4;
const WRITE = 0o2;
const STICKY = 0o1000;

/** Whether anyone may replace the files of a directory. In one with the sticky bit, such as /tmp, only their owners. */
function isOpenDirectory(path: string): boolean {
  const { mode } = statSync(path);
  return (mode & WRITE) !== 0 && (mode & STICKY) === 0;
}

/** Who besides the owner can do what; '' if no one can. Each argument has the bits of a mode that matter. */
function accessText(group: number, others: number): string {
  const can = (who: string, bits: number) =>
    `${who} can ${[(bits & READ) !== 0 && 'read', (bits & WRITE) !== 0 && 'write'].filter(Boolean).join(' and ')}`;
  const beyond = group & ~others;
  return [others !== 0 && can('other users', others), beyond !== 0 && can('its group', beyond)]
    .filter(Boolean)
    .join(', ');
}

/**
 * What is wrong with the permissions of a file and how to correct it, as ssh checks a private key; null if nothing is. A
 * `secret` must not be read or written by others, any other file not be written. `path` is the file, `stats` are those
 * of the open file.
 */
export function permissionProblem(path: string, stats: Stats, kind: 'secret' | 'trusted'): string | null {
  // Windows has no modes, and a pipe is open to this process only.
  if (process.platform === 'win32' || !stats.isFile()) return null;
  const bad = kind === 'secret' ? READ | WRITE : WRITE;
  // Many systems give each user a group of its own, with which files are writable by default.
  const isOwnGroup = kind === 'trusted' && stats.gid === process.getgid?.();
  const access = accessText(isOwnGroup ? 0 : (stats.mode >> 3) & bad, stats.mode & bad);
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
  const chmod = `chmod ${kind === 'secret' ? '600' : 'go-w'} ${shellWord(path)}`;
  if (access !== '') return `${access} it (mode ${mode}); ${chmod}`;
  const user = process.getuid?.();
  if (user !== 0 && stats.uid !== 0 && stats.uid !== user) return `it belongs to another user (uid ${stats.uid})`;
  try {
    return isOpenDirectory(dirname(realpathSync(path)))
      ? `other users can write its directory; keep it where only its owner can`
      : null;
  } catch {
    // The file was readable; its directory need not be.
    return null;
  }
}
