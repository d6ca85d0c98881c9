import { EXIT } from '../../core/run/exit-codes.ts';
import { accountQueues } from '../../io/board/account-queues.ts';
import { serveBoard } from '../../io/board/server.ts';
import { UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { print } from '../output.ts';
import { onEndSignals } from '../signals.ts';
import { openNamedQueue } from './open.ts';

/** `board`: serves a page of the queues on this host until a signal ends it. */
export async function showBoard(invocation: Invocation): Promise<number> {
  const { settings, context } = invocation;
  const queue = await openNamedQueue(invocation);
  const board = await serveBoard(settings.port, await accountQueues(queue)).catch((error: NodeJS.ErrnoException) => {
    const where = `127.0.0.1:${settings.port}`;
    const reason = error.code === 'EADDRINUSE' ? 'another program listens there' : (error.code ?? error.message);
    throw new UsageError(`Could not listen on ${where}: ${reason}. Fix: choose another port with --port.`);
  });
  print(context.stdout, `The board of ${queue.name} is at ${board.url} (read only). Press Ctrl-C to stop.\n`);
  await new Promise<void>((resolve) => {
    const removeHandlers = onEndSignals(context, () => {
      removeHandlers();
      resolve();
    });
  });
  await board.close();
  return EXIT.ok;
}
