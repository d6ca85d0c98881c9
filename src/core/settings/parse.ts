import { cleanCell, isAmbiguous } from '../input/cell.ts';
import { checkProduct, isAProfileId, isUnassign } from '../input/cell-checks.ts';
import { FIELDS } from '../input/header.ts';
import { phoneReadings } from '../input/phone.ts';
import { UNASSIGN } from '../input/target.ts';
import { parseDuration, SECOND_MS } from '../text/duration.ts';
import { quoted } from '../text/text.ts';
import { isFinishTime } from './finish-by.ts';
import { type SettingName, settingDefinition } from './schema.ts';
import type { Limit, SettingDefinition } from './table/definition.ts';

/** `error` continues a sentence that starts with the name of the setting. */
export type Parsed = { value: unknown } | { error: string };

function parseNumber(text: string, { min = 0, max }: SettingDefinition, whole: boolean): Parsed {
  const pattern = whole ? /^[0-9]{1,15}$/ : /^[0-9]{1,15}(\.[0-9]{1,9})?$/;
  const value = pattern.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= (max ?? Number.POSITIVE_INFINITY)) return { value };
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  return { error: `must be a ${whole ? 'whole number' : 'number'} ${range}` };
}

/** The loopback addresses as URL writes them: 127.0.0.0/8, ::1, and the first as IPv6. */
const LOOPBACK = /^(localhost\.?|127(\.[0-9]{1,3}){3}|\[::1\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/;
/** Other names of this machine. They may lead elsewhere, so a key is not sent to them in plain text. */
const ALSO_LOCAL = /^(.*\.localhost\.?|0\.0\.0\.0|\[::\]|\[::ffff:0:0\])$/;

/** Whether a URL points to this machine; false for text that is not a URL. */
export function isLoopback(url: string): boolean {
  return URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

/** One spelling for all base URLs of the same API: host, port and path, with one name for this machine. */
export function sameBaseUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, hostname, port, pathname } = new URL(url);
  const host = LOOPBACK.test(hostname) || ALSO_LOCAL.test(hostname) ? 'localhost' : hostname.replace(/\.$/, '');
  return `${protocol}//${host}${port === '' ? '' : `:${port}`}${pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '')}`;
}

const EMPTY_URL = { protocol: '', hostname: '', pathname: '' };

const DELIMITERS = new Map(Object.entries({ ',': ',', ';': ';', '|': '|', '\t': '\t', tab: '\t', '\\t': '\t' }));

const MAX_WAVES = 100;

/** Reads a number of rows, or a percentage; null if the text is neither. */
function readLimit(text: string): Limit | null {
  const [, digits = '', sign] = /^([0-9]{1,15}(?:\.[0-9]{1,6})?)(%?)$/.exec(text.trim()) ?? [];
  const value = digits === '' ? Number.NaN : Number(digits);
  const percent = sign === '%';
  return (percent ? value <= 100 : Number.isInteger(value)) ? { value, percent } : null;
}

const PARSERS: Record<SettingDefinition['kind'], (text: string, definition: SettingDefinition) => Parsed> = {
  boolean(text) {
    if (/^(true|1)$/i.test(text)) return { value: true };
    return /^(false|0)$/i.test(text) ? { value: false } : { error: 'must be true or false' };
  },
  text: (text) => (text.trim() === '' ? { error: 'must not be empty' } : { value: text }),
  integer: (text, definition) => parseNumber(text, definition, true),
  duration(text, { min = 0, max = Number.POSITIVE_INFINITY }) {
    const ms = parseDuration(text);
    if (ms !== null && ms >= min && ms <= max) return { value: ms };
    return { error: `must be a duration such as 500ms, 10s, 5m or 2h, from ${min}ms to ${max / SECOND_MS}s` };
  },
  rate(text, definition) {
    const word = text.toLowerCase();
    if (word === 'auto' || word === 'off') return { value: word };
    const parsed = parseNumber(text, definition, false);
    return 'error' in parsed ? { error: `${parsed.error}, auto or off` } : parsed;
  },
  url(text) {
    if (!URL.canParse(text)) return { error: 'must be a URL such as https://api.telnyx.com/v2' };
    const url = new URL(text);
    // `search` and `hash` are empty for a lone ? or #, which would swallow the path of every request.
    if (url.username !== '' || url.password !== '' || /[?#]/.test(url.href)) {
      return { error: 'must be a plain URL: no user, password, query or fragment' };
    }
    const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.href));
    if (!secure) return { error: 'must be https; plain http is for a loopback address only, or the key could be read' };
    return { value: url.href.replace(/\/+$/, '') };
  },
  queue(text) {
    const { protocol, hostname, pathname } = URL.canParse(text) ? new URL(text) : EMPTY_URL;
    const isRedis = /^rediss?:$/.test(protocol) && hostname !== '' && /^\/?[0-9]*$/.test(pathname);
    return isRedis ? { value: text } : { error: 'must be a URL such as redis://10.0.0.5:6379' };
  },
  webhook(text) {
    const { protocol, hostname } = URL.canParse(text) ? new URL(text) : EMPTY_URL;
    // What URL drops without a word would be missing in the address.
    const isPlain = /^https?:$/.test(protocol) && hostname !== '' && !/[\p{Cc}\s#]/u.test(text);
    return isPlain ? { value: text } : { error: 'must be a URL such as https://hooks.example.com/T0/B0/secret' };
  },
  delimiter(text) {
    const value = DELIMITERS.get(text.toLowerCase());
    return value === undefined ? { error: 'must be one of , ; | tab' } : { value };
  },
  map(text) {
    const at = text.indexOf('=');
    const field = text.slice(0, at).trim().toLowerCase().replaceAll('-', '_');
    const column = text.slice(at + 1).trim();
    if (at < 1 || !(FIELDS as readonly string[]).includes(field)) {
      return { error: `must be FIELD=COLUMN, with a field of ${FIELDS.join(', ')}` };
    }
    return { value: { [field]: column } };
  },
  profile(text) {
    const value = cleanCell(text);
    if (isUnassign(value)) return { value: UNASSIGN };
    const id = value.toLowerCase();
    if (isAProfileId(id)) return { value: id };
    if (value !== '' && !isAmbiguous(value)) return { value };
    return { error: 'must be the id or the name of a profile, or UNASSIGN to take every number off its profile' };
  },
  product(text) {
    const value = cleanCell(text);
    const isGood = value !== '' && checkProduct(value) === null;
    return isGood ? { value } : { error: 'must be a product id such as A2P' };
  },
  phones(text) {
    const value = cleanCell(text);
    return phoneReadings(value).length > 0
      ? { value: [value] }
      : { error: 'must be a phone number such as +18005550001' };
  },
  limit(text) {
    const value = readLimit(text);
    return value === null ? { error: 'must be a whole number of rows, or a percentage such as 5%' } : { value };
  },
  waves(text) {
    const waves = text.split(',').map(readLimit);
    if (waves.length <= MAX_WAVES && waves.every((wave) => wave !== null && wave.value > 0)) return { value: waves };
    return { error: `must be 1 to ${MAX_WAVES} sizes of waves, separated by commas, such as 20,200,20%` };
  },
  choice(text, { choices = [] }) {
    const word = text.toLowerCase();
    return choices.includes(word) ? { value: word } : { error: `must be one of ${choices.join(', ')}` };
  },
  list(text, { choices = [], numbered }) {
    const words = text.split(',').map((word) => {
      // As file names have it: cause:3 is cause:03.
      return word
        .trim()
        .toLowerCase()
        .replace(/:0*([0-9])$/, ':0$1');
    });
    const isNumbered = (word: string) => word.startsWith(`${numbered}:`) && /^[^:]+:[0-9]{2,3}$/.test(word);
    if (words.every((word) => choices.includes(word) || isNumbered(word))) return { value: [...new Set(words)] };
    return { error: `must be a list, separated by commas, of ${[...choices, `${numbered}:NN`].join(', ')}` };
  },
  finish(text) {
    if (isFinishTime(text)) return { value: text.trim() };
    return { error: 'must be a time such as 06:00, 2026-11-24T06:00:00Z or +90m' };
  },
  percent(text) {
    const value = Number(/^([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%?$/.exec(text.trim())?.[1]);
    return value <= 100 ? { value } : { error: 'must be a percentage from 0 to 100, such as 10%' };
  },
  digest(text) {
    const value = text.trim().toLowerCase();
    return /^[0-9a-f]{64}$/.test(value) ? { value } : { error: 'must be the digest of a plan, 64 hexadecimal digits' };
  },
};

/** The longest path has as many. Longer text would make some checks slow. */
const MAX_CHARACTERS = 4096;

/** Reads the text of one setting. */
export function parseSetting(name: SettingName, text: string): Parsed {
  const definition = settingDefinition(name);
  if (text.length > MAX_CHARACTERS) return { error: 'must not be longer than 4,096 characters' };
  const parsed = PARSERS[definition.kind](text, definition);
  if (!('error' in parsed)) return parsed;
  // The URL of a queue may hold a password, and any other may be that of a webhook in the wrong place.
  const isUrl = definition.kind !== 'url' && /^\s*https?:/i.test(text);
  const isSecret = isUrl || definition.kind === 'queue' || definition.secret === true;
  return { error: isSecret ? parsed.error : `${parsed.error}, not ${quoted(text)}` };
}
