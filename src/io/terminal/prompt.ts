import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream } from 'node:tty';

/**
 * Asks a yes-or-no question and waits for the answer; only `y` and `yes` count as yes. Input `tty` reads /dev/tty, for
 * when standard input carries the CSV. Returns null if there is no terminal, and false if `signal` ends the wait.
 */
export async function askYesNo(
  question: string,
  output: NodeJS.WritableStream,
  input: NodeJS.ReadableStream | 'tty',
  signal?: AbortSignal,
): Promise<boolean | null> {
  if (signal?.aborted === true) return false;
  let from: NodeJS.ReadableStream;
  try {
    // Not a file stream: its pending read cannot be cancelled, and would keep the process from ending.
    from = input === 'tty' ? new ReadStream(openSync('/dev/tty', 'r')) : input;
  } catch {
    return null;
  }
  // An input that has ended emits nothing more, so the question would wait for ever.
  if (!from.readable) return null;
  const lines = createInterface({ input: from, output, terminal: false });
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  // A terminal that closes before it answers counts as no.
  lines.once('error', () => lines.close());
  signal?.addEventListener('abort', () => lines.close(), { once: true });
  try {
    const answer = await Promise.race([lines.question(question), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
    if (from instanceof ReadStream && input === 'tty') from.destroy();
  }
}
