/**
 * One page of a list, and the size of the whole list. `isUncounted`: the answer does not say how much follows. `unnamed`:
 * how many more rows the page has, whose id is none; absent for none.
 */
export type Page<T> = { rows: T[]; total: number; pages: number; isUncounted?: true; unnamed?: number };

/** One error of the API's envelope, every text already redacted and printable. */
export type ApiError = { code: string; title: string; detail: string; pointer: string };

/** Figures about the messages of a number: how many, and the shares delivered and reported as spam. Null: not shown. */
export type Health = { messages: number | null; success: number | null; spam: number | null };

/** The messaging settings in an answer. A field that the body lacks is undefined; null means unassigned. */
export type ShownSettings = {
  id?: string;
  phoneNumber?: string;
  organizationId?: string;
  profile?: string | null;
  product?: string | null;
  /** Products that the number may have; absent if the answer does not say. */
  eligible?: string[];
  /** `longcode`, `tollfree` or `shortcode` in whatever spelling the API has them, or another word. */
  type?: string;
  /** Two capital letters. */
  country?: string;
  /** The traffic type, such as A2P. */
  traffic?: string;
  tags?: string[];
  health?: Health;
  /** The fields that a change of profile must not change, as JSON with lists in order; only if they are asked for. */
  others?: Record<string, string>;
  /** When it was last changed, as the answer writes it; with `others`. */
  updatedAt?: string;
};

/**
 * A bulk order: the phone numbers that it has moved, is to move, and could not move. `id` is '' if the answer has none
 * that can be named in a URL. `isComplete`: all three lists are there, and every entry of them could be read.
 */
export type ShownOrder = { id: string; success: string[]; pending: string[]; failed: string[]; isComplete: boolean };

/** A block of messages after a keyword such as STOP: to whom, from which number or sender, and when. '': not shown. */
export type ShownOptOut = {
  from: string;
  to: string;
  keyword: string;
  createdAt: string;
  /** Undefined if the answer does not say. */
  profile?: string;
};

/** The settings of a messaging profile that matter for its numbers. A field that the body lacks is undefined. */
export type ShownProfile = {
  /** In small letters. */
  id: string;
  /** The same as the API writes it, if that is otherwise: its filters may know it only so. */
  shownId?: string;
  name: string;
  enabled?: boolean;
  /** Null: none. */
  webhookUrl?: string | null;
  webhookApiVersion?: string;
  /** ISO country codes, or a star for all. */
  destinations?: string[];
  /** Whether it sends from a pool of its numbers, and whether each recipient always gets messages from the same one. */
  pool?: boolean;
  stickySender?: boolean;
  /** The daily spend limit; null if none is enabled. */
  spendLimit?: string | null;
  /** Null: none. */
  webhookFailoverUrl?: string | null;
  /** Other settings in words, by their names for people. */
  settings?: Record<string, string>;
};

/** The 10DLC campaign that a phone number is on. A status that is not shown is ''. */
export type ShownCampaign = { phoneNumber: string; campaign: string; status: string };

/** A short code, a sender, a hosted number or an opt-out. `profile`: where it is; undefined if the answer does not say. */
export type ProfileItem = { profile?: string | null };

/** What a profile answers by itself to a keyword, in a country or (a star) in all others. */
export type KeywordAnswer = { country: string; op: string; keywords: string[]; text: string };

/** The headers about waiting and limits, as raw texts; null if a header is absent. */
export type WaitHeaders = {
  retryAfter: string | null;
  rateLimit: string | null;
  rateLimitReset: string | null;
  rateLimitRemaining: string | null;
  date: string | null;
};

/** Which of some phone numbers the account has, with their ids. */
export type Ownership = { found: { id: string; phoneNumber: string }[]; notFound: string[] };

/** The content of a body: one number, a page of a list, owners, an order, errors, or nothing that can be read. */
export type Body =
  | { kind: 'settings'; settings: ShownSettings }
  | { kind: 'numbers'; page: Page<ShownSettings> }
  | { kind: 'profiles'; page: Page<ShownProfile> }
  | { kind: 'opt_outs'; page: Page<ShownOptOut> }
  | { kind: 'profile_items'; page: Page<ProfileItem> }
  | { kind: 'keyword_answers'; page: Page<KeywordAnswer> }
  | ({ kind: 'ownership' } & Ownership)
  /** `total`: of the whole list; null if it is not shown. */
  | { kind: 'campaigns'; rows: ShownCampaign[]; total: number | null }
  | { kind: 'order'; order: ShownOrder }
  | { kind: 'errors'; errors: ApiError[] }
  /** `why`: what it is instead. `isMarkup`: HTML or XML, as login pages, firewalls and other servers answer. */
  | { kind: 'unreadable'; why?: string; isMarkup?: true };

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
  /** The failure is one of the proxy, which the message names. */
  proxy?: true;
};

export type Answer = HttpAnswer | NetworkFailure;
