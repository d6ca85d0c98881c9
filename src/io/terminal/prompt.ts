import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream } from 'node:tty';

/**
 * Asks a yes-or-no question on the terminal and waits for the answer; only `y` and `yes` count. `fromTerminal` reads
 * /dev/tty where standard input carries the CSV. Gives null where there is nobody to ask, and false when `signal` ends
 * the wait.
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
    // Not a file stream: its read of the next line could not be called back, and would keep the process from ending.
    from = input === 'tty' ? new ReadStream(openSync('/dev/tty', 'r')) : input;
  } catch {
    return null;
  }
  // One that has ended already says so to nobody any more: the question would wait for ever.
  if (!from.readable) return null;
  const lines = createInterface({ input: from, output, terminal: false });
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  // A terminal that goes away while it is asked answers no.
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
