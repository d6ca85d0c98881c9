/** What the codes of the file system mean, and what to do about them. */
const CAUSES: Readonly<Record<string, readonly [meaning: string, fix: string]>> = {
  EACCES: ['permission denied', 'run as its owner, or give this user access to it and to the directories above'],
  EPERM: ['not permitted', 'run as its owner, or give this user access to it'],
  ENOENT: ['there is no such file or directory', 'correct the path'],
  ENOTDIR: ['a part of the path is not a directory', 'correct the path'],
  EISDIR: ['it is a directory', 'name a file'],
  ELOOP: ['symbolic links lead in a circle', 'correct the links'],
  ENAMETOOLONG: ['the path is too long', 'use a shorter one'],
  ENXIO: ['it is a socket, or no process is at the other end', 'name a file'],
  ENOTSUP: ['it is a socket or another special file', 'name a file'],
  EEXIST: ['something else has that name', 'remove it, or name another'],
  EROFS: ['the file system is read-only', 'name a place that can be written'],
  ENOSPC: ['the disk is full', 'free some space'],
  EDQUOT: ['the disk quota is used up', 'free some space'],
  EFBIG: ['the file would be larger than is allowed here', 'raise the limit (ulimit -f)'],
  EMFILE: ['this process has too many files open', 'raise the limit (ulimit -n)'],
  ENFILE: ['the system has too many files open', 'close some'],
  EIO: ['the disk failed', 'check the disk'],
  ESTALE: ['the network file system has lost it', 'mount that file system again'],
  ETIMEDOUT: ['the network file system does not answer', 'check that file system'],
  EHOSTDOWN: ['the network file system does not answer', 'check that file system'],
  ENOTCONN: ['the file system is not connected', 'mount that file system again'],
  EBUSY: ['another process uses it', 'wait for that process'],
  ERR_INVALID_ARG_VALUE: ['a path cannot contain a zero byte', 'correct the path'],
};

/** What an error of the file system says: `EACCES (permission denied)`. */
export function fileErrorText(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== 'string') return String(message);
  const cause = CAUSES[code];
  return cause === undefined ? code : `${code} (${cause[0]})`;
}

/** What to do about an error of the file system; '' if that is not known. */
export function fileErrorFix(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? (CAUSES[code]?.[1] ?? '') : '';
}
