import { EXIT } from '../core/exit-codes.ts';
import type { Resolved } from '../core/resolve-settings.ts';
import { type Context, say, sayJson, UsageError } from './context.ts';
import { checkOutputs, inputExists, type Origin, originOf } from './new-run.ts';

/** The positional that a command cannot do without. */
export function requireInput(input: string | undefined, command: string): string {
  if (input === undefined || input === '')
    throw new UsageError(`${command} needs an input: a CSV file, or - for standard input`);
  return input;
}

/** An input that is there, and how messages name it; or the exit code where --missing-input-ok lets it be missing. */
export function findInput(
  input: string,
  resolved: Resolved,
  context: Context,
): { origin: Origin; where: string } | { exit: number } {
  const { settings } = resolved;
  const fromStdin = input === '-';
  if (!fromStdin && !inputExists(input, context)) {
    if (!settings.missing_input_ok) throw new UsageError(`there is no file ${input}`);
    const note = `there is no file ${input}`;
    if (settings.json) sayJson(context, EXIT.ok, { warnings: [note] });
    else if (!settings.quiet) say(context.stderr, `${note}: nothing to do\n`);
    return { exit: EXIT.ok };
  }
  checkOutputs(fromStdin ? null : input, resolved, context);
  return { origin: originOf(input, context), where: fromStdin ? 'standard input' : input };
}
