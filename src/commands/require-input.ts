import { UsageError } from './context.ts';

/** The positional that a command cannot do without. */
export function requireInput(input: string | undefined, command: string): string {
  if (input === undefined || input === '')
    throw new UsageError(`${command} needs an input: a CSV file, or - for standard input`);
  return input;
}
