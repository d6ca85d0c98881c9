import type { Socket } from 'node:net';
import * as z from 'zod';
import { NEWLINE } from '../bytes.ts';

/** Far longer than any command. */
export const MAX_REQUEST_BYTES = 4096;
/** An answer may list targets of the run. */
export const MAX_ANSWER_BYTES = 64 * 1024;
/** How long a request, or its answer, may take. */
export const MESSAGE_TIMEOUT_MS = 10_000;

const REQUEST = z.object({ token: z.string(), words: z.array(z.string()).max(20), by: z.string() });
/** A command to a run at work. `by`: the user who sends it. `token`: shows that the sender can read control.json. */
export type ControlRequest = z.infer<typeof REQUEST>;

const ANSWER = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), text: z.string(), from: z.string(), to: z.string() }),
  z.object({ ok: z.literal(false), exit: z.int(), message: z.string() }),
]);
/** What changed, from what to what; or why nothing did, and the exit code that says so. */
export type ControlAnswer = z.infer<typeof ANSWER>;

/** Both return null for what is no message. */
export const readRequest = (line: string): ControlRequest | null => readMessage(REQUEST, line);
export const readAnswer = (line: string): ControlAnswer | null => readMessage(ANSWER, line);

function readMessage<T>(type: z.ZodType<T>, line: string): T | null {
  try {
    return type.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/**
 * The first line from a socket; null if the other side ends before it. Rejects if it is too long, or if it takes too
 * long.
 */
export function receiveLine(socket: Socket, maxBytes: number, timeoutMs = MESSAGE_TIMEOUT_MS): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => reject(new Error('no line came in time')), timeoutMs);
    const end = (line: string | null) => {
      clearTimeout(timer);
      resolve(line);
    };
    socket.on('data', (piece: Buffer) => {
      const at = piece.indexOf(NEWLINE);
      const part = at < 0 ? piece : piece.subarray(0, at);
      bytes += part.length;
      if (bytes > maxBytes) {
        clearTimeout(timer);
        return socket.destroy(new Error('the line is too long'));
      }
      pieces.push(part);
      if (at >= 0) end(Buffer.concat(pieces).toString());
    });
    socket.once('end', () => end(null));
    socket.once('close', () => end(null));
  });
}

/** Sends a message as one line. */
export function sendLine(socket: Socket, message: ControlRequest | ControlAnswer): void {
  socket.write(`${JSON.stringify(message)}\n`);
}
