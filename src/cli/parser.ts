import yargs from 'yargs';
import { UsageError } from '../app/errors.ts';
import { SANDBOX_FLAGS, type SandboxFlags } from '../commands/sandbox.ts';
import { EXIT_TEXT } from '../core/run/exit-codes.ts';
import type { Scope } from '../core/settings/definition.ts';
import { flagOf } from '../core/settings/flags.ts';
import { type RawSettings, SETTING_NAMES, type SettingName, settingDefinition } from '../core/settings/schema.ts';
import { quoted, wrapped } from '../core/text/text.ts';
import { TOOL } from '../core/text/tool.ts';
import { checkArguments, SCOPES } from './arguments.ts';

/** What was typed: a command, its positional, and its flags; or `done` with a text to print: help, or what a shell completes. */
export type Typing =
  | { command: Scope; input: string | undefined; flags: RawSettings }
  | { command: 'sandbox'; flags: SandboxFlags }
  | { command: 'done'; text: string };

const COMMANDS: Record<Scope, { usage: string; text: string; examples: [string, string][] }> = {
  plan: {
    usage: 'plan [input]',
    text: 'check every row of a CSV, show what would be sent, save the plan',
    examples: [['plan numbers.csv', 'check and preview; nothing is sent']],
  },
  apply: {
    usage: 'apply [input]',
    text: 'make the plan of a CSV, or take a saved one, and execute it',
    examples: [
      ['apply numbers.csv', 'check, show, ask, send'],
      ['apply numbers.csv --dry-run', 'the same up to the sending'],
      ['apply runs/20261123T020000Z-numbers-1f2e --yes', 'execute a saved plan'],
      ['apply numbers.csv --sandbox --yes', 'rehearse: no account, no key'],
    ],
  },
  resume: {
    usage: 'resume [rundir]',
    text: 'go on with a run that was interrupted or paused; the newest when none is named',
    examples: [['resume', 'never asks, and sends no row again that has an outcome']],
  },
  retry: {
    usage: 'retry [rundir]',
    text: 'a new run of the rows that have not reached their target',
    examples: [['retry runs/20261123T020000Z-numbers-1f2e --only retryable', 'not those that would fail again']],
  },
  undo: {
    usage: 'undo [rundir]',
    text: 'a new run that puts back what a run changed, where the number still has what that run set',
    examples: [
      ['undo runs/20261123T020000Z-numbers-1f2e --dry-run', 'what would be put back'],
      ['undo runs/20261123T020000Z-numbers-1f2e', 'show, ask, put back'],
    ],
  },
  verify: {
    usage: 'verify [input]',
    text: 'read the account and compare it with the targets of a CSV or of a run; sends nothing',
    examples: [
      ['verify numbers.csv', 'exit 0 when every number is at its target, 4 when not'],
      ['verify runs/20261123T020000Z-numbers-1f2e --watch 30m', 'keep looking, and tell what changes'],
    ],
  },
  run: {
    usage: 'run [job]',
    text: 'apply or plan as a job file says, never asking (for cron)',
    examples: [['run jobs/nightly.yaml', 'what a cron line calls']],
  },
  results: {
    usage: 'results [rundir]',
    text: 'write the result files of a run again',
    examples: [['results runs/20261123T020000Z-numbers-1f2e', 'from input copy, plan and ledger']],
  },
  runs: {
    usage: 'runs',
    text: 'list the runs with state, counts, age and next command',
    examples: [['runs --json', 'for scripts']],
  },
};

function settingOptions(scope: Scope) {
  const names = SETTING_NAMES.filter((name) => settingDefinition(name).scopes.includes(scope));
  return Object.fromEntries(
    names.map((name) => {
      const shape = settingDefinition(name);
      const standard = shape.default === null || shape.kind === 'boolean' ? '' : ` [${shape.default}]`;
      const value = shape.value === undefined ? '' : `${shape.value}: `;
      return [
        flagOf(name),
        {
          type: shape.kind === 'boolean' ? ('boolean' as const) : ('string' as const),
          group: `${shape.group}:`,
          description: `${value}${shape.text}${standard}`,
          requiresArg: shape.kind !== 'boolean',
        },
      ];
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

function sandboxOptions() {
  return Object.fromEntries(
    SANDBOX_FLAGS.map((flag) => {
      const boolean = 'boolean' in flag;
      const value = 'value' in flag ? `${flag.value}: ` : '';
      const type = boolean ? ('boolean' as const) : ('string' as const);
      return [flag.name, { type, description: `${value}${flag.text}`, requiresArg: !boolean, group: 'Sandbox:' }];
    }),
  );
}

function parser(args: readonly string[], width: number) {
  // No locale is looked for: the few words of the parser's own are English, as all others are.
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

/** The whole command line, for help and completion: laying out the help of a command takes longer than most of them. */
function fullParser(args: readonly string[], width: number) {
  let cli = parser(args, width);
  for (const scope of SCOPES) {
    const { usage, text, examples } = COMMANDS[scope];
    cli = cli.command(usage, text, (command) => {
      let built = command.options(settingOptions(scope));
      for (const [example, what] of examples) built = built.example(`$0 ${example}`, what);
      return built;
    });
  }
  cli = cli.command('sandbox', 'a local imitation of the API for rehearsals, demos and tests', (command) => {
    return command
      .options(sandboxOptions())
      .example('$0 sandbox', '1000 numbers on port 4010')
      .example('$0 sandbox --rate-limit 20 --fault 503=0.05', 'a slow API that sometimes fails');
  });
  return cli
    .example('$0 plan numbers.csv', 'check and preview; nothing is sent')
    .example('$0 apply numbers.csv', 'check, show, ask, send')
    .example('$0 apply numbers.csv --sandbox --yes', 'rehearse: no account, no key')
    .completion('completion', 'print a shell completion script (add it to ~/.bashrc or ~/.zshrc)')
    .epilogue(
      `${exitCodeText()}\n\nThe API key is read from TELNYX_API_KEY, from the file named by\nTELNYX_API_KEY_FILE, or from $CREDENTIALS_DIRECTORY/telnyx_api_key.`,
    );
}

/** What the parser would print of its own: help or a completion. */
async function printedBy(args: readonly string[], width: number): Promise<string> {
  let text = '';
  await fullParser(args, width).parseAsync(args, {}, (error, _argv, output) => {
    if (error) throw error;
    text += output;
  });
  return text === '' ? '' : `${text}\n`;
}

type Argv = Record<string, unknown>;

/** The text of a flag's value; several where it was given more than once. */
function typedValue(value: unknown): string | string[] {
  return Array.isArray(value) ? value.map(String) : String(value);
}

/** Reads the command line. Throws UsageError for what it does not know, naming what was probably meant. */
export async function readCommandLine(args: readonly string[], width: number): Promise<Typing> {
  if (args.includes('--get-yargs-completions')) {
    return { command: 'done', text: await printedBy(args, width) };
  }
  const { command, words, flags: written } = checkArguments(args);
  const asksHelp = written.includes('--help');
  const asksConfig = written.includes('--print-config');
  if (command === undefined && !asksHelp && !asksConfig) {
    throw new UsageError(
      'name a command: plan, apply, resume, retry, undo, verify, run, results, runs, sandbox or completion',
    );
  }
  if (words.length > 1 && !asksHelp) {
    throw new UsageError(`unexpected ${words.slice(1).map(quoted).join(', ')}`);
  }
  const [word] = words;
  if (word !== undefined && (command === 'runs' || command === 'sandbox' || command === 'completion') && !asksHelp) {
    throw new UsageError(`unexpected ${quoted(word)}`);
  }
  // Words are kept from the parser, which takes a lone `-` for nothing and `-x.csv` for a flag.
  if (asksHelp || command === 'completion') {
    return { command: 'done', text: await printedBy([...(command === undefined ? [] : [command]), ...written], width) };
  }
  const options = command === 'sandbox' ? sandboxOptions() : settingOptions((command ?? 'apply') as Scope);
  const argv = (await parser(written, width).options(options).parseAsync()) as Argv;
  if (command === 'sandbox') return { command, flags: argv as SandboxFlags };
  const flags: RawSettings = {};
  for (const name of SETTING_NAMES) {
    const value = argv[flagOf(name)];
    if (value !== undefined) flags[name as SettingName] = typedValue(value);
  }
  return { command: (command ?? 'apply') as Scope, input: word, flags };
}
