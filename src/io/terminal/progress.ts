import { SingleBar } from 'cli-progress';

/** What the progress line shows. Times in ms; `etaMs` is null while nothing can be said. */
export type ProgressState = {
  done: number;
  total: number;
  perSecond: number;
  /** Where the server decides; else null. */
  allowedPerSecond: number | null;
  failed: number;
  retries: number;
  pausedMs: number;
  atConcurrency: boolean;
  etaText: string;
};

export type Progress = { stop: () => void };

/** Off a terminal a plain line this often: enough for a log, and it shows that the run is alive. */
const PLAIN_EVERY_MS = 30_000;
const BAR_EVERY_MS = 200;
const BAR_SIZE = 12;

function words(state: ProgressState): string {
  return [
    `ETA ${state.etaText}`,
    `${state.perSecond.toFixed(1)}/s${state.allowedPerSecond === null ? '' : ` of ${state.allowedPerSecond.toFixed(1)}`}`,
    `${state.failed} failed`,
    `${state.retries} retries`,
    ...(state.pausedMs > 0 ? [`paused ${Math.ceil(state.pausedMs / 1000)}s`] : []),
    ...(state.atConcurrency ? ['at --concurrency'] : []),
  ].join(', ');
}

/**
 * Shows how far a run is: a bar on a terminal, a plain line every 30 s elsewhere, nothing when `silent`. `look` is
 * asked for the state when it is time to show it.
 */
export function createProgress(
  stream: NodeJS.WriteStream,
  kind: 'bar' | 'plain' | 'silent',
  look: () => ProgressState,
): Progress {
  if (kind === 'silent') return { stop: () => undefined };
  if (kind === 'plain') {
    const timer = setInterval(() => {
      const state = look();
      stream.write(`${state.done}/${state.total} rows, ${words(state)}\n`);
    }, PLAIN_EVERY_MS);
    timer.unref();
    return { stop: () => clearInterval(timer) };
  }
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total}  {words}',
    barsize: BAR_SIZE,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    // Neither the cursor nor line wrap is switched off: after a kill -9 the terminal would stay so.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
    gracefulExit: false,
  });
  // What does not fit into the line is cut, the last word first; a wrapped line could not be drawn over.
  const fitting = (state: ProgressState) => {
    const taken = BAR_SIZE + `${state.total}`.length * 2 + 5;
    return { words: words(state).slice(0, Math.max(0, (stream.columns ?? 80) - taken)) };
  };
  const first = look();
  bar.start(first.total, first.done, fitting(first));
  const timer = setInterval(() => {
    const state = look();
    bar.update(state.done, fitting(state));
  }, BAR_EVERY_MS);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      bar.stop();
    },
  };
}
