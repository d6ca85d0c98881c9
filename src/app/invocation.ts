import type { Resolved } from '../core/settings/resolve.ts';
import type { Context } from './context.ts';

/** One call of a command: its settings, where each of them came from, and the process that it runs in. */
export type Invocation = Resolved & { context: Context };

/** The same with the API key, which is null for the sandbox. */
export type KeyedInvocation = Invocation & { key: string | null };

/** The flags of a command by name, as typed. */
export type Flags = Record<string, string | string[] | undefined>;

/** Runs a command with its positional argument. Returns the exit code. */
export type Command = (input: string | undefined, flags: Flags, context: Context) => Promise<number>;

/** What it takes to report to the user. */
export type Reporting = Pick<Invocation, 'settings' | 'context'>;
