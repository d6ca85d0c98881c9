/** One error of the API's envelope, every text already redacted and printable. */
export type ApiError = { code: string; title: string; detail: string; pointer: string };

/** The messaging settings that an answer shows. A field that the body lacks is undefined; null is unassigned. */
export type ShownSettings = {
  id?: string;
  phoneNumber?: string;
  organizationId?: string;
  profile?: string | null;
  product?: string | null;
};

/** What a server says about waiting, as the raw header texts; null where the header is absent. */
export type WaitHeaders = {
  retryAfter: string | null;
  rateLimitReset: string | null;
  rateLimitRemaining: string | null;
  date: string | null;
};

/** A complete answer with a status line. `body` is unreadable when it is empty, cut, too long or not the API's JSON. */
export type HttpAnswer = {
  kind: 'http';
  status: number;
  body: { kind: 'settings'; settings: ShownSettings } | { kind: 'errors'; errors: ApiError[] } | { kind: 'unreadable' };
  wait: WaitHeaders;
  requestId: string;
  durationMs: number;
};

/** No complete answer. `sent`: whether the request may have reached the server (false: refused, DNS, no TLS). */
export type NetworkFailure = {
  kind: 'network';
  code: string;
  message: string;
  sent: boolean;
  durationMs: number;
};

export type Answer = HttpAnswer | NetworkFailure;

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/**
 * Reads the text of a body into what the API documents: `{"data": {...}}` or `{"errors": [...]}`. `clean` is applied
 * to every text that is kept (it removes the key and control characters). Never throws: anything else is unreadable.
 */
export function readBody(text: string, clean: (text: string) => string): HttpAnswer['body'] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { kind: 'unreadable' };
  }
  const body = asObject(parsed);
  const text1 = (value: unknown) =>
    typeof value === 'string' || typeof value === 'number' ? clean(String(value)) : '';
  if (body !== null && Array.isArray(body.errors) && body.errors.length > 0) {
    const errors = body.errors.slice(0, 10).map((item: unknown) => {
      const error = asObject(item) ?? {};
      const source = asObject(error.source) ?? {};
      return {
        code: text1(error.code),
        title: text1(error.title),
        detail: text1(error.detail),
        pointer: text1(source.pointer) || text1(source.parameter),
      };
    });
    return { kind: 'errors', errors };
  }
  const data = asObject(body?.data);
  if (data === null) return { kind: 'unreadable' };
  const settings: ShownSettings = {};
  if (typeof data.id === 'string') settings.id = clean(data.id);
  if (typeof data.phone_number === 'string') settings.phoneNumber = clean(data.phone_number);
  if (typeof data.organization_id === 'string') settings.organizationId = clean(data.organization_id);
  const shown = (value: unknown) => (value === null || typeof value === 'string' ? value : undefined);
  const profile = shown(data.messaging_profile_id);
  if (profile !== undefined)
    settings.profile = profile === null || profile === '' ? null : clean(profile).toLowerCase();
  const product = shown(data.messaging_product);
  if (product !== undefined) settings.product = product === null || product === '' ? null : clean(product);
  return { kind: 'settings', settings };
}
