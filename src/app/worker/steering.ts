import type { QueueCommand } from '../../core/queue/protocol.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Stop } from '../../engine/stop.ts';
import type { Logger } from '../../io/terminal/logger.ts';

const POLL_MS = 500;

/** A command of an operator. */
export type SteerCommand = Extract<QueueCommand, { type: 'steer' }>;

type SteeringOptions = {
  /** Reads the commands from a place on. */
  read: (from: number) => Promise<(QueueCommand | null)[]>;
  clock: Clock;
  stop: Stop;
  abort: () => void;
  /** Obeys a command of an operator, and answers it. */
  obey: (command: SteerCommand) => Promise<void>;
  logger: Pick<Logger, 'log'>;
};

/**
 * Obeys the commands of the submitter and of operators while a run is at work. `begin` obeys those from before the
 * session, and resolves when they were obeyed.
 */
export function steer({ read, clock, stop, abort, obey, logger }: SteeringOptions) {
  let isEnded = false;
  let obeyed = 0;
  let sleep = clock.sleep(0);

  async function follow(command: QueueCommand | null): Promise<void> {
    switch (command?.type) {
      case 'stop':
        logger.log('info', 'run.command', `asked to stop: ${command.detail}`);
        stop.ask('signal', command.detail);
        return;
      case 'abort':
        logger.log('info', 'run.command', 'asked to abort the requests in flight');
        abort();
        return;
      case 'steer':
        return obey(command);
      default:
        logger.log('warn', 'run.command', 'a command was ignored, because this version does not know it');
    }
  }

  async function look(): Promise<void> {
    const commands = await read(obeyed);
    obeyed += commands.length;
    for (const command of commands) if (!isEnded) await follow(command);
  }

  async function poll(): Promise<void> {
    while (!isEnded) {
      sleep = clock.sleep(POLL_MS);
      await sleep.done;
      // Redis may be away. Commands are read again when it is back.
      if (!isEnded) await look().catch(() => undefined);
    }
  }

  return {
    async begin(): Promise<void> {
      await look();
      poll().catch(() => undefined);
    },
    end(): void {
      isEnded = true;
      sleep.cancel();
    },
  };
}
