import type { Resolved } from '../core/settings/resolve.ts';
import type { Queue } from '../io/redis/connection.ts';
import type { Context } from './context.ts';
import type { CommandError } from './errors.ts';

/** One call of a command: its settings, where each of them came from, and the process that it runs in. */
export type Invocation = Resolved & { context: Context };

/** With --queue: Redis, and the account that no other host sends for until it is released. */
export type HeldAccount = {
  queue: Queue;
  account: string;
  /** Null with --no-lock. */
  lease: {
    isLost: () => boolean;
    onLost: (callback: () => void) => () => void;
    mayLeave: (timeoutMs: number) => boolean;
    untilMayLeave: (timeoutMs: number) => Promise<void>;
  } | null;
  /** Leaves the account to the workers. `pausedMs`: for how long the API has asked to send nothing. */
  release: (pausedMs: number) => Promise<void>;
};

/**
 * The same with the API key, which is null for the sandbox. `held`: the account with --queue, or why nothing can be
 * handed over; a plan can be made all the same.
 */
export type KeyedInvocation = Invocation & { key: string | null; held?: HeldAccount | { refused: CommandError } };

/** The flags of a command by name, as typed. */
export type Flags = Record<string, string | string[] | undefined>;

/** Runs a command with its positional argument, and the words after it if it takes any. Returns the exit code. */
export type Command = (
  input: string | undefined,
  flags: Flags,
  context: Context,
  more?: readonly string[],
) => Promise<number>;

/** What it takes to report to the user. */
export type Reporting = Pick<Invocation, 'settings' | 'context'>;
