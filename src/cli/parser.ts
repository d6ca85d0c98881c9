import yargs, { type Argv } from 'yargs';
import { UsageError } from '../app/errors.ts';
import type { Flags } from '../app/invocation.ts';
import { EXIT_TEXT } from '../core/run/exit-codes.ts';
import { quoted, wrapped } from '../core/text/text.ts';
import { TOOL } from '../core/text/tool.ts';
import { checkArguments } from './arguments.ts';
import { flagsOf } from './command-flags.ts';
import { COMMAND_NAMES, COMMANDS, COMPLETION, type CommandName, takesMore, takesPositional } from './registry.ts';

/** A glob that matches a whole directory makes thousands of words. */
const MAX_NAMED_WORDS = 5;

/** What was typed: a command with its input and flags, or `done` with a text to print: help, or a completion. */
export type Typing =
  | { command: CommandName; input: string | undefined; more?: string[]; flags: Flags }
  | { command: 'done'; text: string };

function optionsOf(command: string) {
  return Object.fromEntries(
    flagsOf(command).map(({ name, isBoolean, group, description }) => {
      const type = isBoolean ? ('boolean' as const) : ('string' as const);
      return [name, { type, group, description, requiresArg: !isBoolean }];
    }),
  );
}

function exitCodeText(): string {
  const width = Math.max(...EXIT_TEXT.map(([codes]) => codes.length));
  const lines = EXIT_TEXT.map(([codes, , meaning]) =>
    wrapped(`  ${codes.padEnd(width)} ${meaning.replaceAll('`', '')}`, width + 3),
  );
  return `Exit codes:\n${lines.join('\n')}`;
}

function parser(args: readonly string[], width: number): Argv {
  return yargs([...args])
    .scriptName(TOOL)
    .detectLocale(false)
    .usage('$0 COMMAND [options]\n\nMoves Telnyx phone numbers to messaging profiles and products, as a CSV says.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'boolean-negation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
    })
    .exitProcess(false)
    .version(false)
    .option('version', { type: 'boolean', description: 'show the version', group: 'Other:' })
    .option('help', { type: 'boolean', description: 'show help', group: 'Other:' })
    .help('help', 'show help')
    .wrap(width)
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
}

/** The whole command line, for help and completion. To lay it out takes longer than most commands. */
function fullParser(args: readonly string[], width: number): Argv {
  let cli = parser(args, width);
  for (const { name, positional, more, description, examples, epilogue = '' } of COMMANDS) {
    const words = [positional, more === undefined ? '' : `${more}..`].filter((word) => word !== '');
    const usage = [name, ...words.map((word) => `[${word}]`)].join(' ');
    cli = cli.command(usage, description, (command) =>
      examples.reduce<Argv>(
        (built, [example, what]) => built.example(`$0 ${example}`, what),
        command.options(optionsOf(name)).epilogue(epilogue),
      ),
    );
  }
  return cli
    .example('$0 plan numbers.csv', 'check and preview; nothing is sent')
    .example('$0 apply numbers.csv', 'check, show, ask, send')
    .example('$0 apply numbers.csv --sandbox --yes', 'rehearse: no account, no key')
    .completion(COMPLETION, 'print a shell completion script (add it to ~/.bashrc or ~/.zshrc)')
    .epilogue(
      `${exitCodeText()}\n\nThe API key is read from TELNYX_API_KEY, from the file named by\nTELNYX_API_KEY_FILE, or from $CREDENTIALS_DIRECTORY/telnyx_api_key.`,
    );
}

/** What the parser prints instead of running a command. */
async function printedBy(args: readonly string[], width: number): Promise<Typing> {
  let text = '';
  await fullParser(args, width).parseAsync(args, {}, (error, _argv, output) => {
    if (error) throw error;
    text += output;
  });
  return { command: 'done', text: text === '' ? '' : `${text}\n` };
}

/** Reads the command line. Throws UsageError for what it does not know, with a suggestion. */
export async function readCommandLine(args: readonly string[], width: number): Promise<Typing> {
  if (args.includes('--get-yargs-completions')) return printedBy(args, width);
  const { command, words, flags: written } = checkArguments(args);
  // The parser gets no words: it drops a lone `-` and takes `-x.csv` for a flag.
  if (written.includes('--help')) return printedBy(command === undefined ? written : [command, ...written], width);
  if (command === undefined && !written.includes('--print-config')) {
    const others = COMMAND_NAMES.slice(0, -1).join(', ');
    throw new UsageError(`name a command: ${others} or ${COMMAND_NAMES.at(-1)}`);
  }
  const rest = words.slice(command === undefined || takesPositional(command) ? 1 : 0);
  const [more, extra] = takesMore(command) ? [{ more: rest }, []] : [{}, rest];
  if (extra.length > 0) throw new UsageError(`unexpected ${extra.slice(0, MAX_NAMED_WORDS).map(quoted).join(', ')}`);
  if (command === COMPLETION) return printedBy([command, ...written], width);
  const known = (command ?? 'apply') as CommandName;
  const argv = (await parser(written, width).options(optionsOf(known)).parseAsync()) as Record<string, unknown>;
  const flags: Flags = {};
  for (const { key, name } of flagsOf(known)) {
    const value = argv[name];
    if (value !== undefined) flags[key] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return { command: known, input: words[0], ...more, flags };
}
