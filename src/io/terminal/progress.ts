import { SingleBar } from 'cli-progress';
import { visible } from '../../core/text/visible.ts';

/** What the progress line shows. */
export type ProgressState = {
  done: number;
  total: number;
  perSecond: number;
  /** Null unless the server's limit decides the rate. */
  allowedPerSecond: number | null;
  failed: number;
  retries: number;
  pausedMs: number;
  /** The operator who has paused the run; null if none has. */
  pausedBy: string | null;
  atConcurrency: boolean;
  etaText: string;
};

/** Without a terminal, often enough to show in a log that the run is alive. */
const PLAIN_INTERVAL_MS = 30_000;
const BAR_INTERVAL_MS = 200;
const BAR_SIZE = 12;

function words(state: ProgressState): string {
  return [
    // First: the end of a long line is cut off.
    ...(state.pausedBy === null ? [`ETA ${state.etaText}`] : [`paused by ${visible(state.pausedBy)}`]),
    `${state.perSecond.toFixed(1)}/s${state.allowedPerSecond === null ? '' : ` of ${state.allowedPerSecond.toFixed(1)}`}`,
    `${state.failed} failed`,
    `${state.retries} retries`,
    ...(state.pausedMs > 0 ? [`paused ${Math.ceil(state.pausedMs / 1000)}s`] : []),
    ...(state.atConcurrency ? ['at --concurrency'] : []),
  ].join(', ');
}

export type Progress = {
  stop: () => void;
  /** Calls `print` with the bar out of the way, and draws it again below. */
  printAbove: (print: () => void) => void;
};

const printNow = (print: () => void) => print();

/**
 * Shows the progress of a run: a bar on a terminal, or a plain line every 30 s. `getState` is called each time it is
 * shown.
 */
export function createProgress(
  stream: NodeJS.WriteStream,
  kind: 'bar' | 'plain' | 'silent',
  getState: () => ProgressState,
): Progress {
  if (kind === 'silent') return { stop: () => undefined, printAbove: printNow };
  const showEvery = (intervalMs: number, show: (state: ProgressState) => void): (() => void) => {
    const timer = setInterval(() => show(getState()), intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  };
  if (kind === 'plain') {
    const line = (state: ProgressState) => `${state.done}/${state.total} rows, ${words(state)}\n`;
    return { stop: showEvery(PLAIN_INTERVAL_MS, (state) => stream.write(line(state))), printAbove: printNow };
  }
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total}  {words}',
    barsize: BAR_SIZE,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    // The cursor and line wrap stay on: after a kill -9 the terminal would remain without them.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
    gracefulExit: false,
  });
  // The end of a long line is cut off, because a wrapped line cannot be drawn over.
  const fitting = (state: ProgressState) => {
    const taken = BAR_SIZE + `${state.total}`.length * 2 + 5;
    return { words: words(state).slice(0, Math.max(0, (stream.columns ?? 80) - taken)) };
  };
  const draw = () => {
    const state = getState();
    bar.start(state.total, state.done, fitting(state));
  };
  draw();
  const stopTimer = showEvery(BAR_INTERVAL_MS, (state) => bar.update(state.done, fitting(state)));
  let isStopped = false;
  return {
    stop: () => {
      isStopped = true;
      stopTimer();
      bar.stop();
    },
    printAbove: (print) => {
      if (isStopped) return print();
      // It remembers its line: without a stop, its end would be drawn over the text.
      bar.stop();
      print();
      draw();
    },
  };
}
