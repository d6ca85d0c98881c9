import type { Queue } from '../../io/redis/connection.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { warn } from '../output.ts';
import { connectToQueue } from './connect.ts';

/** Opens the queue that a command shows. Throws CommandError: exit 2 if none is named, 7 if it cannot be used. */
export async function openNamedQueue(report: Reporting): Promise<Queue> {
  const { settings, context } = report;
  if (settings.queue === null) {
    throw new UsageError('--queue is missing; name Redis with --queue redis://HOST:6379, or in TELNYX_REASSIGN_QUEUE');
  }
  const queue = await connectToQueue(settings.queue, context);
  if (queue instanceof CommandError) throw queue;
  for (const warning of queue.warnings) warn(report, warning);
  return queue;
}
