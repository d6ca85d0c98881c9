import { EXIT } from '../core/run/exit-codes.ts';

/** Ends a command with a message and an exit code, before anything is sent. */
export class CommandError extends Error {
  readonly exit: number;
  readonly code: string;
  /** The next command, for `--json`; the message names it too. */
  readonly next: string | null;

  constructor(exit: number, code: string, message: string, next: string | null = null) {
    super(message);
    this.exit = exit;
    this.code = code;
    this.next = next;
  }
}

/** An error in flags, environment or job file: exit 2, and no run directory. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(EXIT.usage, 'usage', message);
  }
}
