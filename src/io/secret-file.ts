import { fileErrorFix, fileErrorText } from '../core/text/file-error.ts';
import { permissionProblem } from './permissions.ts';
import { NotText, readTextFile } from './text-file.ts';

/** `problem`: who else can read or replace the file; null if no one can. */
export type SecretFile = { text: string; problem: string | null } | { error: string; code?: string | undefined };

/** What is wrong with the path of a file that is not there. */
export type PathHint = readonly [pattern: RegExp, hint: string];

/** A secret may have white space around it. A larger file is another file. */
const MAX_BYTES = 16_384;

const HINTS: readonly PathHint[] = [
  [/^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/, 'the path is in quotes, remove them'],
  [/\$\{?[A-Za-z_]|%[A-Za-z_]\w*%|\{\{/, 'the path has a variable that nothing has replaced by its value'],
  [/^\s|\s$/, 'the path starts or ends with white space, remove it'],
  [/^file:/i, 'expected a path, not a URL'],
  [/^~[^/]/, 'of paths with ~, only those that start with ~/ are expanded'],
];

/**
 * Reads a file that holds a secret. `subject` begins each error, and none names the file: it is the secret itself if two
 * variables were mixed up. `hint` says so.
 */
export function readSecretFile(subject: string, path: string, hint: PathHint): SecretFile {
  try {
    const { text, stats } = readTextFile(path, { maxBytes: MAX_BYTES });
    return { text, problem: permissionProblem(path, stats, 'secret') };
  } catch (error) {
    if (error instanceof NotText) return { error: `${subject} ${error.message}` };
    const { code } = error as NodeJS.ErrnoException;
    const isAbsent = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code ?? '');
    const meant = isAbsent ? [hint, ...HINTS].find(([pattern]) => pattern.test(path))?.[1] : undefined;
    const parts = [`${subject} cannot be read: ${fileErrorText(error)}`, meant ?? fileErrorFix(error)];
    return { error: parts.filter((part) => part !== '').join('; '), code };
  }
}
