import type { CommandEnd } from '../core/results/message.ts';
import type { RunStatus } from '../core/results/run-status.ts';
import type { Layer } from '../core/settings/resolve.ts';
import type { Scope } from '../core/settings/table/definition.ts';
import type { KeyFound } from '../io/http/api-key.ts';

/** Termination signals, and the way to exit at once: the process itself, or a substitute in tests. */
export type Signals = {
  on: (signal: NodeJS.Signals, handler: (signal: NodeJS.Signals) => void) => unknown;
  off: (signal: NodeJS.Signals, handler: (signal: NodeJS.Signals) => void) => unknown;
  exit: (code: number) => void;
};

/** What the process gives to a command. Nothing else may read the process's streams, environment or directory. */
export type ProcessContext = {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Record<string, string | undefined>;
  cwd: string;
  /** How this program is called here, ready to paste into a shell. */
  program: string;
  version: string;
  /** Null if the command does not handle signals. */
  signals: Signals | null;
};

/** The messages and metrics of a command, for people and monitors that do not watch it. */
export type Messages = {
  /** The input of the command, which names the run. */
  about: (input: string | undefined) => void;
  /** Takes their settings, also from layers with errors in other settings. `ofRun`: the name of the run. */
  use: (scope: Scope, layers: readonly Layer[], ofRun?: string) => void;
  onStatus: (status: RunStatus) => void;
  /** The command has ended; only the first call counts. Returns the warnings. */
  end: (end: CommandEnd) => Promise<string[]>;
};

/** What a command works with, from the process and from `main`. */
export type Context = ProcessContext & {
  /** True for a job: its output is read by mail, not in this directory. */
  unattended: boolean;
  /** The absolute path of the job file, for a job. */
  jobFile?: string;
  /** Finds the API key. It is read once, because a pipe cannot be read again. */
  findKey: () => KeyFound;
  /** What is wrong around this call, such as the permissions of a file. The summary shows it with the run's warnings. */
  warnings: string[];
  /** What no text may show besides the API key, such as the URL of a webhook. It grows as settings are read. */
  secrets: Set<string>;
  /** Each is called once a second with the status of the run that is at work. */
  listeners: ((status: RunStatus) => void)[];
  /** Null for what a command does besides its own run. */
  messages: Messages | null;
  /** Registers what `main` calls when the command ends, the last one first. */
  atEnd: (release: () => void | Promise<void>) => void;
};

/** Whether a question can be asked: standard error and standard input are a terminal. */
export function isInteractive(context: Context): boolean {
  return context.stdin.isTTY === true && context.stderr.isTTY === true;
}

/** Whether a printed command can ask when it is pasted. Standard input does not matter: it may be a pipe only here. */
export function canAskLater(context: Context): boolean {
  return context.stderr.isTTY === true && !context.unattended;
}
