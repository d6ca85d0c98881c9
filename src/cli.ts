#!/usr/bin/env node

import { readFileSync } from 'node:fs';
import type { Context } from './app/context.ts';
import { CommandError, UsageError } from './app/errors.ts';
import { print, printJson } from './app/output.ts';
import { ignoreHangup } from './app/signals.ts';
import { programName } from './cli/program-name.ts';
import { EXIT } from './core/run/exit-codes.ts';

const args = process.argv.slice(2);

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

function makeContext(): Context {
  // A reader that is gone (`| head`) ends nothing: the run goes on, and its files say how it ended.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    program: programName(process.argv[1] ?? 'telnyx-reassign', process.env, process.cwd()),
    version: version(),
    unattended: false,
  };
}

async function dispatch(context: Context): Promise<number> {
  const { readCommandLine } = await import('./cli/parser.ts');
  const typed = await readCommandLine(args, Math.min(process.stdout.columns ?? 80, 100));
  switch (typed.command) {
    case 'done':
      return EXIT.ok;
    case 'plan':
      return (await import('./commands/plan.ts')).planCommand(typed.input, typed.flags, context);
    case 'apply':
      return (await import('./commands/apply.ts')).applyCommand(typed.input, typed.flags, context);
    case 'resume':
      return (await import('./commands/resume.ts')).resumeCommand(typed.input, typed.flags, context);
    case 'retry':
      return (await import('./commands/retry.ts')).retryCommand(typed.input, typed.flags, context);
    case 'undo':
      return (await import('./commands/undo.ts')).undoCommand(typed.input, typed.flags, context);
    case 'verify':
      return (await import('./commands/verify.ts')).verifyCommand(typed.input, typed.flags, context);
    case 'run':
      return (await import('./commands/run.ts')).runCommand(typed.input, typed.flags, context);
    case 'results':
      return (await import('./commands/results.ts')).resultsCommand(typed.input, typed.flags, context);
    case 'runs':
      return (await import('./commands/runs.ts')).runsCommand(typed.flags, context);
    case 'sandbox':
      return (await import('./commands/sandbox.ts')).sandboxCommand(typed.flags, context);
    default:
      return typed satisfies never;
  }
}

/** A message without the key, even where somebody has typed it in the wrong place. */
async function keyRemover(): Promise<(text: string) => string> {
  const [{ findApiKey }, { createRedactor }] = await Promise.all([
    import('./io/http/api-key.ts'),
    import('./core/text/redact.ts'),
  ]);
  const found = findApiKey(process.env);
  // Where two keys differ neither is found, and the one in the variable is known all the same.
  const redactors = ['key' in found ? found.key : null, process.env.TELNYX_API_KEY?.trim() ?? null].map(createRedactor);
  return (text) => redactors.reduce((clean, redact) => redact(clean), text);
}

/** Whether one JSON object is wanted, as far as it can be told before the command line has been understood. */
function wantsJson(): boolean {
  const asked = args.findLast((arg) => /^--json(=|$)/.test(arg));
  if (asked !== undefined) return !/=(false|0)$/i.test(asked);
  return /^(true|1)$/i.test(process.env.TELNYX_REASSIGN_JSON ?? '');
}

/** Says what went wrong, on standard error or, for `--json`, as the one object on standard output. */
async function report(error: unknown, context: Context): Promise<number> {
  const { exit, code, next } =
    error instanceof CommandError ? error : { exit: EXIT.internal, code: 'internal', next: null };
  const withoutKey = await keyRemover();
  const message = withoutKey(error instanceof Error ? error.message : String(error));
  if (wantsJson()) {
    printJson(context, exit, { next_command: next, error: { code, message } });
    return exit;
  }
  if (error instanceof CommandError && !(error instanceof UsageError)) {
    print(context.stderr, `${message}\n`);
    return exit;
  }
  const lines = message.split('\n').map((line) => `telnyx-reassign: ${line}\n`);
  print(context.stderr, lines.join(''));
  if (error instanceof UsageError) print(context.stderr, `See ${context.program} --help\n`);
  else if (error instanceof Error && error.stack !== undefined) print(context.stderr, `${withoutKey(error.stack)}\n`);
  return exit;
}

if (args.includes('--version')) {
  print(process.stdout, `${version()}\n`);
} else {
  ignoreHangup();
  const context = makeContext();
  process.exitCode = await dispatch(context).catch((error: unknown) => report(error, context));
}
