import type { ShownProfile } from './profile.ts';

/** One page of a list, with what it says of the whole. */
export type Page<T> = { rows: T[]; total: number; pages: number };

/** One error of the API's envelope, every text already redacted and printable. */
export type ApiError = { code: string; title: string; detail: string; pointer: string };

/** The messaging settings that an answer shows. A field that the body lacks is undefined; null is unassigned. */
export type ShownSettings = {
  id?: string;
  phoneNumber?: string;
  organizationId?: string;
  profile?: string | null;
  product?: string | null;
  /** Products that may be chosen; absent where the answer does not say. */
  eligible?: string[];
};

/** What a server says about waiting and its limit, as the raw header texts; null where the header is absent. */
export type WaitHeaders = {
  retryAfter: string | null;
  rateLimit: string | null;
  rateLimitReset: string | null;
  rateLimitRemaining: string | null;
  date: string | null;
};

/** What a body holds: of one number, a page of numbers or of profiles, errors, or nothing that can be read. */
export type Body =
  | { kind: 'settings'; settings: ShownSettings }
  | { kind: 'numbers'; page: Page<ShownSettings> }
  | { kind: 'profiles'; page: Page<ShownProfile> }
  | { kind: 'errors'; errors: ApiError[] }
  | { kind: 'unreadable' };

/** A complete answer with a status line. `body` is unreadable when it is empty, cut, too long or not the API's JSON. */
export type HttpAnswer = {
  kind: 'http';
  status: number;
  body: Body;
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
