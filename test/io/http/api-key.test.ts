import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findApiKey } from '../../../src/io/http/api-key.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const KEY = 'KEY0123456789_abcdef';
const OTHER = 'KEY9876543210_zyxwvu';

function keyOf(environment: Record<string, string | undefined>): string | null {
  const found = findApiKey(environment);
  if ('error' in found) throw new Error(found.error);
  return found.key;
}

function errorOf(environment: Record<string, string | undefined>): string {
  const found = findApiKey(environment);
  expect(found).toHaveProperty('error');
  return (found as { error: string }).error;
}

/** A directory of credentials as systemd makes it. */
function credentials(key: string): string {
  const dir = tempDir();
  writeFileSync(join(dir, 'telnyx_api_key'), key);
  return dir;
}

describe('the key', () => {
  it('comes from the variable, the file, or the credential', () => {
    expect(keyOf({ TELNYX_API_KEY: KEY })).toBe(KEY);
    expect(keyOf({ TELNYX_API_KEY_FILE: tempFile(KEY) })).toBe(KEY);
    expect(keyOf({ CREDENTIALS_DIRECTORY: credentials(KEY) })).toBe(KEY);
  });

  it('may be in several of them, if it is the same', () => {
    const file = tempFile(`${KEY}\n`);
    expect(keyOf({ TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: file, CREDENTIALS_DIRECTORY: credentials(KEY) })).toBe(
      KEY,
    );
  });

  it.each([`${KEY}\n`, `  ${KEY}\r\n`, `\uFEFF${KEY}`, `\n\n\t${KEY} \n`])(
    'loses the white space around it: %j',
    (text) => {
      expect(keyOf({ TELNYX_API_KEY_FILE: tempFile(text) })).toBe(KEY);
      expect(keyOf({ TELNYX_API_KEY: text })).toBe(KEY);
      expect(keyOf({ TELNYX_API_KEY: text, TELNYX_API_KEY_FILE: tempFile(KEY) })).toBe(KEY);
    },
  );

  it('is null if there is none', () => {
    expect(keyOf({})).toBeNull();
    expect(keyOf({ TELNYX_API_KEY: '', TELNYX_API_KEY_FILE: '', CREDENTIALS_DIRECTORY: '' })).toBeNull();
    expect(keyOf({ TELNYX_API_KEY: ' \n' })).toBeNull();
    expect(keyOf({ CREDENTIALS_DIRECTORY: tempDir() })).toBeNull();
    expect(keyOf({ CREDENTIALS_DIRECTORY: '/nonexistent' })).toBeNull();
  });
});

describe('an error', () => {
  it('is two sources that differ, both named', () => {
    const file = tempFile(OTHER);
    expect(errorOf({ TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: file })).toBe(
      'TELNYX_API_KEY and TELNYX_API_KEY_FILE hold different keys; keep one of them',
    );
    expect(errorOf({ TELNYX_API_KEY_FILE: file, CREDENTIALS_DIRECTORY: credentials(KEY) })).toContain(
      'TELNYX_API_KEY_FILE and $CREDENTIALS_DIRECTORY/telnyx_api_key',
    );
    expect(errorOf({ TELNYX_API_KEY: KEY, CREDENTIALS_DIRECTORY: credentials(KEY.toLowerCase()) })).toContain(
      'different',
    );
  });

  it.each(['/nonexistent/key', '/'])('is a named file that cannot be read: %s', (file) => {
    expect(errorOf({ TELNYX_API_KEY_FILE: file })).toMatch(
      /^TELNYX_API_KEY_FILE names a file that cannot be read \((ENOENT|EISDIR)\)$/,
    );
    // Even if another source has a key: the named one was meant.
    expect(errorOf({ TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: file })).toContain('cannot be read');
  });

  it.each([
    ['a space', `${KEY} x`],
    ['a zero byte', `${KEY}\0`],
    ['a letter beyond ASCII', `${KEY}é`],
    ['a zero-width mark inside', `${KEY}\u200B${KEY}`],
    ['an escape', `${KEY}\u001b[0m`],
  ])('is a key with %s in it', (_, text) => {
    for (const environment of [{ TELNYX_API_KEY: text }, { TELNYX_API_KEY_FILE: tempFile(text) }]) {
      expect(errorOf(environment)).toMatch(
        /^the key in TELNYX_API_KEY(_FILE)? contains characters that an API key cannot contain$/,
      );
    }
  });

  it.each([
    ['a second line', `${KEY}\n${OTHER}`],
    ['a line end and a header', `${KEY}\r\nx-evil: 1`],
  ])('is a key with %s in it, and says that it is the line break', (_, text) => {
    for (const environment of [{ TELNYX_API_KEY: text }, { TELNYX_API_KEY_FILE: tempFile(text) }]) {
      expect(errorOf(environment)).toMatch(
        /^the key in TELNYX_API_KEY(_FILE)? contains a line break; expected a single line$/,
      );
    }
  });

  it('is a named file that is empty', () => {
    expect(errorOf({ TELNYX_API_KEY_FILE: tempFile('\n') })).toBe('TELNYX_API_KEY_FILE names a file that is empty');
    expect(keyOf({ TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: tempFile(' ') })).toBe(KEY);
  });

  it('is a key file of UTF-16', () => {
    expect(errorOf({ TELNYX_API_KEY_FILE: tempFile(Buffer.from(`\uFEFF${KEY}`, 'utf16le')) })).toContain(
      'contains characters',
    );
  });

  it('never quotes a key', () => {
    for (const environment of [
      { TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: tempFile(OTHER) },
      { TELNYX_API_KEY: `${KEY} ${OTHER}` },
      { TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: '/nonexistent' },
      { TELNYX_API_KEY_FILE: tempFile(`${KEY}\n${OTHER}`) },
    ]) {
      const message = errorOf(environment);
      expect(message).not.toContain(KEY);
      expect(message).not.toContain(OTHER);
    }
  });
});
