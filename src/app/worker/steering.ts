import type { QueueCommand } from '../../core/queue/protocol.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Stop } from '../../engine/stop.ts';
import type { Logger } from '../../io/terminal/logger.ts';

const POLL_MS = 500;

type SteeringOptions = {
  /** Reads the commands from a place on. */
  read: (from: number) => Promise<(QueueCommand | null)[]>;
  clock: Clock;
  stop: Stop;
  abort: () => void;
  logger: Pick<Logger, 'log'>;
};

/**
 * Obeys the commands of the submitter while a run is at work, those from before the session first. `first` resolves when
 * these were obeyed.
 */
export function steer({ read, clock, stop, abort, logger }: SteeringOptions) {
  let isEnded = false;
  let obeyed = 0;
  let sleep = clock.sleep(0);

  function obey(command: QueueCommand | null): void {
    switch (command?.type) {
      case 'stop':
        logger.log('info', 'run.command', `asked to stop: ${command.detail}`);
        stop.ask('signal', command.detail);
        return;
      case 'abort':
        logger.log('info', 'run.command', 'asked to abort the requests in flight');
        abort();
        return;
      default:
        logger.log('warn', 'run.command', 'a command was ignored, because this version does not know it');
    }
  }

  async function look(): Promise<void> {
    const commands = await read(obeyed);
    obeyed += commands.length;
    if (!isEnded) commands.forEach(obey);
  }

  const first = look();
  async function poll(): Promise<void> {
    await first;
    while (!isEnded) {
      sleep = clock.sleep(POLL_MS);
      await sleep.done;
      // Redis may be away. Commands are read again when it is back.
      if (!isEnded) await look().catch(() => undefined);
    }
  }
  poll().catch(() => undefined);
  return {
    first,
    end(): void {
      isEnded = true;
      sleep.cancel();
    },
  };
}
