/** One entry of the error envelope. `pointer` points into the body, `parameter` names a query parameter. */
type ApiError = {
  code: string;
  title: string;
  detail: string;
  source?: { pointer: string } | { parameter: string };
};

/** An answer as data: what to send, and what to do with the connection. At most one body field is set. */
export type Reply = {
  status: number;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as JSON in the error envelope. */
  errors?: ApiError[];
  /** Sent unchanged. */
  text?: string;
  /** Lower-case names. They override the headers that every answer has. */
  headers?: Record<string, string>;
  /** cut: close the socket after half the body. reset: reset the socket at once. hang: never send anything. */
  ending?: 'cut' | 'reset' | 'hang';
  /** Delay before the answer, in addition to the latency of the sandbox. */
  delayMs?: number;
  /** Leaves out the x-ratelimit-* headers that a set limit adds. */
  withoutRateHeaders?: true;
};

const ERRORS = {
  '10005': ['Resource not found', 'There is nothing under this id or path.'],
  '10007': ['Unexpected error', 'The server failed in a way it did not expect.'],
  '10008': ['Request timeout', 'The request took too long.'],
  '10009': ['Authentication failed', 'The key is missing, wrong or no longer valid.'],
  '10010': ['Authorization failed', 'This key may not change this resource.'],
  '10011': ['Too many requests', 'More requests arrived than are allowed in this time.'],
  '10015': ['Bad Request', 'The request is not well formed.'],
  '10016': ['Invalid phone number', 'The number must have the form +E.164.'],
  '10017': ['Associated resource does not exist', 'The resource that this value names does not exist.'],
  '10023': ['Invalid JSON', 'The body is not JSON.'],
  '10027': ['Unprocessable Entity', 'The request is well formed but cannot be carried out.'],
  '10030': ['Method not allowed', 'This path does not take this method.'],
  '10032': ['Invalid enumerated value', 'The value is not one of the allowed ones.'],
  '10033': ['Value outside of range', 'The value is below or above the allowed range.'],
  '10036': ['Resource is being processed', 'The resource is busy; try again later.'],
  '10037': ['Service unavailable', 'The service cannot answer at the moment.'],
  '10099': ['Not imitated', 'The sandbox does not imitate this operation.'], // no code of the service
  '20013': ['Account blocked', 'The account is blocked.'],
  '20100': ['Insufficient funds', 'The balance of the account is too low.'],
  '40324': ['Messaging product type change failed', 'The number cannot be switched to this product.'],
} as const satisfies Record<string, readonly [title: string, detail: string]>;

/** An answer with one error. `more` replaces the usual detail and names the source. */
export function failure(
  status: number,
  code: keyof typeof ERRORS,
  more: { pointer?: string; parameter?: string; detail?: string } = {},
): Reply {
  const [title, usual] = ERRORS[code];
  const error: ApiError = { code, title, detail: more.detail ?? usual };
  if (more.pointer !== undefined) error.source = { pointer: more.pointer };
  else if (more.parameter !== undefined) error.source = { parameter: more.parameter };
  return { status, errors: [error] };
}

/** A 200 with this JSON. */
export function success(json: unknown): Reply {
  return { status: 200, json };
}

/** The body of an answer as sent. */
export function bodyOf(reply: Reply): string {
  if (reply.text !== undefined) return reply.text;
  return JSON.stringify(reply.errors === undefined ? reply.json : { errors: reply.errors });
}
