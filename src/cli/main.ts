import type { Context, Messages, ProcessContext } from '../app/context.ts';
import { CommandError, fileError, isFileError, UsageError } from '../app/errors.ts';
import { print, printJson } from '../app/output.ts';
import type { CommandEnd } from '../core/results/message.ts';
import { EXIT } from '../core/run/exit-codes.ts';
import { TOOL } from '../core/text/tool.ts';
import { visibleLines } from '../core/text/visible.ts';
import { findApiKey, type KeyFound } from '../io/http/api-key.ts';

const MAX_HELP_WIDTH = 100;
/** Parts of a mangled key that are removed from messages. */
const MAX_KEY_PARTS = 100;

/** Not before it is clear that there is a command: help is shown without their code. */
async function addMessages(args: readonly string[], context: Context): Promise<Messages> {
  const { createMessages } = await import('../app/watching/messages.ts');
  const messages = createMessages(context);
  context.messages = messages;
  context.listeners.push(messages.onStatus);
  if (Object.keys(context.env).some((name) => /^TELNYX_REASSIGN_(NOTIFY|PING|METRICS_FILE)/.test(name))) {
    const { useEnvironment } = await import('../app/settings.ts');
    useEnvironment(args, context);
  }
  return messages;
}

async function dispatch(args: readonly string[], context: Context): Promise<number> {
  const [{ readCommandLine }, { COMMANDS }] = await Promise.all([import('./parser.ts'), import('./registry.ts')]);
  const width = Math.min(context.stdout.columns ?? 80, MAX_HELP_WIDTH);
  const typed = await readCommandLine(args, width).catch(async (error: unknown) => {
    await addMessages(args, context);
    throw error;
  });
  if (typed.command === 'done') {
    print(context.stdout, typed.text);
    return EXIT.ok;
  }
  (await addMessages(args, context)).about(typed.input);
  const command = COMMANDS.find(({ name }) => name === typed.command) as (typeof COMMANDS)[number];
  const run = await command.load();
  return run(typed.input, typed.flags, context, typed.more);
}

/** The values of --notify and --ping, which are refused as flags, and URLs in any place but that of the API's. */
function typedSecrets(args: readonly string[]): string[] {
  return args
    .filter((text) => text !== '')
    .flatMap((arg, at, all) => {
      const [, typed, value = arg] = /^(--?[\w-]+)=([\s\S]*)$/.exec(arg) ?? [];
      const flag = typed ?? all[at - 1] ?? '';
      if (/^--?(?:notify|ping)$/.test(flag)) return value;
      return /^https?:/i.test(value) && flag !== '--base-url' ? value : [];
    });
}

/** Returns a function that removes key and passwords from a message, also a key that was typed in the wrong place. */
async function keyRemover(
  args: readonly string[],
  { env, findKey, secrets }: Context,
): Promise<(text: string) => string> {
  const [{ createRedactor }, { queueSecrets }, { webhookSecrets }] = await Promise.all([
    import('../core/text/redact.ts'),
    import('../core/text/queue-url.ts'),
    import('../core/text/webhook-url.ts'),
  ]);
  const found = findKey();
  // If the key in the variable is refused, it is not found. It is known all the same, with and without its quotes.
  const given = env.TELNYX_API_KEY?.trim() ?? '';
  // A shorter text holds no key. It may be a word of the message, such as "Bearer".
  const parts = given.match(/[\w.~+/-]{16,}/g) ?? [];
  const whole = parts.length > 0 ? given : null;
  const passwords = [...args, env.TELNYX_REASSIGN_QUEUE ?? ''].flatMap(queueSecrets);
  const { TELNYX_REASSIGN_NOTIFY: notify = '', TELNYX_REASSIGN_PING: ping = '' } = env;
  // Also of settings that were never read, because something else was wrong before.
  const webhooks = [...typedSecrets(args), notify, ping].filter((url) => url !== '').flatMap(webhookSecrets);
  const key = 'key' in found ? found.key : null;
  const redactors = [key, whole, ...parts.slice(0, MAX_KEY_PARTS), ...passwords, ...secrets, ...webhooks].map(
    createRedactor,
  );
  return (text) => redactors.reduce((clean, redact) => redact(clean), text);
}

/** Whether to print one JSON object. The command line may not have been understood. */
function wantsJson(args: readonly string[], env: Context['env']): boolean {
  const asked = args.findLast((arg) => /^--json(=|$)/.test(arg));
  if (asked !== undefined) return !/=(false|0)$/i.test(asked);
  return /^(true|1)$/i.test(env.TELNYX_REASSIGN_JSON ?? '');
}

/** Loaded here only, because few commands fail like this. */
async function explained(error: unknown, context: Context): Promise<unknown> {
  if (error instanceof CommandError) return error;
  const { damageRefusal } = await import('../app/run/damage.ts');
  return damageRefusal(error, context) ?? error;
}

/** System calls on an open file, whose errors name no path. */
const CALLS_ON_OPEN_FILES = new Set(['read', 'write', 'fsync', 'fdatasync', 'ftruncate', 'close']);

/** What the file system refuses is no bug of this program, so it is reported without a stack. */
function withoutStack(error: unknown): unknown {
  if (!isFileError(error)) return error;
  const { syscall = '', path } = error as NodeJS.ErrnoException;
  if (path === undefined && !CALLS_ON_OPEN_FILES.has(syscall)) return error;
  return fileError(`${syscall || 'use'} ${path ?? 'a file'}`, error);
}

/** Sends the messages about the end of a command, if they were not sent with its summary. */
async function sayEnd(end: CommandEnd, args: readonly string[], context: Context): Promise<void> {
  const warnings = (await context.messages?.end(end)) ?? [];
  context.warnings.push(...warnings);
  if (!wantsJson(args, context.env)) for (const text of warnings) print(context.stderr, `warning: ${text}\n`);
}

/** Prints an error on standard error or, for `--json`, as the one object on standard output. Returns the exit code. */
async function report(thrown: unknown, args: readonly string[], context: Context): Promise<number> {
  const error = withoutStack(thrown);
  const { exit, code, next } =
    error instanceof CommandError ? error : { exit: EXIT.internal, code: 'internal', next: null };
  const withoutKey = await keyRemover(args, context);
  const message = visibleLines(withoutKey(error instanceof Error ? error.message : String(error)));
  await sayEnd({ exit, summary: null, error: { code, message, next } }, args, context);
  if (wantsJson(args, context.env)) {
    printJson(context, exit, { next_command: next, error: { code, message } });
    return exit;
  }
  if (error instanceof CommandError && !(error instanceof UsageError)) {
    print(context.stderr, `${message}\n`);
    return exit;
  }
  const lines = message.split('\n').map((line) => `${TOOL}: ${line}\n`);
  print(context.stderr, lines.join(''));
  if (error instanceof UsageError) print(context.stderr, `See ${context.program} --help\n`);
  else if (error instanceof Error && error.stack !== undefined) print(context.stderr, `${withoutKey(error.stack)}\n`);
  return exit;
}

/**
 * Runs one command line and returns its exit code. It touches the process only through `given`, so tests can run a
 * command without a process of its own. At the end its locks are released and its signal handlers removed. `broken`:
 * why no command can run here, to be reported as its error.
 */
export async function main(
  args: readonly string[],
  given: ProcessContext,
  broken: Error | null = null,
): Promise<number> {
  const releases: (() => void | Promise<void>)[] = [];
  let found: KeyFound | null = null;
  const context: Context = {
    ...given,
    unattended: false,
    warnings: [],
    secrets: new Set(),
    listeners: [],
    messages: null,
    findKey: () => (found ??= findApiKey(given.env)),
    atEnd: (release) => releases.push(release),
  };
  if (args.includes('--version')) {
    print(context.stdout, `${context.version}\n`);
    return EXIT.ok;
  }
  try {
    if (broken !== null) throw broken;
    const exit = await dispatch(args, context);
    await sayEnd({ exit, summary: null, error: null }, args, context);
    return exit;
  } catch (error) {
    return await report(await explained(error, context), args, context);
  } finally {
    for (const release of releases.reverse()) await release();
  }
}
