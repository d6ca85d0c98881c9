import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../../src/cli/main.ts';
import { programName } from '../../../src/cli/program-name.ts';
import { type Ended, environmentOf, type How, TEMP_PREFIX } from './environment.ts';
import { CLI } from './paths.ts';
import { fakeTerminal } from './terminal.ts';

const { version } = JSON.parse(readFileSync(resolve(CLI, '../../package.json'), 'utf8')) as { version: string };

const CLOSE_CHECK_MS = 5;
const MAX_CLOSE_CHECKS = 400;

/** Commands that run now in this process. */
let running = 0;

/** The files of tests that this process holds open: locks, ledgers, logs. Linux only. */
function openTestFiles(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((file) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${file}`);
      return path.startsWith(TEMP_PREFIX) ? [path] : [];
    } catch {
      // The descriptor of the listing itself is closed by now.
      return [];
    }
  });
}

const openServers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;

type Open = { files: string[]; servers: number };
const whatIsOpen = (): Open => ({ files: openTestFiles(), servers: openServers() });

/** What a command has left open in this process, where the next one would meet it. */
async function leftovers(before: Open): Promise<string[]> {
  let left: string[] = [];
  for (let checks = 0; checks < MAX_CLOSE_CHECKS; checks++) {
    const { files, servers } = whatIsOpen();
    left = files.filter((path) => !before.files.includes(path));
    if (servers > before.servers) left.push('a listening server');
    if (left.length === 0) break;
    // A file that is being read is closed by another thread.
    await sleep(CLOSE_CHECK_MS);
  }
  return left;
}

/**
 * Runs a command to its end in this process, off a terminal unless `columns` says how wide it is. Use `start` where a
 * signal, a kill, a pipe, a file descriptor or start-up is tested. Throws if the command leaves something open.
 */
export async function run(
  cwd: string,
  args: readonly string[],
  how: How & { columns?: number | null } = {},
): Promise<Ended> {
  const { input = '', columns = null } = how;
  const env = environmentOf(how);
  const { stdoutText, stderrText, ...streams } = fakeTerminal(columns, input);
  const signals = Object.assign(new EventEmitter(), {
    exit: (code: number) => {
      throw new Error(`the command wanted to exit at once with ${code}`);
    },
  });
  const before = whatIsOpen();
  running += 1;
  const exit = await main(args, {
    ...streams,
    env,
    cwd,
    program: programName(CLI, env, cwd),
    version,
    signals,
  }).finally(() => {
    running -= 1;
  });
  const left: string[] = signals.eventNames().map((name) => `a handler of ${String(name)}`);
  if (running === 0) left.push(...(await leftovers(before)));
  if (left.length > 0) throw new Error(`${args.join(' ')} has left open: ${left.join(', ')}`);
  return { exit, signal: null, stdout: stdoutText(), stderr: stderrText() };
}

/** The words of a command line as a shell reads them. */
function shellWords(line: string): string[] {
  const words = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' }).split('\0');
  return words.slice(0, -1);
}

/**
 * Runs a command line that a message printed. A shell splits it into words, and the command runs in this process. Use
 * `pasteInShell` for a line with pipes or redirections.
 */
export function paste(cwd: string, line: string, how: How = {}): Promise<Ended> {
  const [node, script = '', ...args] = shellWords(line);
  if (node !== 'node' || resolve(cwd, script) !== CLI) throw new Error(`this is not a command of the program: ${line}`);
  return run(cwd, args, how);
}
