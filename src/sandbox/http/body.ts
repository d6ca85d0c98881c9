import type { IncomingMessage } from 'node:http';
import { failure, type Reply } from './reply.ts';

const MAX_BODY_BYTES = 1_048_576;

/** A request body: parsed (null with a problem), and as text (null if there is none or it was too large). */
export type Body = { value: unknown; text: string | null; problem: 'too large' | 'not JSON' | null };

export const NO_BODY: Body = { value: null, text: null, problem: 'not JSON' };

/**
 * Reads a body to its end, then calls `done`. Bytes over the limit are read and discarded, because a client whose
 * upload is cut short may never see the answer. Does not call back if the client disconnects before the end.
 */
export function readBody(request: IncomingMessage, done: (body: Body) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => done(bytes > MAX_BODY_BYTES ? { ...NO_BODY, problem: 'too large' } : parse(chunks)));
}

/** The error answer for a body with a problem, or null. */
export function refuseBody({ problem }: Body): Reply | null {
  if (problem === 'too large') return failure(400, '10015', { detail: 'The body is larger than 1 MiB.' });
  return problem === 'not JSON' ? failure(400, '10023') : null;
}

/** Whether a value is a JSON object: neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a list of strings. The empty list is one. */
export function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function parse(chunks: Buffer[]): Body {
  const text = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? '';
  if (text === '') return NO_BODY;
  try {
    return { value: JSON.parse(text), text, problem: null };
  } catch {
    return { ...NO_BODY, text };
  }
}
