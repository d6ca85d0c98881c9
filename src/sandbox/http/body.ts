import type { IncomingMessage } from 'node:http';
import { failure, type Reply } from './reply.ts';

const MOST_BODY_BYTES = 1_048_576;

/** A request body: parsed, or why it could not be; `value` is then the text (null when it was too large). */
export type Body = { value: unknown; problem: 'too large' | 'not JSON' | null };

/**
 * Reads a body to its end and hands it on once. What is over the limit is read too and dropped, because a client
 * whose upload is cut short may never see the answer. Never calls back when the client goes away midway.
 */
export function readBody(request: IncomingMessage, done: (body: Body) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => done(bytes > MOST_BODY_BYTES ? { value: null, problem: 'too large' } : parse(chunks)));
}

/** The refusal of a body that could not be read, or null. */
export function refuseBody({ problem }: Body): Reply | null {
  if (problem === 'too large') return failure(400, '10015', { detail: 'The body is larger than 1 MiB.' });
  return problem === 'not JSON' ? failure(400, '10023') : null;
}

/** True for a JSON object: no list, no null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a list of nothing but strings, the empty one too. */
export function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function parse(chunks: Buffer[]): Body {
  const text = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? '';
  try {
    return { value: JSON.parse(text), problem: null };
  } catch {
    return { value: text === '' ? null : text, problem: 'not JSON' };
  }
}
