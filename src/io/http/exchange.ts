import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Request } from 'got';
import { describeUnreadable } from '../../core/api/read-json.ts';
import type { Answer, Body, HttpAnswer, NetworkFailure } from '../../core/api/response.ts';
import type { Redactor } from '../../core/text/redact.ts';
import { failureOf, TIMED_OUT } from './network-errors.ts';
import { setWriteRule } from './write-guard.ts';

/** How the body of an answer is read, and the size beyond which it is not read to its end. */
export type BodyFormat = { parse: (text: string, clean: Redactor) => Body; maxBytes: number };

type Failure = Pick<NetworkFailure, 'code' | 'message' | 'proxy'>;

const CUT_OFF: Failure = { code: 'ERR_ABORTED', message: 'broken off' };

export type ExchangeOptions = {
  /** One attempt, from connecting to the last byte, in ms. */
  timeoutMs: number;
  /** Makes text from the server safe to keep: no key, no control characters. */
  clean: Redactor;
  /** Asked immediately before a request is written. Needs shared connections. */
  mayLeave?: (() => boolean) | undefined;
  /** Runs a request when there is a connection for it; absent: at once. */
  inTurn?: ((request: () => Promise<unknown>) => Promise<unknown>) | undefined;
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

type RequestWatch = {
  mayLeave: ExchangeOptions['mayLeave'];
  /** Called when the whole request has been written. */
  onSent: () => void;
  /** Called if the server leaves HTTP. */
  onUpgrade: () => void;
};

function watchRequest(stream: Request, { mayLeave, onSent, onUpgrade }: RequestWatch): void {
  stream.on('request', (request: ClientRequest) => {
    // Emitted before anything is written.
    if (mayLeave !== undefined) request.once('socket', (socket) => setWriteRule(socket, mayLeave));
    request.once('finish', () => {
      // Emitted too while the request waits for a TLS connection that then fails.
      const { secureConnecting, errored } = request.socket as { secureConnecting?: boolean; errored: Error | null };
      // Emitted too when the write was refused.
      if (secureConnecting !== true && !errored) onSent();
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

export type Exchanges = ReturnType<typeof createExchanges>;

/**
 * Starts requests and keeps track of them. Each ends with exactly one answer, and none throws: an error of the server
 * or the network is an answer too.
 */
export function createExchanges({ timeoutMs, clean, mayLeave, inTurn }: ExchangeOptions) {
  const cutOffs = new Set<() => void>();

  /** Sends a request and reads its answer. `onSent` is called when the whole request has been written. */
  function exchange(open: () => Request, format: BodyFormat, onSent: () => void): Promise<Answer> {
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
      const cutOff = () => fail(CUT_OFF);
      // Not got's own timeout: it does not end a request that never gets a connection (a proxy that does not answer),
      // and the row would wait for ever.
      const deadline = setTimeout(() => fail(TIMED_OUT), timeoutMs);
      cutOffs.add(cutOff);
      watchRequest(stream, {
        mayLeave,
        onSent() {
          // A request that was cut off before it was written ends too.
          if (!cutOffs.has(cutOff)) return;
          sent = true;
          onSent();
        },
        onUpgrade: () => fail({ code: 'ERR_UPGRADE', message: 'the server wants to speak another protocol' }),
      });
      readAnswer(stream, format.maxBytes, (head, bytes) => {
        end(httpAnswer(head, readAs(format, head, bytes, clean), clean, durationMs()));
      });
      stream.on('error', (error: Error) => fail(failureOf(error, clean)));
      // A request that is gone has an answer, whatever has happened.
      stream.once('close', cutOff);
    });
  }

  function run(...given: Parameters<typeof exchange>): Promise<Answer> {
    if (inTurn === undefined) return exchange(...given);
    return new Promise((resolve) => {
      const cutOff = () => {
        cutOffs.delete(cutOff);
        resolve({ kind: 'network', ...CUT_OFF, sent: false, durationMs: 0 });
      };
      cutOffs.add(cutOff);
      const startInTurn = async () => {
        if (!cutOffs.delete(cutOff)) return;
        const answer = exchange(...given);
        resolve(answer);
        await answer;
      };
      inTurn(startInTurn).catch(() => undefined);
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
