import { printable } from './text.ts';

const SHORT = 8;

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * Gives a function that takes the key out of a text: also percent-encoded and in any case, it becomes `[key]`. A key of
 * under 8 characters is replaced as a whole word only, or it would spoil every text.
 */
export function createRedactor(key: string | null): (text: string) => string {
  if (key === null || key === '') return (text) => text;
  const forms = [...new Set([key, encodeURIComponent(key)])].map(escaped).join('|');
  const pattern = key.length < SHORT ? `(?<![A-Za-z0-9])(?:${forms})(?![A-Za-z0-9])` : forms;
  const secret = new RegExp(pattern, 'gi');
  return (text) => text.replace(secret, '[key]');
}

/**
 * Gives a function that makes text from outside safe to keep: no key, and control characters become visible. Servers
 * do quote the Authorization header in their errors.
 */
export function createCleaner(key: string | null): (text: string) => string {
  const redact = createRedactor(key);
  return (text) => printable(redact(text));
}
