import type { Redis } from 'ioredis';
import { type HandoverRef, runKeys } from '../../core/queue/protocol.ts';
import type { Queue } from '../redis/connection.ts';

/** A line of the stream of a run: a line of the ledger, or one of the log, as JSON. */
export type StreamLine = { id: string } & ({ line: string } | { log: string });

/** Before the first line. */
export const STREAM_START = '0';

const LINES_PER_READ = 1000;

type Reply = [key: string, entries: [id: string, fields: string[]][]][] | null;

function linesOf(reply: Reply): StreamLine[] {
  return (reply ?? []).flatMap(([, entries]) =>
    entries.map(([id, [name, text = '']]): StreamLine => (name === 'log' ? { id, log: text } : { id, line: text })),
  );
}

async function readBatch(redis: Redis, key: string, from: string): Promise<StreamLine[]> {
  return linesOf((await redis.call('XREAD', 'COUNT', LINES_PER_READ, 'STREAMS', key, from)) as Reply);
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
