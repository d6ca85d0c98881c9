import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type KeyFound = { key: string | null } | { fault: string };

/**
 * The API key from TELNYX_API_KEY, the file named by TELNYX_API_KEY_FILE, or systemd's credential `telnyx_api_key`.
 * White space around it is dropped. Two that differ, an unreadable file, or marks that no header can carry are a
 * fault. No fault quotes the key.
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
      // Without its name: whoever mixes the two variables up has put the key there.
      return { fault: `TELNYX_API_KEY_FILE names a file that cannot be read (${code})` };
    }
    if (found.length === 0) return { fault: 'TELNYX_API_KEY_FILE names a file that is empty' };
  }
  const credentials = environment.CREDENTIALS_DIRECTORY;
  if (credentials !== undefined && credentials !== '') {
    try {
      take('$CREDENTIALS_DIRECTORY/telnyx_api_key', readFileSync(join(credentials, 'telnyx_api_key'), 'utf8'));
    } catch {
      // A service may have other credentials than ours.
    }
  }
  const first = found[0];
  if (first === undefined) return { key: null };
  const other = found.find(({ key }) => key !== first.key);
  if (other !== undefined) return { fault: `${first.from} and ${other.from} hold different keys; keep one of them` };
  if (/[\r\n]/.test(first.key))
    return { fault: `the key in ${first.from} has a line break inside: one line is wanted` };
  if (!/^[\x21-\x7e]+$/.test(first.key)) return { fault: `the key in ${first.from} has marks that no key has` };
  return first;
}
