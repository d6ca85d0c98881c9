import { MAX_KEY_BYTES } from './api-key.ts';
import { printable } from './text.ts';

const SHORT_KEY_LENGTH = 8;

/** Replaces the key by `[key]`, in any case and also percent-encoded; a short key only as a whole word. */
export function createRedactor(key: string | null): (text: string) => string {
  if (key === null || key === '') return (text) => text;
  // Not a key, and too long for a pattern.
  if (key.length > MAX_KEY_BYTES) return (text) => text.replaceAll(key, '[key]');
  const escaped = [key, encodeURIComponent(key)].map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  const forms = escaped.join('|');
  const pattern = key.length < SHORT_KEY_LENGTH ? `(?<![A-Za-z0-9])(?:${forms})(?![A-Za-z0-9])` : forms;
  const secret = new RegExp(pattern, 'gi');
  return (text) => text.replace(secret, '[key]');
}

/** Makes text from a server safe to keep. Servers do quote the Authorization header in their errors. */
export function createCleaner(key: string | null): (text: string) => string {
  const redact = createRedactor(key);
  return (text) => printable(redact(text));
}
