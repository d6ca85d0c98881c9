#!/usr/bin/env node

import { readFileSync } from 'node:fs';
import type { ProcessContext } from './app/context.ts';
import { fileError, type UsageError } from './app/errors.ts';
import { hasTerminal } from './app/signals.ts';
import { main } from './cli/main.ts';
import { programName } from './cli/program-name.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
/** The working directory, or why there is none: another process may have removed it. */
function workingDirectory(): { cwd: string } | { error: UsageError } {
  try {
    return { cwd: process.cwd() };
  } catch (error) {
    return {
      error: fileError('find the working directory, which may have been removed', error, 'change to another one'),
    };
  }
}

const found = workingDirectory();
const cwd = 'cwd' in found ? found.cwd : '/';
// What a job prints is read elsewhere, and a removed directory has no path below it.
const isElsewhere = process.argv[2] === 'run' || 'error' in found;
const context: ProcessContext = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd,
  program: programName(process.argv[1] ?? 'telnyx-reassign', process.env, cwd, isElsewhere),
  version,
  signals: process,
};

// A reader that has gone (`| head`) ends nothing: the run continues, and its files say how it ended.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// Node resets the disposition that nohup has set, and would die of a hangup without a handler.
if (!hasTerminal(context)) process.on('SIGHUP', () => undefined);

process.exitCode = await main(process.argv.slice(2), context, 'error' in found ? found.error : null);
