import { join } from 'node:path';
import { keyProblem } from '../../core/text/api-key.ts';
import { expandHome } from '../home.ts';
import { type PathHint, readSecretFile } from '../secret-file.ts';

/** `warnings`: who else can read the key. Null if no key is set; `empty` names the sources that hold nothing. */
export type KeyFound = { key: string | null; warnings: string[]; empty: string[] } | { error: string };

const VARIABLE = 'TELNYX_API_KEY';
const FILE = 'TELNYX_API_KEY_FILE';
const CREDENTIAL = '$CREDENTIALS_DIRECTORY/telnyx_api_key';

const HINT: PathHint = [/^KEY[0-9A-F]{8}/i, `if this is the key itself, put it into ${VARIABLE}`];

export type Found = { from: string; text: string; warning?: string };

/** Reads the file of a source. */
function readKeyFile(from: string, path: string): Found | { error: string; code?: string | undefined } {
  const file = readSecretFile(from === FILE ? `${FILE} names a file that` : from, path, HINT);
  if ('error' in file) return file;
  // systemd protects its credentials itself, by access lists that look like the mode of a group.
  if (file.problem === null || from !== FILE) return { from, text: file.text };
  return { from, text: file.text, warning: `the key in ${FILE} is not protected: ${file.problem}` };
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
