import type { IncomingMessage } from 'node:http';

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

function parse(chunks: Buffer[]): Body {
  const text = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? '';
  try {
    return { value: JSON.parse(text), problem: null };
  } catch {
    return { value: text === '' ? null : text, problem: 'not JSON' };
  }
}
