import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { keyProblem } from '../../core/text/api-key.ts';
import { fileErrorText } from '../../core/text/file-error.ts';
import { visible } from '../../core/text/visible.ts';
import { permissionProblem } from '../permissions.ts';
import { NotText, readTextFile } from '../text-file.ts';
import { type Found, readSources } from './api-key.ts';

/** The keys of a worker. `problems`: what could not be read, and what others can read; no text quotes a key. */
export type AllKeys = { keys: Set<string>; problems: string[] };

/** A key may have white space around it. A larger file is another file. */
const MAX_FILE_BYTES = 16_384;

function readFile(dir: string, name: string, isCredential: boolean): Found | { error: string } {
  const path = join(dir, name);
  const from = `the key file ${visible(path)}`;
  try {
    // A pipe would be waited for.
    if (!statSync(path).isFile()) return { error: `${from} is not a file` };
    const { text, stats } = readTextFile(path, { maxBytes: MAX_FILE_BYTES });
    // systemd protects its credentials itself, by access lists that look like the mode of a group.
    const problem = isCredential ? null : permissionProblem(path, stats, 'secret');
    return problem === null ? { from, text } : { from, text, warning: `${from} is not protected: ${problem}` };
  } catch (error) {
    return { error: `${from} ${error instanceof NotText ? error.message : `cannot be read: ${fileErrorText(error)}`}` };
  }
}

/** Whether a directory is that of systemd's credentials, or in it. */
function isCredentialDirectory(dir: string, { CREDENTIALS_DIRECTORY: credentials = '' }: NodeJS.ProcessEnv): boolean {
  return credentials !== '' && !relative(credentials, dir).startsWith('..');
}

/** Hidden files are not keys: Kubernetes and editors keep their own there. Directories are not entered. */
function keyFiles(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true });
  return entries.filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory()).map(({ name }) => name);
}

/**
 * Finds every API key: in TELNYX_API_KEY, the file named by TELNYX_API_KEY_FILE, systemd's credential, and the files of
 * a directory. Throws what the file system throws if the directory cannot be listed.
 */
export function findAllKeys(environment: NodeJS.ProcessEnv, dir: string | null): AllKeys {
  const isCredential = dir !== null && isCredentialDirectory(dir, environment);
  const files = dir === null ? [] : keyFiles(dir).map((name) => readFile(dir, name, isCredential));
  const keys = new Set<string>();
  const problems: string[] = [];
  for (const source of [...readSources(environment), ...files]) {
    if ('error' in source) {
      problems.push(source.error);
      continue;
    }
    const key = source.text.trim();
    const problem = key === '' ? 'is empty' : keyProblem(key);
    if (source.warning !== undefined) problems.push(source.warning);
    if (problem === null) keys.add(key);
    else if (key !== '' || source.from.startsWith('the key file')) {
      problems.push(key === '' ? `${source.from} is empty` : `the key in ${source.from} ${problem}`);
    }
  }
  return { keys, problems };
}
