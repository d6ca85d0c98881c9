/** What a command gets from the process that runs it; tests give their own. */
export type Context = {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Record<string, string | undefined>;
  cwd: string;
  /** How this program is called here, ready to paste into a shell. */
  program: string;
  version: string;
  /** Whether the output goes to whoever reads the mail of cron, who is not in this directory. */
  unattended: boolean;
};

/** Whether a question could be asked: somebody reads standard error and types on standard input. */
export function isInteractive(context: Context): boolean {
  return context.stdin.isTTY === true && context.stderr.isTTY === true;
}

/**
 * Whether a command that is printed can ask when it is pasted: whoever reads it sits at a terminal, whatever this one
 * has as its standard input.
 */
export function canAskLater(context: Context): boolean {
  return context.stderr.isTTY === true && !context.unattended;
}
