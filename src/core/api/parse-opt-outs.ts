import type { Clean, Fields } from './json-fields.ts';
import { readJson, readPage } from './parse-body.ts';
import type { Body, ShownOptOut } from './response.ts';

function readOptOut(data: Fields, clean: Clean): ShownOptOut {
  const text = (value: unknown) => (typeof value === 'string' ? clean(value) : '');
  const { from, to, keyword, created_at: createdAt, messaging_profile_id: profile } = data;
  const optOut = { from: text(from), to: text(to), keyword: text(keyword), createdAt: text(createdAt) };
  return typeof profile === 'string' ? { ...optOut, profile: text(profile).toLowerCase() } : optOut;
}

/** Reads a page of opt-outs. */
export function readOptOutsPage(text: string, clean: Clean): Body {
  return readJson(text, clean, (body) => {
    const page = readPage(body, (row) => readOptOut(row, clean));
    return page === null ? null : { kind: 'opt_outs', page };
  });
}
