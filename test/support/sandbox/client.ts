import type { Sandbox, SandboxOptions } from '../../../src/sandbox/server.ts';
import { numberId, profileId } from '../ids.ts';
import { openSandbox } from './open.ts';

export { numberId as id, profileId as profile };

export type Answer = {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body, or undefined if it is not JSON. */
  json: Json;
};

/** Untyped on purpose: tests read answers field by field, and the contract test checks their shape. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Json = any;

export type CallOptions = { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal };

/** Starts a sandbox that is closed after the test. Default: 10 numbers. */
export function sandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return openSandbox({ numbers: 10, ...options });
}

/** Sends one request. `path` is below /v2. A string body is sent unchanged, anything else as JSON. */
export async function call(to: Sandbox, path: string, options: CallOptions = {}): Promise<Answer> {
  return callUrl(to.url + path, options);
}

/** The same for a full URL. */
export async function callUrl(
  url: string,
  { method = 'GET', body, headers, signal }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { authorization: 'Bearer KEY-test', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

/** Sends a PATCH of one number. */
export function patch(to: Sandbox, id: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
  return call(to, `/phone_numbers/${id}/messaging`, { method: 'PATCH', body, ...options });
}

/** Reads one number. */
export async function read(to: Sandbox, id: string): Promise<Json> {
  return (await call(to, `/phone_numbers/${id}/messaging`)).json.data;
}

/** The code of the first error of an answer. */
export function code(answer: Answer): string {
  return answer.json.errors[0].code;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
