import type { Redis } from 'ioredis';
import { type HandoverRef, runKeys } from '../../core/queue/protocol.ts';
import type { Queue } from './connection.ts';

/** A line of the stream of a run: a line of the ledger, or one of the log, as JSON. */
export type StreamLine = { id: string } & ({ line: string } | { log: string });

/** Before the first line. */
export const STREAM_START = '0';

const LINES_PER_READ = 1000;
const BLOCK_MS = 1000;

type Reply = [key: string, entries: [id: string, fields: string[]][]][] | null;

function linesOf(reply: Reply): StreamLine[] {
  return (reply ?? []).flatMap(([, entries]) =>
    entries.map(([id, [name, text = '']]): StreamLine => (name === 'log' ? { id, log: text } : { id, line: text })),
  );
}

async function readBatch(redis: Redis, key: string, from: string, blockMs = 0): Promise<StreamLine[]> {
  const block = blockMs > 0 ? ['BLOCK', blockMs] : [];
  return linesOf((await redis.call('XREAD', 'COUNT', LINES_PER_READ, ...block, 'STREAMS', key, from)) as Reply);
}

/** Reads what the stream of a run has after an id, in batches, to its end. */
export async function* readLedger(
  { redis }: Queue,
  ref: HandoverRef,
  from: string = STREAM_START,
): AsyncGenerator<StreamLine[]> {
  const { ledger } = runKeys(ref);
  let last = from;
  for (;;) {
    const lines = await readBatch(redis, ledger, last);
    if (lines.length === 0) return;
    last = lines.at(-1)?.id ?? last;
    yield lines;
  }
}

/**
 * Reads the stream of a run after an id and waits for more, on a connection of its own. Yields an empty batch once a
 * second if there is nothing new, so that the caller can look at other things. Ends when `signal` is aborted.
 */
export async function* followLedger(
  queue: Queue,
  ref: HandoverRef,
  { from = STREAM_START, signal }: { from?: string; signal: AbortSignal },
): AsyncGenerator<StreamLine[]> {
  const { ledger } = runKeys(ref);
  const redis = queue.duplicate();
  const end = () => redis.disconnect();
  signal.addEventListener('abort', end);
  let last = from;
  try {
    while (!signal.aborted) {
      const lines = await readBatch(redis, ledger, last, BLOCK_MS);
      last = lines.at(-1)?.id ?? last;
      yield lines;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', end);
    redis.disconnect();
  }
}
