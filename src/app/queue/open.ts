import { EXIT } from '../../core/run/exit-codes.ts';
import { openQueue, type Queue, QueueError } from '../../io/queue/connection.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';

/** Opens the queue that a command works with. Throws CommandError: exit 2 if none is named, 7 if it cannot be used. */
export async function openNamedQueue({ settings, context }: Reporting): Promise<Queue> {
  if (settings.queue === null) {
    throw new UsageError('--queue is missing; name Redis with --queue redis://HOST:PORT or in TELNYX_REASSIGN_QUEUE');
  }
  const queue = await openQueue(settings.queue).catch((error: unknown) => {
    if (!(error instanceof QueueError)) throw error;
    throw new CommandError(EXIT.preflight, `queue_${error.kind}`, error.message);
  });
  context.atEnd(queue.close);
  return queue;
}
