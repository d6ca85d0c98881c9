import type { Queue } from '../../io/queue/connection.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { connectToQueue } from './connect.ts';

/** Opens the queue that a command works with. Throws CommandError: exit 2 if none is named, 7 if it cannot be used. */
export async function openNamedQueue({ settings, context }: Reporting): Promise<Queue> {
  if (settings.queue === null) {
    throw new UsageError('--queue is missing; name Redis with --queue redis://HOST:PORT or in TELNYX_REASSIGN_QUEUE');
  }
  const queue = await connectToQueue(settings.queue, context);
  if (queue instanceof CommandError) throw queue;
  return queue;
}
