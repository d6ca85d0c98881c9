import { characterAt } from './visible.ts';

/** Far more than any key has. A longer one would make a pattern that is too large to compile. */
export const MAX_KEY_BYTES = 4096;

/**
 * A key of Telnyx has only letters, digits and `_`: what comes after it was added. A gateway in front of the API may
 * have keys of any printable characters.
 */
const TELNYX_KEY = /^KEY[0-9A-F]{16}/i;
const NOT_IN_TELNYX_KEY = /[^A-Za-z0-9._~+/=-]/u;
const NOT_IN_KEY = /[^\x21-\x7e]/u;

/**
 * How keys are mangled on their way into a variable or a file, and how each is recognized. Each text ends a sentence
 * that starts with "the key in X". The first that fits is the cause.
 */
const MANGLED: readonly [pattern: RegExp, text: string][] = [
  [/^-----BEGIN /, 'is a certificate or a private key (PEM), not an API key'],
  [/^\s*<(?:!doctype|html|\?xml)/i, 'is a page of HTML or XML, not an API key'],
  [/^\s*[[{]\s*"/, 'is JSON; expected the key alone'],
  [/[\r\n\u2028\u2029]/, 'contains a line break; expected a single line'],
  [/\\[rnt]/, 'contains a backslash and a letter, such as \\n, in place of a line break; remove them'],
  [
    /^(?:authorization\s*[:=]\s*)?(?:bearer|basic|token|api[-_ ]?key)(?:[\s:]|%20|$)|^bearer[-_.+]?KEY/i,
    'starts with "Bearer" or another word of a header; expected the key alone',
  ],
  [
    /^(?:export\s+|set\s+|\$env:)?[A-Za-z_]\w*\s*(?:=\s*[^=\s]|:\s+\S|:KEY)/,
    'starts with the name of a variable; expected the key alone',
  ],
  [
    /^\$[A-Za-z_]|\$[A-Z_]{3}|\$[({]|%[A-Za-z_]\w*%|\{\{|^!\w+!$|^@\w+@$|^__\w+__$|#\{/,
    'is a variable that nothing has replaced by its value, such as $NAME or %NAME%',
  ],
  [/["'`\u2018-\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\uff02\uff07]/, 'is in quotes, or contains one; remove them'],
  [/^[<>]|[<>]$/, 'is in <>, or is a placeholder; expected the key alone'],
  [/^[([{]|[)\]}]$/, 'is in brackets; remove them'],
  [/^\w[\w+.-]*:\/\//, 'is a URL or a reference to a secret, not the key itself'],
  [
    /^(?:arn|aws-?sm|bws|doppler|env|file|gcp-?sm|keyvault|op|secret|secretsmanager|sops|ssm|vault):|^projects\/.*\/secrets\//,
    'is a reference to a secret, not the key itself',
  ],
  // A key in base64 may start with a slash.
  [
    /^(?:~|\.{1,2})?(?:\/[a-z0-9._-]+)+$|^~\/(?:\.|[A-Z][a-z]{5,}\/)|^\/(?:Users|Volumes|app|config|data|dev|etc|home|media|mnt|opt|private|proc|root|run|secrets?|srv|tmp|usr|var|vault)\/|^[A-Za-z]:\\|^\\\\/,
    'is a path; set TELNYX_API_KEY_FILE to a path',
  ],
  [
    /^(?:null|nil|none|nan|undefined|true|false|\[object Object\])$/i,
    'is a word that programs write for a value that is missing',
  ],
  [/^TELNYX_API_KEY(?:_FILE)?$|^your[-_ ]|[-_ ]here$|^(?:change|replace)[-_ ]?me$/i, 'is a placeholder, not a key'],
  [
    /\*{3}|[\u2022\u25cf\u2026]|\.{3}$|^KEY.*\.{3}|^(?=.{1,19}$).*\.{3}/,
    'is hidden or cut off, as pages and logs show keys; copy the whole key',
  ],
  [/%(?:0[AD]|2[0BDEF]|3D|5F|7E)/i, 'is percent-encoded; decode it'],
  [/^S0VZ[A-Za-z0-9+/_-]{12,}=*$/, 'is encoded in base64, as in a Kubernetes secret; decode it'],
  [/^4b4559(?:[0-9a-f]{2}){12,}$/i, 'is encoded in hexadecimal; decode it'],
  [/^(KEY[0-9A-F]{16,}_\w+)\1$/i, 'is there twice; expected it once'],
  [
    /^[=:;,]|[:;,]$/,
    'starts or ends with a character that separates values, such as = or ;, and that no key has there',
  ],
  [/\uFFFD/, 'is not UTF-8 text'],
  [/\s/, 'contains characters that an API key cannot contain: white space'],
];

/**
 * Why a text cannot be an API key; null if it can be one. It continues a sentence that starts with "the key in X", and
 * never quotes more than one character that no key has.
 */
export function keyProblem(text: string): string | null {
  if (text.length > MAX_KEY_BYTES) return 'is longer than 4,096 bytes; a key has about 60';
  const mangled = MANGLED.find(([pattern]) => pattern.test(text));
  if (mangled !== undefined) return mangled[1];
  const at = text.search(TELNYX_KEY.test(text) ? NOT_IN_TELNYX_KEY : NOT_IN_KEY);
  if (at < 0) return null;
  const { character, position, name } = characterAt(text, at);
  // Any other character could control a terminal.
  const shown = /[\x21-\x7e]/.test(character) ? `"${character}"` : name;
  return `contains characters that an API key cannot contain: character ${position} is ${shown}`;
}
