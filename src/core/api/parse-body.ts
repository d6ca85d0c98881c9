import { isAnId } from '../input/cell-checks.ts';
import { asObject, type Clean, type Fields } from './json-fields.ts';
import { readKeywordAnswer, readProfile, readProfileItem } from './parse-profile.ts';
import { readSettings, readWholeSettings } from './parse-settings.ts';
import { parseJson } from './read-json.ts';
import type { ApiError, Body, Page, ShownSettings } from './response.ts';

/** `{"errors": [...]}`, at most ten of them, or null. */
function readErrors(body: Fields | null, clean: Clean): ApiError[] | null {
  if (body === null || !Array.isArray(body.errors) || body.errors.length === 0) return null;
  const text = (value: unknown) =>
    typeof value === 'string' || typeof value === 'number' ? clean(String(value), true) : '';
  return body.errors.slice(0, 10).map((item: unknown) => {
    const error = asObject(item) ?? {};
    const source = asObject(error.source) ?? {};
    const pointer = text(source.pointer) || text(source.parameter);
    return { code: text(error.code), title: text(error.title), detail: text(error.detail), pointer };
  });
}

/** Parses the JSON of a body. `readData` reads a body without errors, and returns null if it cannot. Never throws. */
export function readJson(text: string, clean: Clean, readData: (body: Fields) => Body | null): Body {
  const parsed = parseJson(text);
  if ('kind' in parsed) return parsed;
  const body = asObject(parsed.value);
  const errors = readErrors(body, clean);
  if (errors !== null) return { kind: 'errors', errors };
  return (body === null ? null : readData(body)) ?? { kind: 'unreadable' };
}

/**
 * Parses a body as the API documents it: `{"data": {...}}` or `{"errors": [...]}`. `clean` is applied to every text
 * that is kept: it removes the key and control characters. Never throws; anything else is unreadable.
 */
export function readBody(text: string, clean: Clean): Body {
  return readJson(text, clean, ({ data }) => {
    const shown = asObject(data);
    return shown === null ? null : { kind: 'settings', settings: readSettings(shown, clean) };
  });
}

/** Reads a page. Null unless its meta is complete, or not there at all, and `readRow` can read every row. */
export function readPage<T>({ data, meta }: Fields, readRow: (row: Fields) => T | null): Page<T> | null {
  const counts = asObject(meta);
  const whole = (value: unknown) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null);
  const total = whole(counts?.total_results);
  const pages = whole(counts?.total_pages);
  if (!Array.isArray(data)) return null;
  const rows = data.map(asObject).map((row) => (row === null ? null : readRow(row)));
  if (!rows.every((row) => row !== null)) return null;
  if (meta === undefined || meta === null) return { rows, total: rows.length, pages: 1, isUncounted: true };
  return total === null || pages === null ? null : { rows, total, pages };
}

/** A row of the list of numbers; null if it shows neither an id nor a phone number, so that it is of another list. */
function readNumber(row: Fields, clean: Clean, read: typeof readSettings): ShownSettings | null {
  const isNumber = typeof row.id === 'string' || typeof row.phone_number === 'string';
  return isNumber ? read(row, clean) : null;
}

/**
 * Reads a page of numbers. A page with incomplete meta is unreadable; one without is not. A number whose id is missing,
 * or is no text, cannot be named in a request.
 */
export function readNumbersPage(text: string, clean: Clean, read = readSettings): Body {
  return readJson(text, clean, (body) => {
    const page = readPage(body, (row) => readNumber(row, clean, read));
    if (page === null) return null;
    const rows = page.rows.filter(({ id = '' }) => id !== '');
    const unnamed = page.rows.length - rows.length;
    return { kind: 'numbers', page: unnamed === 0 ? page : { ...page, rows, unnamed } };
  });
}

/** The same, with all fields that a change of profile must not change. */
export const readWholeNumbersPage = (text: string, clean: Clean): Body =>
  readNumbersPage(text, clean, readWholeSettings);

/** Reads which phone numbers the account has. An entry that is not as documented says nothing. */
export function readOwnership(text: string, clean: Clean): Body {
  return readJson(text, clean, ({ data }) => {
    const { found, not_found: notFound } = asObject(data) ?? {};
    if (!Array.isArray(found) || !Array.isArray(notFound)) return null;
    const owned = found.map(asObject).flatMap((entry) => {
      const { id, number_val_e164: phoneNumber } = entry ?? {};
      const isKnown = typeof id === 'string' && isAnId(id) && typeof phoneNumber === 'string';
      return isKnown ? [{ id, phoneNumber: clean(phoneNumber) }] : [];
    });
    const texts = notFound.filter((phoneNumber) => typeof phoneNumber === 'string');
    return { kind: 'ownership', found: owned, notFound: texts.map((phoneNumber) => clean(phoneNumber)) };
  });
}

/** Reads a page of profiles. Keeps only the fields of ShownProfile, because a profile contains a secret. */
export function readProfilesPage(text: string, clean: Clean): Body {
  return readJson(text, clean, (body) => {
    const page = readPage(body, (row) => readProfile(row, clean));
    // A name may be that of a profile on another page.
    return page === null || page.isUncounted === true ? null : { kind: 'profiles', page };
  });
}

/** Reads one profile, as a page of one. */
export function readOneProfile(text: string, clean: Clean): Body {
  return readJson(text, clean, ({ data }) => {
    const shown = asObject(data);
    const profile = shown === null ? null : readProfile(shown, clean);
    return profile === null ? null : { kind: 'profiles', page: { rows: [profile], total: 1, pages: 1 } };
  });
}

/** Reads a page of what is on a profile besides its numbers. */
export function readProfileItemsPage(text: string, clean: Clean): Body {
  return readJson(text, clean, (body) => {
    const page = readPage(body, readProfileItem);
    return page === null ? null : { kind: 'profile_items', page };
  });
}

/** Reads a page of keyword answers. */
export function readKeywordAnswersPage(text: string, clean: Clean): Body {
  return readJson(text, clean, (body) => {
    const page = readPage(body, (row) => readKeywordAnswer(row, clean));
    return page === null ? null : { kind: 'keyword_answers', page };
  });
}
