import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyProblem, MAX_KEY_BYTES } from '../../../src/core/text/api-key.ts';

const KEY = 'KEY0123456789ABCDEF0123456789ABCDEF_aBcDeFgHiJkLmNoPqRsTuV';

describe('a key', () => {
  it.each([
    KEY,
    'any',
    'x',
    'KEY',
    'my-test-key',
    'eyJhbGciOi.J9-_~+/==',
    'here',
    'KEY'.repeat(20),
    'x'.repeat(MAX_KEY_BYTES),
    'S0VZ',
    '4b4559',
  ])('may be %s', (key) => {
    expect(keyProblem(key)).toBeNull();
  });

  it('may be any bearer token of a few characters', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^KEY[0-9A-F]{8,40}_[A-Za-z0-9]{1,30}$/), (key) => keyProblem(key) === null),
    );
  });
});

describe('a mangled key', () => {
  const NAME = '$NAME or %NAME%';
  it.each([
    [`"${KEY}"`, 'is in quotes'],
    [`'${KEY}'`, 'is in quotes'],
    [`\`${KEY}\``, 'is in quotes'],
    [`"${KEY}`, 'is in quotes'],
    [`\u201c${KEY}\u201d`, 'is in quotes'],
    [`\u00ab${KEY}\u00bb`, 'is in quotes'],
    [`<${KEY}>`, 'is in <>'],
    [`${KEY}>`, 'is in <>'],
    ['<YOUR_API_KEY>', 'is in <>'],
    [`[${KEY}]`, 'is in brackets'],
    [`(${KEY})`, 'is in brackets'],
    [`{${KEY}}`, 'is in brackets'],
    [`Bearer ${KEY}`, '"Bearer"'],
    [`bearer\t${KEY}`, '"Bearer"'],
    [`Bearer:${KEY}`, '"Bearer"'],
    [`Bearer%20${KEY}`, '"Bearer"'],
    [`Bearer${KEY}`, '"Bearer"'],
    [`Authorization: Bearer ${KEY}`, '"Bearer"'],
    [`Basic ${KEY}`, '"Bearer"'],
    [`Token ${KEY}`, '"Bearer"'],
    [`api-key: ${KEY}`, '"Bearer"'],
    ['Bearer', '"Bearer"'],
    ['$TELNYX_KEY', NAME],
    [`\${TELNYX_KEY}`, NAME],
    [`\${TELNYX_KEY:-}`, NAME],
    ['KEY_$SUFFIX', NAME],
    ['%TELNYX_KEY%', NAME],
    ['$env:TELNYX_KEY', NAME],
    ['$(cat /run/secrets/telnyx)', NAME],
    [`\${{ secrets.TELNYX_API_KEY }}`, NAME],
    ['{{ .Values.telnyxKey }}', NAME],
    ['#{TelnyxKey}', NAME],
    ['!TELNYX_KEY!', NAME],
    ['@TELNYX_KEY@', NAME],
    ['__TELNYX_KEY__', NAME],
    [`TELNYX_API_KEY=${KEY}`, 'the name of a variable'],
    [`export TELNYX_API_KEY="${KEY}"`, 'the name of a variable'],
    [`telnyx_api_key: ${KEY}`, 'the name of a variable'],
    [`{"api_key": "${KEY}"}`, 'is JSON'],
    [`-----BEGIN RSA PRIVATE KEY-----\nMII`, 'PEM'],
    ['<!DOCTYPE html>\n<html>', 'HTML'],
    [`${KEY}\n${KEY}`, 'contains a line break'],
    [`${KEY}\\n`, 'a backslash and a letter'],
    ['https://portal.telnyx.com/#/keys', 'is a URL'],
    ['op://vault/telnyx/key', 'is a URL'],
    ['arn:aws:secretsmanager:eu-west-1:1:secret:x', 'a reference'],
    ['projects/1/secrets/telnyx/versions/1', 'a reference'],
    ['/run/secrets/telnyx', 'is a path'],
    ['~/.telnyx', 'is a path'],
    ['./key', 'is a path'],
    ['C:\\keys\\x', 'is a path'],
    ['null', 'a value that is missing'],
    ['undefined', 'a value that is missing'],
    ['None', 'a value that is missing'],
    ['[object Object]', 'is in brackets'],
    ['TELNYX_API_KEY', 'a placeholder'],
    ['YOUR_API_KEY', 'a placeholder'],
    ['paste-key-here', 'a placeholder'],
    ['changeme', 'a placeholder'],
    ['KEY0123****', 'is hidden or cut off'],
    ['KEY0123...', 'is hidden or cut off'],
    ['KEY0123\u2026', 'is hidden or cut off'],
    ['KEY0123%5Fabc', 'percent-encoded'],
    [btoa(KEY), 'base64'],
    [btoa(`${KEY}\n`), 'base64'],
    [[...KEY].map((letter) => letter.charCodeAt(0).toString(16)).join(''), 'hexadecimal'],
    [KEY + KEY, 'is there twice'],
    [`${KEY} ${KEY}`, 'white space'],
    [`${KEY}\u00a0x`, 'white space'],
    [`${KEY}\uFFFD`, 'is not UTF-8'],
    [`${KEY};`, `character ${KEY.length + 1} is ";"`],
    [`${KEY},${KEY}`, `character ${KEY.length + 1} is ","`],
    ['K\u{1F511}Y\u200B', 'character 2 is U+1F511'],
    ['KE\u2011Y', 'character 3 is U+2011'],
    ['KEY\0', 'character 4 is U+0000'],
    ['\u001b[0mKEY', 'character 1 is U+001B'],
    ['=KEY', 'character 1 is "="'],
    ['x'.repeat(MAX_KEY_BYTES + 1), 'is longer than 4,096 bytes'],
  ])('%j has a cause', (text, cause) => {
    const problem = keyProblem(text) as string;
    expect(problem).toContain(cause);
    expect(problem).not.toContain(KEY);
  });

  it('is never quoted, whatever is around it', () => {
    const around = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(keyProblem(`${before}${KEY}${after}`) ?? '').not.toContain(KEY);
      }),
    );
  });
});
