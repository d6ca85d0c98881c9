import type { Command } from '../../app/invocation.ts';
import { showBoard } from '../../app/queue/board.ts';
import { resolveForCommand } from '../../app/settings.ts';

/** `board`: serves a page of the queues on this host. */
export const boardCommand: Command = async (_, flags, context) => {
  return showBoard(resolveForCommand(flags, context, 'board'));
};
