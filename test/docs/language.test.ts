import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, read } from './documents.ts';

/** A word that the project does not use, and where it is allowed: with a technical meaning, or as a name. */
type Word = { pattern: RegExp; instead: string; allowed?: RegExp; allowedIn?: RegExp };

const WORDS: Word[] = [
  { pattern: /\bstand-?ins?\b/i, instead: 'sandbox' },
  { pattern: /\bmend(s|ed|ing)?\b/i, instead: 'fix' },
  { pattern: /\banew\b/i, instead: 'again' },
  { pattern: /\b(told|heard|heed(s|ed)?)\b/i, instead: 'the exact verb' },
  { pattern: /\bsettl(e|es|ed|ing)\b/i, instead: 'the exact verb', allowed: /allSettled/g },
  { pattern: /\b(somebody|whoever|nobody)\b/i, instead: 'the user, the caller, no one' },
  { pattern: /\bfloors?\b/i, instead: 'layer', allowed: /math\.floor|'floor'/gi },
  { pattern: /\bgiv(e|es|en|ing) back\b/i, instead: 'return' },
  { pattern: /\b(so many|such a share)\b/i, instead: 'the number or the share' },
  { pattern: /\bweather\b/i, instead: 'state' },
  { pattern: /\b(MOST|LEAST)_[A-Z]/, instead: 'MAX_ or MIN_' },
  // The sandbox has faults, and run.json has a key of this name.
  {
    pattern: /fault/i,
    instead: 'error',
    allowed: /default|\bfault: /gi,
    allowedIn: /^(?!src\/)|sandbox|cli\/registry/,
  },
];

/** The file that lists the words for people, this one, and files of others and of older versions. */
const EXEMPT = /^(docs\/glossary\.md|test\/docs\/language\.test\.ts|test\/(contract|fixtures)\/.*)$/;

const files = ['src', 'test', 'bench', 'scripts', 'docs', 'samples', 'jobs']
  .flatMap((dir) => readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' }).map((path) => `${dir}/${path}`))
  .concat(readdirSync(ROOT))
  .filter((path) => /\.(ts|mjs|cjs|sh|md|ya?ml)$/.test(path) && !EXEMPT.test(path));

/** A line with its names taken apart: `isSettled` is two words. */
const withWordsOf = (line: string) => `${line} ${line.replace(/_|(?<=[a-z])(?=[A-Z])/g, ' ')}`;

describe('comments, texts, names and documents', () => {
  const lines = files.flatMap((path) =>
    read(path)
      .split('\n')
      .map((line, at) => ({ path, at: at + 1, line })),
  );

  it.each(WORDS)('do not use $pattern, but $instead', ({ pattern, allowed, allowedIn }) => {
    const found = lines
      .filter(({ path }) => allowedIn?.test(path) !== true)
      .filter(({ line }) => pattern.test(withWordsOf(allowed === undefined ? line : line.replace(allowed, ''))))
      .map(({ path, at, line }) => `${path}:${at}: ${line.trim()}`);
    expect(found).toEqual([]);
  });

  it('are read', () => {
    expect(lines.length).toBeGreaterThan(30_000);
  });
});
