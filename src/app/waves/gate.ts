import { formatDuration } from '../../core/text/duration.ts';
import type { Redactor } from '../../core/text/redact.ts';
import { printable } from '../../core/text/text.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Stop } from '../../engine/stop.ts';
import { runInShell, type ShellEnd } from '../../io/shell-command.ts';
import type { Logger } from '../../io/terminal/logger.ts';

/** What the gate is asked about; its environment names it. */
export type GateQuestion = {
  runDir: string;
  statusFile: string;
  wave: number;
  waves: number;
  updated: number;
  failed: number;
};

export type GateOptions = {
  command: string;
  timeoutMs: number;
  cwd: string;
  env: Record<string, string | undefined>;
  clock: Clock;
  stop: Stop;
  logger: Pick<Logger, 'log'>;
  /** Removes the key from what the command prints. */
  clean: Redactor;
};

/** From SIGTERM to SIGKILL. */
const KILL_AFTER_MS = 5000;
/** The last lines of the output, which go to the log. */
const MAX_LOGGED_LINES = 100;
const MAX_LINE_CHARACTERS = 1000;
const SHOWN_CHARACTERS = 120;

/** Not for the gate: the key, URLs that are secrets, and the settings of this call. */
const OURS = /^(TELNYX_|CREDENTIALS_DIRECTORY$)/;

function environmentFor(question: GateQuestion, env: GateOptions['env']) {
  const kept = Object.entries(env).filter(([name]) => !OURS.test(name.toUpperCase()));
  return {
    ...Object.fromEntries(kept),
    RUN_DIR: question.runDir,
    STATUS_FILE: question.statusFile,
    WAVE: String(question.wave),
    WAVES: String(question.waves),
    UPDATED: String(question.updated),
    FAILED: String(question.failed),
  };
}

/** Ends the command when it takes too long or the run is to stop. `isLate` says which of them it was. */
function limitTime(shell: ReturnType<typeof runInShell>, { clock, stop, timeoutMs }: GateOptions) {
  const time = clock.sleep(timeoutMs);
  let isOver = false;
  let isLate = false;
  let grace: ReturnType<Clock['sleep']> | null = null;
  const end = () => {
    shell.kill('SIGTERM');
    grace ??= clock.sleep(KILL_AFTER_MS);
    void grace.done.then(() => {
      if (!isOver) shell.kill('SIGKILL');
    });
  };
  void time.done.then(() => {
    if (isOver || stop.asked() !== null) return;
    isLate = true;
    end();
  });
  const removeCallback = stop.onAsked(end);
  return {
    isLate: () => isLate,
    cancel(): void {
      isOver = true;
      removeCallback();
      time.cancel();
      grace?.cancel();
    },
  };
}

/** How the command ended, in words; '' if it exited with 0. */
function endText({ exit, signal, failure }: ShellEnd, isLate: boolean, timeoutMs: number): string {
  if (failure !== null) return `could not be started: ${printable(failure, SHOWN_CHARACTERS)}`;
  if (isLate) return `took longer than ${formatDuration(timeoutMs)} (--gate-timeout)`;
  if (exit === 0) return '';
  return exit === null ? `was ended by ${signal}` : `exited with ${exit}`;
}

/**
 * Asks the gate whether the next wave may start. Returns '' if it may, else why not. If the run is to stop meanwhile,
 * the command is ended, and the answer means nothing.
 */
export async function askGate(question: GateQuestion, options: GateOptions): Promise<string> {
  const { command, logger, clean, cwd } = options;
  const shell = runInShell(command, { cwd, env: environmentFor(question, options.env) });
  const limit = limitTime(shell, options);
  const ended = await shell.ended;
  limit.cancel();
  const lines = ended.output
    .split(/\r?\n/)
    .map((line) => printable(clean(line, true), MAX_LINE_CHARACTERS))
    .filter((line) => line.trim() !== '');
  for (const line of lines.slice(-MAX_LOGGED_LINES)) logger.log('info', 'gate.output', line, { wave: question.wave });
  const text = endText(ended, limit.isLate(), options.timeoutMs);
  const last = lines.at(-1);
  return text === '' || last === undefined ? text : `${text}; it said: ${printable(last, SHOWN_CHARACTERS)}`;
}
