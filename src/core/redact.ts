import { printable } from './text.ts';

const SHORT = 8;

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * Gives a function that makes text from outside safe to keep: the key, also percent-encoded and in any case, becomes
 * `[key]`, and control characters become visible. Servers do quote the Authorization header in their errors. A key of
 * under 8 characters is replaced as a whole word only, or it would spoil every text.
 */
export function createCleaner(key: string | null): (text: string) => string {
  if (key === null || key === '') return (text) => printable(text);
  const forms = [...new Set([key, encodeURIComponent(key)])].map(escaped).join('|');
  const pattern = key.length < SHORT ? `(?<![A-Za-z0-9])(?:${forms})(?![A-Za-z0-9])` : forms;
  const secret = new RegExp(pattern, 'gi');
  return (text) => printable(text.replace(secret, '[key]'));
}
