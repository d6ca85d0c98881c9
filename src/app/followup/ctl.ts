import { EXIT } from '../../core/run/exit-codes.ts';
import { parseSteering, STEER_HELP } from '../../core/steering/command.ts';
import { commandLine } from '../../core/text/shell.ts';
import { sendCommand } from '../../io/control/client.ts';
import type { ControlAnswer } from '../../io/control/messages.ts';
import { runFiles } from '../../io/run/directory.ts';
import { operatorName } from '../../io/user.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { print, printJson } from '../output.ts';
import { isAtWork } from '../run/locks.ts';
import { openRun, type Run } from '../run/open.ts';
import { standingOf } from './standing.ts';
import { steerInQueue } from './steer-queue.ts';
import { profileOf } from './steer-target.ts';

/** The words as the process understands them. Throws UsageError. */
async function readWords(run: Run, words: readonly string[]): Promise<string[]> {
  const parsed = parseSteering(words);
  if ('error' in parsed)
    throw new UsageError(`${parsed.error}\nexpected one of these after the run directory:\n${STEER_HELP}`);
  const { command } = parsed;
  return 'profile' in parsed ? [command, await profileOf(run, parsed.profile)] : [...words];
}

/** The refusal of a command to a run that no process works on, or that takes no commands now (exit 8). */
async function notAtWork(run: Run, { context }: Invocation): Promise<CommandError> {
  const { run_id: id, state: recorded, pid } = run.manifest;
  if (await isAtWork(run.dir, run.manifest)) {
    const when = recorded === 'running' ? 'It is about to end, or could not open its socket.' : 'It does not send yet.';
    const watch = commandLine(context.program, 'status', run.shown);
    const message = `Run ${id} is at work (process ${pid}), and takes no commands now. ${when} See: ${watch}`;
    return new CommandError(EXIT.refused, 'takes_no_commands', message, watch);
  }
  const { state, wasKilled, next } = await standingOf(run, context);
  const how = wasKilled ? 'interrupted: its process was killed' : state;
  const message = `No process is at work on run ${id}: it is ${how}.${next === null ? '' : ` Next: ${next}`}`;
  return new CommandError(EXIT.refused, 'not_at_work', message, next);
}

/** Sends a command to the process of this host that is at work. */
async function steerHere(run: Run, words: readonly string[], invocation: Invocation): Promise<ControlAnswer> {
  const by = operatorName(invocation.context.env);
  // A run whose lock is free is not at work, whatever its files say.
  const isHere = await isAtWork(run.dir, run.manifest);
  const sent = isHere ? await sendCommand(run.dir, runFiles(run.dir).control, { words: [...words], by }) : 'closed';
  if (sent === 'closed') throw await notAtWork(openRun(run.dir, invocation.context), invocation);
  if (sent !== 'lost') return sent.answer;
  const watch = commandLine(invocation.context.program, 'status', run.shown);
  const message = `Run ${run.manifest.run_id} has not answered. The command may be obeyed all the same. See: ${watch}`;
  throw new CommandError(EXIT.refused, 'no_answer', message, watch);
}

/** `ctl`: steers a run at work, and prints what changed. Returns the exit code. */
export async function steerRun(run: Run, typed: readonly string[], invocation: Invocation): Promise<number> {
  const { settings, context } = invocation;
  const words = await readWords(run, typed);
  const steerThere = run.manifest.queue === null ? steerHere : steerInQueue;
  const answer = await steerThere(run, words, invocation);
  if (!answer.ok) {
    if (answer.exit === EXIT.usage) throw new UsageError(answer.message);
    throw new CommandError(answer.exit, 'refused', answer.message);
  }
  const { text, from, to } = answer;
  if (settings.json) printJson(context, EXIT.ok, { run_id: run.manifest.run_id, command: words[0], from, to, text });
  else if (!settings.quiet) print(context.stdout, `${text}\n`);
  return EXIT.ok;
}
