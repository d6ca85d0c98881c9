import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findAllKeys } from '../../../src/io/http/all-keys.ts';
import { tempDir } from '../../support/temp.ts';

const FIRST = 'KEY0000firstabcdefgh';
const SECOND = 'KEY0001secondabcdefgh';
const THIRD = 'KEY0002thirdabcdefgh';

function directoryOf(files: Record<string, string>): string {
  const dir = tempDir();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o600 });
  return dir;
}

describe('all keys of a worker', () => {
  it('are those of the variable, of its file, of the credential, and of each file of a directory', () => {
    const credentials = directoryOf({ telnyx_api_key: THIRD });
    const dir = directoryOf({ a: `${FIRST}\n`, b: ` ${SECOND}\r\n`, c: FIRST, '.hidden': 'KEY9999hiddenabcdefgh' });
    mkdirSync(join(dir, 'directory'));
    const environment = { TELNYX_API_KEY: 'KEY0003fourthabcdefgh', CREDENTIALS_DIRECTORY: credentials };
    const { keys, problems } = findAllKeys(environment, dir);
    expect([...keys].sort()).toEqual([FIRST, SECOND, THIRD, 'KEY0003fourthabcdefgh']);
    expect(problems).toEqual([]);
  });

  it('come with what is wrong with others, which no text quotes', () => {
    const dir = directoryOf({
      empty: ' \n',
      good: FIRST,
      wrong: 'two words here',
      open: SECOND,
      large: 'x'.repeat(20_000),
    });
    chmodSync(join(dir, 'open'), 0o644);
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    const { keys, problems } = findAllKeys({ TELNYX_API_KEY: '' }, dir);
    expect([...keys].sort()).toEqual([FIRST, SECOND]);
    expect(problems).toHaveLength(5);
    const text = problems.join('\n');
    expect(text).toContain(`the key file ${join(dir, 'empty')} is empty`);
    expect(text).toMatch(
      /open is not protected: its group, other users can read it|open is not protected: other users can read it/,
    );
    expect(text).not.toMatch(/two words|KEY000/);
  });

  it('may be in a directory of credentials, which systemd protects', () => {
    const credentials = tempDir();
    const dir = join(credentials, 'keys');
    mkdirSync(dir);
    writeFileSync(join(dir, 'first'), FIRST, { mode: 0o640 });
    expect(findAllKeys({ CREDENTIALS_DIRECTORY: credentials }, dir).problems).toEqual([]);
    expect(findAllKeys({}, dir).problems).toHaveLength(1);
  });

  it('cannot be read if the directory is not there', () => {
    expect(() => findAllKeys({}, '/nonexistent/keys')).toThrow('ENOENT');
    expect(findAllKeys({}, null)).toEqual({ keys: new Set(), problems: [] });
  });
});
