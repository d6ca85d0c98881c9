import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type KeyFound = { key: string | null } | { error: string };

/**
 * Finds the API key in TELNYX_API_KEY, the file named by TELNYX_API_KEY_FILE, or systemd's credential `telnyx_api_key`.
 * White space around it is dropped. No error quotes the key.
 */
export function findApiKey(environment: Record<string, string | undefined>): KeyFound {
  const found: { from: string; key: string }[] = [];
  const take = (from: string, text: string) => {
    if (text.trim() !== '') found.push({ from, key: text.trim() });
  };
  if (environment.TELNYX_API_KEY !== undefined) take('TELNYX_API_KEY', environment.TELNYX_API_KEY);
  const file = environment.TELNYX_API_KEY_FILE;
  if (file !== undefined && file !== '') {
    try {
      take('TELNYX_API_KEY_FILE', readFileSync(file, 'utf8'));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Without the name of the file: it is the key if the two variables were mixed up.
      return { error: `TELNYX_API_KEY_FILE names a file that cannot be read (${code})` };
    }
    if (found.length === 0) return { error: 'TELNYX_API_KEY_FILE names a file that is empty' };
  }
  const credentials = environment.CREDENTIALS_DIRECTORY;
  if (credentials !== undefined && credentials !== '') {
    try {
      take('$CREDENTIALS_DIRECTORY/telnyx_api_key', readFileSync(join(credentials, 'telnyx_api_key'), 'utf8'));
    } catch {
      // The service has no credential of this name.
    }
  }
  const first = found[0];
  if (first === undefined) return { key: null };
  const other = found.find(({ key }) => key !== first.key);
  if (other !== undefined) return { error: `${first.from} and ${other.from} hold different keys; keep one of them` };
  if (/[\r\n]/.test(first.key)) {
    return { error: `the key in ${first.from} contains a line break; expected a single line` };
  }
  if (!/^[\x21-\x7e]+$/.test(first.key)) {
    return { error: `the key in ${first.from} contains characters that an API key cannot contain` };
  }
  return first;
}
