import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Request } from 'got';
import { describeUnreadable } from '../../core/api/read-json.ts';
import type { Answer, Body, HttpAnswer, NetworkFailure } from '../../core/api/response.ts';
import type { Redactor } from '../../core/text/redact.ts';
import { failureOf, TIMED_OUT } from './network-errors.ts';

/** How the body of an answer is read, and the size beyond which it is not read to its end. */
export type BodyFormat = { parse: (text: string, clean: Redactor) => Body; maxBytes: number };

type Failure = Pick<NetworkFailure, 'code' | 'message' | 'proxy'>;

export type ExchangeOptions = {
  /** One attempt, from connecting to the last byte, in ms. */
  timeoutMs: number;
  /** Makes text from the server safe to keep: no key, no control characters. */
  clean: Redactor;
};

function httpAnswer(
  head: IncomingMessage,
  body: Body,
  clean: ExchangeOptions['clean'],
  durationMs: number,
): HttpAnswer {
  const header = (name: string) => [head.headers[name]].flat()[0] ?? null;
  return {
    kind: 'http',
    status: head.statusCode ?? 0,
    body,
    wait: {
      retryAfter: header('retry-after'),
      rateLimit: header('x-ratelimit-limit'),
      rateLimitReset: header('x-ratelimit-reset'),
      rateLimitRemaining: header('x-ratelimit-remaining'),
      date: header('date'),
    },
    // Half of a key may be here, and the other half in the body.
    requestId: clean(header('x-request-id') ?? header('x-telnyx-request-id') ?? '', true),
    durationMs,
  };
}

/** Reads a body; null is one that was too long to be read to its end. */
function readAs({ parse, maxBytes }: BodyFormat, head: IncomingMessage, bytes: Buffer | null, clean: Redactor): Body {
  if (bytes === null) return { kind: 'unreadable', why: `a body of more than ${maxBytes / 2 ** 20} MB` };
  const text = bytes.toString();
  return describeUnreadable(parse(text, clean), text, head.headers['content-type'] ?? null);
}

/** Calls `onSent` when the whole request has been written, `onUpgrade` if the server leaves HTTP. */
function watchRequest(stream: Request, onSent: () => void, onUpgrade: () => void): void {
  stream.on('request', (request: ClientRequest) => {
    request.once('finish', () => {
      // Emitted too while the request waits for a TLS connection that then fails.
      const { secureConnecting } = request.socket as { secureConnecting?: boolean };
      if (secureConnecting !== true) onSent();
    });
    request.once('upgrade', (_head, socket) => {
      // A 101 takes the connection from the HTTP library, which emits nothing more about it.
      onUpgrade();
      socket.destroy();
    });
  });
}

/** Calls back with the head and the body of the answer; null for a body that is too long, which is not read further. */
function readAnswer(
  stream: Request,
  maxBytes: number,
  onAnswer: (head: IncomingMessage, body: Buffer | null) => void,
): void {
  const chunks: Buffer[] = [];
  let head: IncomingMessage | null = null;
  let bytes = 0;
  stream.on('response', (response: IncomingMessage) => {
    head = response;
  });
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) {
      chunks.push(chunk);
      return;
    }
    if (head !== null) onAnswer(head, null);
    stream.destroy();
  });
  stream.once('end', () => {
    if (head !== null) onAnswer(head, Buffer.concat(chunks));
  });
}

/**
 * Starts requests and keeps track of them. Each ends with exactly one answer, and none throws: an error of the server
 * or the network is an answer too.
 */
export function createExchanges({ timeoutMs, clean }: ExchangeOptions) {
  const cutOffs = new Set<() => void>();

  /** Sends a request and reads its answer. `onSent` is called when the whole request has been written. */
  function run(open: () => Request, format: BodyFormat, onSent: () => void): Promise<Answer> {
    const startedAt = performance.now();
    const durationMs = () => performance.now() - startedAt;
    return new Promise((resolve) => {
      const stream = open();
      let sent = false;
      const end = (answer: Answer) => {
        clearTimeout(deadline);
        cutOffs.delete(cutOff);
        resolve(answer);
      };
      const fail = (failure: Failure) => {
        end({ kind: 'network', ...failure, sent, durationMs: durationMs() });
        stream.destroy();
      };
      const cutOff = () => fail({ code: 'ERR_ABORTED', message: 'broken off' });
      // Not got's own timeout: it does not end a request that never gets a connection (a proxy that does not answer),
      // and the row would wait for ever.
      const deadline = setTimeout(() => fail(TIMED_OUT), timeoutMs);
      cutOffs.add(cutOff);
      watchRequest(
        stream,
        () => {
          // A request that was cut off before it was written ends too.
          if (!cutOffs.has(cutOff)) return;
          sent = true;
          onSent();
        },
        () => fail({ code: 'ERR_UPGRADE', message: 'the server wants to speak another protocol' }),
      );
      readAnswer(stream, format.maxBytes, (head, bytes) => {
        end(httpAnswer(head, readAs(format, head, bytes, clean), clean, durationMs()));
      });
      stream.on('error', (error: Error) => fail(failureOf(error, clean)));
      // A request that is gone has an answer, whatever has happened.
      stream.once('close', cutOff);
    });
  }

  return {
    run,
    inFlight: () => cutOffs.size,
    /** Cuts off all requests under way: they end as network failures. */
    abort(): void {
      for (const cutOff of cutOffs) cutOff();
    },
  };
}
