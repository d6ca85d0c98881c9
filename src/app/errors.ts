import { EXIT } from '../core/run/exit-codes.ts';

/** What ends a command with a message and an exit code of its own, before anything is sent. */
export class CommandError extends Error {
  readonly exit: number;
  readonly code: string;
  /** The command that goes on, for `--json`; the message names it too. */
  readonly next: string | null;

  constructor(exit: number, code: string, message: string, next: string | null = null) {
    super(message);
    this.exit = exit;
    this.code = code;
    this.next = next;
  }
}

/** A fault of flags, environment or job file: exit 2, nothing was made. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(EXIT.usage, 'usage', message);
  }
}
