import { thousands } from '../text/text.ts';
import type { Body } from './response.ts';

/** An answer of this API has five levels. */
const MAX_LEVELS = 100;
/** A full page of numbers has about 15,000 values, and each value takes many times its text in memory. */
const MAX_VALUES = 250_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** The end of the text in quotes that starts at `from`. */
function endOfText(text: string, from: number): number {
  let at = from + 1;
  for (; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at += 1;
  return at;
}

/** Why a body is not parsed: it would take far more memory than its text. Null if it can be. */
function excess(text: string): string | null {
  let level = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfText(text, at);
        break;
      case COMMA:
        values += 1;
        break;
      case 0x5b:
      case 0x7b:
        level += 1;
        values += 1;
        if (level > MAX_LEVELS) return `JSON nested over ${MAX_LEVELS} levels`;
        break;
      case 0x5d:
      case 0x7d:
        level -= 1;
        break;
    }
    if (values > MAX_VALUES) return `JSON of more than ${thousands(MAX_VALUES)} values`;
  }
  return null;
}

/** Parses the JSON of a body. Never throws. */
export function parseJson(text: string): { value: unknown } | Extract<Body, { kind: 'unreadable' }> {
  const why = excess(text);
  if (why !== null) return { kind: 'unreadable', why };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { kind: 'unreadable' };
  }
}

/** The media type in a header, without its parameters; '' if there is none that can be printed. */
function mediaType(header: string | null): string {
  return /^\s*([a-z]+\/[a-z0-9.+-]{1,60})\s*(;|$)/i.exec(header ?? '')?.[1]?.toLowerCase() ?? '';
}

/** Says of a body that cannot be read what it is instead of an answer of this API. */
export function describeUnreadable(body: Body, text: string, contentType: string | null): Body {
  if (body.kind !== 'unreadable' || body.why !== undefined) return body;
  const start = text.slice(0, 200).replace(/^[\s\uFEFF]+/, '');
  if (start === '') return { ...body, why: 'an empty body' };
  const type = mediaType(contentType);
  const isMarkup = /^<[!?a-z]/i.test(start);
  if (isMarkup || /html/.test(type)) {
    const named = /html|xml/.test(type) ? type : /^<\?xml/i.test(start) ? 'XML' : 'HTML';
    return { ...body, why: `${named}, not this API`, isMarkup: true };
  }
  if (/^[[{]/.test(start)) return { ...body, why: 'JSON that is cut or not of this API' };
  return { ...body, why: type === '' || /json/.test(type) ? 'a body that is not JSON' : `${type}, not this API` };
}
