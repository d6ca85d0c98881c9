import { join } from 'node:path';
import { keyProblem } from '../../core/text/api-key.ts';
import { fileErrorFix, fileErrorText } from '../../core/text/file-error.ts';
import { expandHome } from '../home.ts';
import { permissionProblem } from '../permissions.ts';
import { NotText, readTextFile } from '../text-file.ts';

/** `warnings`: who else can read the key. Null if no key is set; `empty` names the sources that hold nothing. */
export type KeyFound = { key: string | null; warnings: string[]; empty: string[] } | { error: string };

/** A key may have white space around it. A larger file is another file. */
const MAX_FILE_BYTES = 16_384;

const VARIABLE = 'TELNYX_API_KEY';
const FILE = 'TELNYX_API_KEY_FILE';
const CREDENTIAL = '$CREDENTIALS_DIRECTORY/telnyx_api_key';

/** What is wrong with the path of a file that is not there. */
const HINTS: readonly [pattern: RegExp, hint: string][] = [
  [/^KEY[0-9A-F]{8}/i, `if this is the key itself, put it into ${VARIABLE}`],
  [/^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/, 'the path is in quotes, remove them'],
  [/\$\{?[A-Za-z_]|%[A-Za-z_]\w*%|\{\{/, 'the path has a variable that nothing has replaced by its value'],
  [/^\s|\s$/, 'the path starts or ends with white space, remove it'],
  [/^file:/i, 'expected a path, not a URL'],
  [/^~[^/]/, 'of paths with ~, only those that start with ~/ are expanded'],
];

export type Found = { from: string; text: string; warning?: string };

/** Reads the file of a source. No error names the file: it is the key itself if two variables were mixed up. */
function readKeyFile(from: string, path: string): Found | { error: string; code?: string | undefined } {
  const subject = from === FILE ? `${FILE} names a file that` : from;
  try {
    const { text, stats } = readTextFile(path, { maxBytes: MAX_FILE_BYTES });
    // systemd protects its credentials itself, by access lists that look like the mode of a group.
    const problem = from === FILE ? permissionProblem(path, stats, 'secret') : null;
    if (problem === null) return { from, text };
    return { from, text, warning: `the key in ${FILE} is not protected: ${problem}` };
  } catch (error) {
    if (error instanceof NotText) return { error: `${subject} ${error.message}` };
    const { code } = error as NodeJS.ErrnoException;
    const isAbsent = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code ?? '');
    const hint = isAbsent ? HINTS.find(([pattern]) => pattern.test(path))?.[1] : undefined;
    const parts = [`${subject} cannot be read: ${fileErrorText(error)}`, hint ?? fileErrorFix(error)];
    return { error: parts.filter((part) => part !== '').join('; '), code };
  }
}

/** Everything that could hold a key, in order of precedence. */
export function readSources(environment: Record<string, string | undefined>): (Found | { error: string })[] {
  const { TELNYX_API_KEY: text, TELNYX_API_KEY_FILE: file, CREDENTIALS_DIRECTORY: directory } = environment;
  const sources: (Found | { error: string })[] = [];
  if (text !== undefined) sources.push({ from: VARIABLE, text });
  if (file !== undefined)
    sources.push(file.trim() === '' ? { from: FILE, text: '' } : readKeyFile(FILE, expandHome(file, environment)));
  if (directory !== undefined && directory !== '') {
    const credential = readKeyFile(CREDENTIAL, join(directory, 'telnyx_api_key'));
    // The service may have no credential of this name.
    if (!('code' in credential && (credential.code === 'ENOENT' || credential.code === 'ENOTDIR')))
      sources.push(credential);
  }
  return sources;
}

/**
 * Finds the API key in TELNYX_API_KEY, the file named by TELNYX_API_KEY_FILE, or systemd's credential `telnyx_api_key`.
 * White space around it is dropped. No error quotes the key.
 */
export function findApiKey(environment: Record<string, string | undefined>): KeyFound {
  const found: Found[] = [];
  const empty: string[] = [];
  for (const source of readSources(environment)) {
    if ('error' in source) return source;
    const key = source.text.trim();
    const problem = key === '' ? null : keyProblem(key);
    if (problem !== null) return { error: `the key in ${source.from} ${problem}` };
    if (key === '') empty.push(source.from);
    else found.push({ ...source, text: key });
  }
  const [first] = found;
  const namesFile = (environment[FILE] ?? '').trim() !== '';
  if (first === undefined && namesFile && empty.includes(FILE)) {
    return { error: `${FILE} names a file that is empty` };
  }
  const other = found.find(({ text }) => text !== first?.text);
  if (first !== undefined && other !== undefined) {
    return { error: `${first.from} and ${other.from} hold different keys; keep one of them` };
  }
  const warnings = found.flatMap(({ warning }) => warning ?? []);
  return { key: first?.text ?? null, warnings, empty };
}
