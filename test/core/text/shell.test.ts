import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine, shellWord, writtenWords } from '../../../src/core/text/shell.ts';
import { anyText } from '../../support/any-text.ts';

describe('a word for a shell', () => {
  it.each([
    'plan',
    '--rate',
    'runs/20261123T020000Z-in-1f2e',
    '/a/b.csv',
    'https://x.test:1/v2',
    'a=b',
    '5%',
    '+1',
    '-',
  ])('%s is not quoted', (word) => {
    expect(shellWord(word)).toBe(word);
  });

  it.each([
    ['', "''"],
    ['my file.csv', "'my file.csv'"],
    ["it's", "'it'\\''s'"],
    ['$HOME', "'$HOME'"],
    ['~/x', "'~/x'"],
    ['a;b', "'a;b'"],
    ['`id`', "'`id`'"],
    ['*', "'*'"],
    ['é', "'é'"],
    ['a\nb', `"$(printf 'a\\012b')"`],
    ['\u001b[31m é', `"$(printf '\\033\\13331m \\303\\251')"`],
    ['100%\u202e', `"$(printf '100%%\\342\\200\\256')"`],
    ['-a\tb', `"$(printf '\\055a\\011b')"`],
    // Only newer shells know this form, and only such a word needs it.
    ['100%\n', "$'100\\045\\012'"],
  ])('%j is %s', (word, quoted) => {
    expect(shellWord(word)).toBe(quoted);
  });

  it('is read back unchanged by a real shell', () => {
    const word = fc.oneof(
      anyText(12),
      fc.string({ unit: fc.constantFrom(...' \u001b\u202e\u009b\'"\\$`!*?[]{}()<>|&;#~=%\n\t-a') }),
    );
    const words = fc.array(
      word.map((text) => text.replaceAll('\0', '').replace(/\n+$/, '')),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(words, (given) => {
        const out = execFileSync('sh', ['-c', commandLine("printf '%s\\0'", ...given)], { encoding: 'utf8' });
        expect(out.split('\0').slice(0, -1)).toEqual(given);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a command line that was recorded', () => {
  it('is one of this program if this program wrote it, whatever its words', () => {
    const word = fc.oneof(anyText(12), fc.string({ unit: fc.constantFrom(...' \u001b\n\'"\\$`%()-a') }));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        const written = writtenWords(commandLine('node dist/cli.js', ...words), 'node dist/cli.js');
        expect(written).toEqual(words.map(shellWord));
      }),
    );
  });

  it.each([
    'rm -rf /',
    'npx other apply x',
    'prog',
    'prog ',
    'progx apply',
    'prog apply x; rm -rf /',
    'prog apply $(id)',
    'prog apply `id`',
    'prog apply "$(id)"',
    `prog apply "$(printf 'a'; id)"`,
    "prog apply 'a",
    'prog apply x > y',
    'prog apply x\nrm',
    'prog apply x && y',
    'prog apply ~',
  ])('is not %j', (text) => {
    expect(writtenWords(text, 'prog')).toBeNull();
  });
});

describe('a command line', () => {
  it('is the program as it is called here, and its words', () => {
    expect(commandLine('node dist/cli.js', 'apply', 'my file.csv', '--yes')).toBe(
      "node dist/cli.js apply 'my file.csv' --yes",
    );
  });
});
