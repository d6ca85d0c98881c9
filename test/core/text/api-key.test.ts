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
    // Keys of gateways: in base64, as a pair, with dots and other printable characters.
    '/9j4AAQSkZJRgABAQEAYABgAAD/2wBDAA==',
    '//8AZm9vYmFyYmF6cXV4+/w=',
    '+x/aZm9vYmFyYmF6cXV4/etc/',
    '~/Zm9vYmFyYmF6cXV4',
    './Zm9vYmFyYmF6cXV4',
    'a...bcdefghijklmnopqrstuvwx',
    '1|laravelSanctumTokenOfFortyCharacters00',
    'sandbox:key',
    'p4ss!w0rd#with$igns^and&more',
    '100%41sure',
    '__init',
  ])('may be %s', (key) => {
    expect(keyProblem(key)).toBeNull();
  });

  it('may be any bearer token of a few characters', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^KEY[0-9A-F]{8,40}_[A-Za-z0-9]{1,30}$/), (key) => keyProblem(key) === null),
    );
  });

  it('may be random bytes in base64, in both alphabets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 15, maxLength: 150 }),
        fc.constantFrom('base64', 'base64url'),
        (bytes, form) => {
          expect(keyProblem(Buffer.from(bytes).toString(form))).toBeNull();
        },
      ),
      { numRuns: 2000 },
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
    ['vault:secret/data/telnyx#key', 'a reference'],
    ['arn:aws:secretsmanager:eu-west-1:1:secret:x', 'a reference'],
    ['projects/1/secrets/telnyx/versions/1', 'a reference'],
    ['/run/secrets/telnyx', 'is a path'],
    ['/etc/Telnyx/KEY', 'is a path'],
    ['/custom/telnyx.key', 'is a path'],
    ['~/.telnyx', 'is a path'],
    ['~/Documents/Telnyx.txt', 'is a path'],
    ['../keys/telnyx', 'is a path'],
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
    ['KEY0123...wxyz', 'is hidden or cut off'],
    ['sk_12...wxyz', 'is hidden or cut off'],
    ['KEY0123\u2026', 'is hidden or cut off'],
    ['KEY0123%5Fabc', 'percent-encoded'],
    [btoa(KEY), 'base64'],
    [btoa(`${KEY}\n`), 'base64'],
    [[...KEY].map((letter) => letter.charCodeAt(0).toString(16)).join(''), 'hexadecimal'],
    [KEY + KEY, 'is there twice'],
    [`${KEY} ${KEY}`, 'white space'],
    [`${KEY}\u00a0x`, 'white space'],
    [`${KEY}\uFFFD`, 'is not UTF-8'],
    [`${KEY};`, 'a character that separates values'],
    [`${KEY},`, 'a character that separates values'],
    [`${KEY}|1`, `character ${KEY.length + 1} is "|"`],
    [`${KEY},${KEY}`, `character ${KEY.length + 1} is ","`],
    ['K\u{1F511}Y\u200B', 'character 2 is U+1F511'],
    ['KE\u2011Y', 'character 3 is U+2011'],
    ['KEY\0', 'character 4 is U+0000'],
    ['\u001b[0mKEY', 'character 1 is U+001B'],
    ['=KEY', 'a character that separates values'],
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
