import { printable, thousands } from '../text/text.ts';

/** Text that is HTML already. Only `html` makes it. */
export type Html = { readonly raw: string };

type Part = string | number | Html | readonly Html[] | null;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Of a text in a page, which stays small. What is cut off is in the files. */
const MAX_CHARACTERS = 500;
/** Of a command, which must be whole: a path may be very long. */
const MAX_WHOLE_CHARACTERS = 20_000;

function rawOf(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'number') return thousands(part);
  if (typeof part === 'string') return escapeHtml(printable(part, MAX_CHARACTERS));
  return 'raw' in part ? part.raw : part.map(({ raw }) => raw).join('');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/**
 * HTML with values in it. Every text is escaped, and control and invisible characters of it are made visible: none can
 * end an element or an attribute, or change the direction of what follows. Attributes must be in double quotes.
 */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return { raw: texts.reduce((all, text, at) => `${all}${rawOf(parts[at - 1] as Part)}${text}`) };
}

/** A text of which nothing must be cut off, such as a command. */
export function whole(text: string): Html {
  return { raw: escapeHtml(printable(text, MAX_WHOLE_CHARACTERS)) };
}

/** A value as JSON that a `<script type="application/json">` can hold: nothing in it can end that element. */
export function jsonBlock(value: unknown): Html {
  const unit = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return { raw: JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, unit) };
}

/** A number as text of an attribute or of a picture, without separators. */
export function plain(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A time for people, in UTC. Null is nothing. */
export function timeHtml(at: string | null): Html {
  if (at === null) return html`–`;
  const ms = Date.parse(at);
  // A ledger of another machine may hold anything.
  if (Number.isNaN(ms)) return html`${at}`;
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}</time>`;
}
