import type { Command } from '../../app/invocation.ts';
import { showQueue } from '../../app/queue/overview.ts';
import { resolveForCommand } from '../../app/settings.ts';

/** `queue`: shows the accounts, runs and workers of a queue. */
export const queueCommand: Command = async (_, flags, context) => {
  return showQueue(resolveForCommand(flags, context, 'queue'));
};
