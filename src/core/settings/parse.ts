import { FIELDS } from '../input/header.ts';
import { parseDuration } from '../text/duration.ts';
import { quoted } from '../text/text.ts';
import { isFinishTime } from './finish-by.ts';
import {
  ROW_KINDS,
  type RowKind,
  type SettingDefinition,
  type SettingName,
  settingDefinition,
  UNFINISHED,
} from './schema.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

type Parsed = { value: unknown } | { fault: string };

function parseNumber(text: string, shape: SettingDefinition, whole: boolean): Parsed {
  const pattern = whole ? /^[0-9]{1,15}$/ : /^[0-9]{1,15}(\.[0-9]{1,9})?$/;
  const value = pattern.test(text) ? Number(text) : Number.NaN;
  const { min = 0, max = Number.POSITIVE_INFINITY } = shape;
  if (value >= min && value <= max) return { value };
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  return { fault: `must be a ${whole ? 'whole number' : 'number'} ${range}` };
}

function parseUrl(text: string): Parsed {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { fault: 'must be a URL such as https://api.telnyx.com/v2' };
  }
  // `search` and `hash` are empty for a bare ? or #, which would swallow the path of every request.
  if (url.username !== '' || url.password !== '' || /[?#]/.test(url.href)) {
    return { fault: 'must be a plain URL: no user, password, query or fragment' };
  }
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.href));
  if (!secure) return { fault: 'must be https; plain http is for a loopback address only, or the key could be read' };
  return { value: url.href.replace(/\/+$/, '') };
}

/** Whether a URL points to this machine itself; what is no URL does not. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.[0-9]{1,3}){3}$/.test(hostname);
}

const DELIMITERS = new Map(Object.entries({ ',': ',', ';': ';', '|': '|', '\t': '\t', tab: '\t', '\\t': '\t' }));

function parseMap(text: string): Parsed {
  const at = text.indexOf('=');
  const field = text.slice(0, at).trim().toLowerCase().replaceAll('-', '_');
  const column = text.slice(at + 1).trim();
  if (at < 1 || column === '' || !(FIELDS as readonly string[]).includes(field)) {
    return { fault: `must be FIELD=COLUMN, with a field of ${FIELDS.join(', ')}` };
  }
  return { value: { [field]: column } };
}

function parseDurationSetting(text: string, shape: SettingDefinition): Parsed {
  const ms = parseDuration(text);
  const { min = 0, max = Number.POSITIVE_INFINITY } = shape;
  if (ms !== null && ms >= min && ms <= max) return { value: ms };
  return { fault: `must be a duration such as 500ms, 10s, 5m or 2h, from ${min}ms to ${max / 1000}s` };
}

/** `200` rows, or `5%` of them, up to 100%. */
function parseLimit(text: string): Parsed {
  const [, digits = '', sign] = /^([0-9]{1,15}(?:\.[0-9]{1,6})?)(%?)$/.exec(text.trim()) ?? [];
  const value = digits === '' ? Number.NaN : Number(digits);
  const percent = sign === '%';
  if (percent ? value <= 100 : Number.isInteger(value)) return { value: { value, percent } };
  return { fault: 'must be a whole number of rows, or a percentage such as 5%' };
}

function parseKinds(text: string): Parsed {
  const kinds = text.split(',').map((kind) => kind.trim().toLowerCase());
  const known = kinds.every((kind) => (ROW_KINDS as readonly string[]).includes(kind));
  if (known) return { value: [...new Set(kinds)] as RowKind[] };
  return { fault: `must be a list, by commas, of ${ROW_KINDS.join(', ')}` };
}

/** Reads one typed value. Gives the value in its own type, or the rest of a sentence that starts with the flag. */
export function parseSetting(name: SettingName, text: string): Parsed {
  const shape = settingDefinition(name);
  const parsers: Record<SettingDefinition['kind'], () => Parsed> = {
    boolean: () =>
      /^(true|1)$/i.test(text)
        ? { value: true }
        : /^(false|0)$/i.test(text)
          ? { value: false }
          : { fault: 'must be true or false' },
    text: () => (text.trim() === '' ? { fault: 'must not be empty' } : { value: text }),
    integer: () => parseNumber(text, shape, true),
    duration: () => parseDurationSetting(text, shape),
    rate: () => {
      const word = text.toLowerCase();
      if (word === 'auto' || word === 'off') return { value: word };
      const parsed = parseNumber(text, shape, false);
      return 'fault' in parsed ? { fault: `${parsed.fault}, auto or off` } : parsed;
    },
    url: () => parseUrl(text),
    delimiter: () => {
      const value = DELIMITERS.get(text.toLowerCase());
      return value === undefined ? { fault: 'must be one of , ; | tab' } : { value };
    },
    map: () => parseMap(text),
    limit: () => parseLimit(text),
    kinds: () => parseKinds(text),
    unfinished: () =>
      (UNFINISHED as readonly string[]).includes(text.toLowerCase())
        ? { value: text.toLowerCase() }
        : { fault: `must be one of ${UNFINISHED.join(', ')}` },
    finish: () =>
      isFinishTime(text)
        ? { value: text.trim() }
        : { fault: 'must be a time such as 06:00, 2026-11-24T06:00:00Z or +90m' },
    level: () =>
      LEVELS.includes(text.toLowerCase())
        ? { value: text.toLowerCase() }
        : { fault: `must be one of ${LEVELS.join(', ')}` },
  };
  const parsed = parsers[shape.kind]();
  return 'fault' in parsed ? { fault: `${parsed.fault}, not ${quoted(text)}` } : parsed;
}
