import { resolve } from 'node:path';
import type { RunStatus } from '../../core/results/run-status.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import { type StatusStyle, statusLine, statusLines } from '../../core/status/status-text.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import type { Clock, Sleep } from '../../engine/ports.ts';
import { realClock } from '../../io/clock.ts';
import { createRedraw } from '../../io/terminal/redraw.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { createStyle, print, printJson, printJsonLine } from '../output.ts';
import { openRuns, queueFlags, type Run, typedPath } from '../run/open.ts';
import { onEndSignals } from '../signals.ts';
import { createStatusReader } from './run-status.ts';

const REDRAW_MS = 1000;
const LINE_MS = 10_000;

/** The newest run of a directory. Throws UsageError if there is none, or if one that cannot be read may be it. */
export function newestRun(runsDir: string, context: Context): Run {
  const { runs, unreadable } = openRuns(runsDir, context);
  if (unreadable.length > 0) {
    throw new UsageError(`${unreadable.join('\n')}\nOne of them may be the newest. Name the run: status RUN_DIR`);
  }
  const newest = runs.at(-1);
  if (newest !== undefined) return newest;
  throw new UsageError(`no runs in ${visible(typedPath(context, resolve(context.cwd, runsDir)))}`);
}

/** A time of day here, with the date if that is not today. */
function localTime(iso: string, now: number): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return 'an unknown time';
  // The Swedish form is that of ISO 8601.
  const [day = '', time = ''] = new Date(at).toLocaleString('sv-SE').split(' ');
  return new Date(now).toLocaleDateString('sv-SE') === day ? time : `${day} ${time}`;
}

/** The commands to go on with. */
function nextLines(status: RunStatus, run: Run, isFollowing: boolean, invocation: Invocation): string[] {
  if (status.phase === 'ended') return status.next_command === null ? [] : [`Next: ${status.next_command}`];
  const { program } = invocation.context;
  const { queue } = run.manifest;
  // A call that did not name it may still see the run, and ctl must name it.
  const isNamed = queue === null || invocation.settings.queue !== null;
  const named = isNamed ? queueFlags(invocation) : ['--queue', queue.name];
  const there = queue === null ? [] : named;
  const steer = commandLine(program, 'ctl', run.shown, status.paused === null ? 'pause' : 'resume', ...there);
  // A process takes no commands before it sends; a queue keeps them until then.
  const mayBeSteered = status.phase !== 'waiting' || run.manifest.queue !== null;
  return [
    ...(mayBeSteered ? [`Steer: ${steer}`] : []),
    ...(isFollowing ? [] : [`Follow: ${commandLine(program, 'status', run.shown, ...there, '--follow')}`]),
  ];
}

/** For scripts: the exit code of the run with its name, and not that of this command. */
function named(status: RunStatus) {
  return { ...status, exit_name: status.exit_code === null ? null : exitName(status.exit_code) };
}

/** Prints statuses in the form that was asked for. */
function createPrinter(run: Run, invocation: Invocation, clock: Pick<Clock, 'wallNow'>) {
  const { settings, context } = invocation;
  const { stdout } = context;
  const paint = createStyle(stdout, context.env);
  const redraw = createRedraw(stdout);
  const style = (): StatusStyle => ({ paint, time: (iso) => localTime(iso, clock.wallNow()) });
  const linesOf = (status: RunStatus, isFollowing: boolean) => [
    ...statusLines(status, style()),
    ...nextLines(status, run, isFollowing, invocation),
  ];
  return {
    whole: (status: RunStatus) => print(stdout, `${linesOf(status, false).join('\n')}\n`),
    line: (status: RunStatus) => print(stdout, `${statusLine(status, style())}\n`),
    redraw(status: RunStatus) {
      const plain = statusLines(status, { ...style(), paint: (_, text) => text });
      const lines = linesOf(status, true).map((text, at) => ({ text, width: (plain[at] ?? text).length }));
      redraw.show(lines, (text) => print(stdout, text), status.phase === 'ended');
    },
    json: (status: RunStatus) =>
      settings.follow ? printJsonLine(context, named(status)) : printJson(context, EXIT.ok, named(status)),
  };
}

/** Shows a run again and again until it is no longer at work, or a signal comes. */
async function followStatus(run: Run, invocation: Invocation, clock: Clock): Promise<void> {
  const { settings, context } = invocation;
  const { stdout } = context;
  const printer = createPrinter(run, invocation, clock);
  const read = createStatusReader(run, invocation);
  const isTerminal = stdout.isTTY === true;
  let isStopped = false;
  let sleep: Sleep | null = null;
  const removeHandlers = onEndSignals(context, () => {
    isStopped = true;
    sleep?.cancel();
  });
  let shown = { text: '', at: Number.NEGATIVE_INFINITY };
  try {
    while (!isStopped) {
      const status = await read();
      const text = JSON.stringify({ ...status, at: '' });
      const isOver = status.phase === 'ended';
      if (settings.json) {
        if (text !== shown.text) printer.json(status);
      } else if (isTerminal) printer.redraw(status);
      else if (isOver) printer.whole(status);
      else if (clock.now() - shown.at >= LINE_MS) {
        printer.line(status);
        shown = { text, at: clock.now() };
      }
      shown = { ...shown, text };
      // No one sees it any more, such as after `| head -1`.
      if (isOver || stdout.errored !== null) return;
      sleep = clock.sleep(REDRAW_MS);
      await sleep.done;
    }
  } finally {
    removeHandlers();
  }
}

/** `status`: shows how a run is doing. Sends no request. Returns the exit code. */
export async function showStatus(run: Run, invocation: Invocation, clock: Clock = realClock): Promise<number> {
  if (invocation.settings.follow) await followStatus(run, invocation, clock);
  else {
    const printer = createPrinter(run, invocation, clock);
    const status = await createStatusReader(run, invocation)();
    if (invocation.settings.json) printer.json(status);
    else printer.whole(status);
  }
  return EXIT.ok;
}
