import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
      /^TELNYX_API_KEY_FILE names a file that cannot be read: (ENOENT \(there is no such file or directory\); correct the path|EISDIR \(it is a directory\); name a file)$/,
    );
    // Even if another source has a key: the named one was meant.
    expect(errorOf({ TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: file })).toContain('cannot be read');
  });

  it.each([
    ['a space', `${KEY} x`, 'white space'],
    ['a zero byte', `${KEY}\0`, /character \d+ is U\+0000|zero bytes/],
    ['a letter beyond ASCII', `${KEY}é`, 'character 21 is U+00E9'],
    ['a zero-width mark inside', `${KEY}\u200B${KEY}`, 'character 21 is U+200B'],
    ['an escape', `${KEY}\u001b[0m`, 'character 21 is U+001B'],
    ['quotes', `"${KEY}"\n`, 'is in quotes'],
    ['Bearer', `Bearer ${KEY}\n`, 'starts with "Bearer"'],
    ['a second line', `${KEY}\n${OTHER}`, 'contains a line break; expected a single line'],
    ['a line end and a header', `${KEY}\r\nx-evil: 1`, 'contains a line break; expected a single line'],
    ['4,097 bytes', 'x'.repeat(4097), 'is longer than 4,096 bytes'],
  ])('is a key with %s in it, in any source', (_, text, cause) => {
    const dir = credentials(text);
    for (const [environment, from] of [
      [{ TELNYX_API_KEY: text }, 'TELNYX_API_KEY'],
      [{ TELNYX_API_KEY_FILE: tempFile(text) }, 'TELNYX_API_KEY_FILE'],
      [{ CREDENTIALS_DIRECTORY: dir }, '$CREDENTIALS_DIRECTORY/telnyx_api_key'],
      // A good key elsewhere does not hide it.
      [{ TELNYX_API_KEY: KEY, CREDENTIALS_DIRECTORY: dir }, '$CREDENTIALS_DIRECTORY/telnyx_api_key'],
    ] as const) {
      const error = errorOf(environment);
      expect(error).toMatch(cause);
      expect(error).toContain(from);
      expect(error).not.toContain(KEY);
    }
  });

  it('is a named file that is empty', () => {
    expect(errorOf({ TELNYX_API_KEY_FILE: tempFile('\n') })).toBe('TELNYX_API_KEY_FILE names a file that is empty');
    expect(keyOf({ TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: tempFile(' ') })).toBe(KEY);
  });

  it.each(['\uFEFF', ''])('is a key file in UTF-16, with the BOM %j', (bom) => {
    const little = Buffer.from(`${bom}${KEY}\r\n`, 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      expect(errorOf({ TELNYX_API_KEY_FILE: tempFile(bytes) })).toBe(
        'TELNYX_API_KEY_FILE names a file that is in UTF-16; save it as UTF-8',
      );
    }
  });

  it('is a key file without an end, or another file', () => {
    for (const file of ['/dev/zero', tempFile('x'.repeat(100_000))]) {
      expect(errorOf({ TELNYX_API_KEY_FILE: file })).toBe(
        'TELNYX_API_KEY_FILE names a file that is larger than 16,384 bytes',
      );
    }
  });

  it('is a key in place of the name of its file, without quoting it', () => {
    const error = errorOf({ TELNYX_API_KEY_FILE: KEY });
    expect(error).toContain(
      'ENOENT (there is no such file or directory); if this is the key itself, put it into TELNYX_API_KEY',
    );
    expect(error).not.toContain(KEY);
  });

  it.each([
    ['"/run/secrets/key"', 'is in quotes'],
    ['$NOT_EXPANDED/key', 'a variable that nothing has replaced'],
    ['%HOME%/key', 'a variable that nothing has replaced'],
    ['/nonexistent/key\n', 'white space'],
    ['file:///run/secrets/key', 'not a URL'],
    ['~other/key', 'only those that start with ~/'],
  ])('is a mangled name of a file: %j', (file, cause) => {
    expect(errorOf({ TELNYX_API_KEY_FILE: file })).toContain(cause);
  });

  it('is a credential that cannot be read', () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'telnyx_api_key'));
    expect(errorOf({ CREDENTIALS_DIRECTORY: dir })).toBe(
      '$CREDENTIALS_DIRECTORY/telnyx_api_key cannot be read: EISDIR (it is a directory); name a file',
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

describe('a key file', () => {
  const warningsOf = (environment: Record<string, string>) => {
    const found = findApiKey(environment);
    if ('error' in found) throw new Error(found.error);
    return found.warnings;
  };

  it.each([
    [0o600, null],
    [0o400, null],
    [0o700, null],
    [0o644, 'other users can read it (mode 0644)'],
    [0o602, 'other users can write it (mode 0602)'],
    [0o666, 'other users can read and write it (mode 0666)'],
    [0o664, 'other users can read, its group can write it (mode 0664)'],
    [0o606, 'other users can read and write it (mode 0606)'],
    [0o640, 'its group can read it (mode 0640)'],
    [0o620, 'its group can write it (mode 0620)'],
  ])('of mode %o', (mode, problem) => {
    const file = tempFile(KEY);
    chmodSync(file, mode);
    const warnings = problem === null ? [] : [expect.stringContaining(`${problem}; chmod 600 ${file}`)];
    expect(warningsOf({ TELNYX_API_KEY_FILE: file })).toEqual(warnings);
    expect(warningsOf({ TELNYX_API_KEY: KEY, TELNYX_API_KEY_FILE: file })).toEqual(warnings);
  });

  it.each([
    [0o755, 0],
    [0o775, 0],
    [0o1777, 0],
    [0o777, 1],
  ])('in a directory of mode %o', (mode, warnings) => {
    const file = tempFile(KEY);
    chmodSync(file, 0o600);
    chmodSync(dirname(file), mode);
    expect(warningsOf({ TELNYX_API_KEY_FILE: file })).toHaveLength(warnings);
  });

  it('of systemd is protected by systemd', () => {
    const dir = credentials(KEY);
    chmodSync(join(dir, 'telnyx_api_key'), 0o444);
    expect(warningsOf({ CREDENTIALS_DIRECTORY: dir })).toEqual([]);
  });
});

describe('an empty source', () => {
  it('is named', () => {
    const found = findApiKey({ TELNYX_API_KEY: '', TELNYX_API_KEY_FILE: ' ', CREDENTIALS_DIRECTORY: credentials('') });
    expect(found).toMatchObject({
      empty: ['TELNYX_API_KEY', 'TELNYX_API_KEY_FILE', '$CREDENTIALS_DIRECTORY/telnyx_api_key'],
    });
  });
});
