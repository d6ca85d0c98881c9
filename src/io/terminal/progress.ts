import { SingleBar } from 'cli-progress';
import { thousands } from '../../core/text/text.ts';
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
  /** The bulk order at work, and how many of its numbers are pending; null if there is none. */
  order: { number: number; pending: number } | null;
  atConcurrency: boolean;
  etaText: string;
};

/** Without a terminal, often enough to show in a log that the run is alive. */
const PLAIN_INTERVAL_MS = 30_000;
const BAR_INTERVAL_MS = 200;
const BAR_SIZE = 12;

/** What is waited for, or when it ends. */
function first({ pausedBy, order, etaText }: ProgressState): string {
  if (pausedBy !== null) return `paused by ${visible(pausedBy)}`;
  const isWaiting = order !== null && order.pending > 0;
  return isWaiting ? `bulk order ${order.number}: ${thousands(order.pending)} pending` : `ETA ${etaText}`;
}

function words(state: ProgressState): string {
  return [
    // First: the end of a long line is cut off.
    first(state),
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

export type ProgressKind = 'bar' | 'plain' | 'silent';

/** How far something is, in words too. `unit`: what is counted. */
export type Shown = { done: number; total: number; unit: string; words: string };

/** Shows the progress of a run. `getState` is called each time it is shown. */
export function createProgress(
  stream: NodeJS.WriteStream,
  kind: ProgressKind,
  getState: () => ProgressState,
): Progress {
  const show = (): Shown => {
    const state = getState();
    return { done: state.done, total: state.total, unit: 'rows', words: words(state) };
  };
  return createProgressLine(stream, kind, show);
}

/** Shows how far something is: a bar on a terminal, or a plain line every 30 s. */
export function createProgressLine(
  stream: NodeJS.WriteStream,
  kind: ProgressKind,
  getShown: () => Shown,
  plainIntervalMs = PLAIN_INTERVAL_MS,
): Progress {
  if (kind === 'silent') return { stop: () => undefined, printAbove: printNow };
  const showEvery = (intervalMs: number, show: (state: Shown) => void): (() => void) => {
    const timer = setInterval(() => show(getShown()), intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  };
  if (kind === 'plain') {
    const line = ({ done, total, unit, words }: Shown) => `${done}/${total} ${unit}, ${words}\n`;
    return { stop: showEvery(plainIntervalMs, (state) => stream.write(line(state))), printAbove: printNow };
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
  const fitting = ({ total, words }: Shown) => {
    const taken = BAR_SIZE + `${total}`.length * 2 + 5;
    return { words: words.slice(0, Math.max(0, (stream.columns ?? 80) - taken)) };
  };
  const draw = () => {
    const state = getShown();
    bar.start(state.total, state.done, fitting(state));
  };
  draw();
  const stopTimer = showEvery(BAR_INTERVAL_MS, (state) => {
    bar.setTotal(state.total);
    bar.update(state.done, fitting(state));
  });
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
