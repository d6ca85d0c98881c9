import { type MeasuredPace, readPace } from '../../core/status/pace.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { readProgress } from '../../io/queue/jobs.ts';
import { createProgress, type ProgressState } from '../../io/terminal/progress.ts';
import type { Invocation } from '../invocation.ts';
import { print, progressKind, warn, wrapForTerminal } from '../output.ts';
import { rowsToSend } from '../run/tasks.ts';
import type { HandedOver } from './hand-over.ts';

const NO_PROGRESS = {
  perSecond: 0,
  allowedPerSecond: null,
  failed: 0,
  retries: 0,
  pausedMs: 0,
  atConcurrency: false,
};

/** What a worker says of its progress, as far as it is what this version shows. */
function readState(progress: unknown): typeof NO_PROGRESS {
  const said = (typeof progress === 'object' && progress !== null ? progress : {}) as Partial<ProgressState>;
  const known = Object.entries(NO_PROGRESS).map(([name, none]) => {
    const value = said[name as keyof typeof NO_PROGRESS];
    const isSame = typeof value === typeof none || (none === null && typeof value === 'number');
    return [name, isSame ? value : none];
  });
  return Object.fromEntries(known) as typeof NO_PROGRESS;
}

export type Display = ReturnType<typeof showFollowing>;

/** Shows on standard error how far a run is that workers carry out, and who does. */
export function showFollowing({ started, queue, ref }: HandedOver, invocation: Invocation) {
  const { context } = invocation;
  const { index } = started;
  const kind = progressKind(invocation);
  const endedBefore = index.ended;
  const total = rowsToSend(started.run, index);
  let progress: unknown = null;
  let pace: MeasuredPace | null = null;
  const state = (): ProgressState => {
    const seen = readState(progress);
    const done = Math.min(total, index.ended - endedBefore);
    const etaText = seen.perSecond > 0 ? formatDuration(((total - done) / seen.perSecond) * 1000) : '?';
    return { ...seen, done, total, etaText, pausedBy: index.steering.paused?.by ?? null, order: null };
  };
  const shown = createProgress(context.stderr, kind, state);
  const note = (text: string) => {
    if (kind !== 'silent') shown.printAbove(() => print(context.stderr, wrapForTerminal(context.stderr, text)));
  };
  const onWait = (why: string) => shown.printAbove(() => warn(invocation, `the run waits: ${why}`));
  const refused = new Set<string>();
  let hadWorker = (index.handover?.stream ?? '') !== '';
  return {
    note,
    onWorker(host: string, pid: number): void {
      note(`Process ${pid} on ${host} ${hadWorker ? 'goes on with the run' : 'carries the run out'}\n`);
      hadWorker = true;
    },
    onUnowned: onWait,
    /** Once for each text, since it is tried again. */
    onRefused(text: string): void {
      if (!refused.has(text)) onWait(text.replace(/\.$/, ''));
      refused.add(text);
    },
    /** How the requests of the worker leave; null if no worker has the run. */
    pace: () => pace,
    async refresh(isOwned: boolean): Promise<void> {
      progress = await readProgress(queue, ref);
      pace = isOwned ? readPace((progress as { pace?: unknown } | null)?.pace) : null;
    },
    stop: shown.stop,
  };
}
