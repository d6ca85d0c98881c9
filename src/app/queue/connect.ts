import { EXIT } from '../../core/run/exit-codes.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { isRefusal, openQueue, type Queue, QueueError, refusalText } from '../../io/redis/connection.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';

const CHECK_INTERVAL_MS = 100;

/** Connects to a queue until the command ends. Returns a CommandError (exit 7) if it cannot be used. */
export async function connectToQueue(url: string, { atEnd }: Pick<Context, 'atEnd'>): Promise<Queue | CommandError> {
  try {
    const queue = await openQueue(url);
    atEnd(queue.close);
    return queue;
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
    return new CommandError(EXIT.preflight, `queue_${error.kind}`, error.message);
  }
}

/**
 * Returns what `work` returns, or throws CommandError once Redis has not answered for `patienceMs`, and if it refuses a
 * command.
 */
export async function whileReachable<T>(queue: Queue, work: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const away = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const since = queue.lostSince();
      if (since === null || performance.now() - since < patienceMs) return;
      const message = `${queue.name} has not answered for ${formatDuration(performance.now() - since)}.`;
      reject(new CommandError(EXIT.preflight, 'queue_unreachable', message));
    }, CHECK_INTERVAL_MS);
  });
  // What comes after that has no one to tell.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, away]);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new CommandError(EXIT.preflight, 'queue_refused', refusalText(queue.name, error));
  } finally {
    clearInterval(timer);
  }
}
