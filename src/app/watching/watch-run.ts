import { hostname } from 'node:os';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import type { Phase, RunStatus } from '../../core/results/run-status.ts';
import { type Doing, liveStatus } from '../../core/status/live-status.ts';
import type { RunCounts } from '../../core/status/run-counts.ts';
import { commandLine } from '../../core/text/shell.ts';
import type { Clock, Sleep } from '../../engine/ports.ts';
import { realClock } from '../../io/clock.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run/open.ts';
import { measurePace, type PaceSource } from './measured-pace.ts';
import { createStatusFile } from './status-file.ts';

const INTERVAL_MS = 1000;

/** Looks at a run at work once a second, over all its sessions. */
export type RunWatch = {
  /** Takes every line that this command writes to the ledger, when it is on disk. */
  onEntry: (entry: LedgerEntry) => void;
  /** A session is at work, and `pace` says how its requests leave. Returns a function that ends that. */
  attach: (pace: PaceSource) => () => void;
  /** The run is busy with something else now. The wave stays until it is named again. */
  phase: (phase: Phase, extra?: Partial<Omit<Doing, 'phase'>>) => void;
  /** Calls back once a second, and at every change of phase; the callback must not throw. Returns a function that ends that. */
  listen: (listener: (status: RunStatus) => void) => () => void;
  /** Waits, for less than a second, until status.json says what is true now. */
  save: () => Promise<void>;
  /** No session follows. */
  end: () => void;
};

type Watched = { run: Run; counts: RunCounts };

/** Watches a run until `end`: writes status.json, and calls its listeners and those of the command. */
export function watchRun({ run, counts }: Watched, invocation: Invocation, clock: Clock = realClock): RunWatch {
  const { settings, context } = invocation;
  const listeners = new Set(context.listeners);
  const file = createStatusFile(run, invocation);
  const pace = measurePace(clock);
  const { manifest } = run;
  let doing: Doing = { phase: 'waiting', wave: null, until: null };
  let sleep: Sleep | null = null;
  let isEnded = false;

  /** Returns whether status.json says what is true now. */
  function look(): boolean {
    const [verb, flag] = counts.steering.paused === null ? ['status', '--follow'] : ['ctl', 'resume'];
    const nextCommand = commandLine(context.program, verb, run.shown, flag);
    const facts = { manifest, counts, settings, doing, pace: pace.now(counts.rows().done), nextCommand };
    const status = liveStatus({ ...facts, host: hostname(), pid: process.pid, wall: clock.wallNow() });
    const isSaved = file.write(status, clock.now());
    for (const listener of listeners) listener(status);
    return isSaved;
  }

  async function keepLooking(): Promise<void> {
    while (!isEnded) {
      look();
      sleep = clock.sleep(INTERVAL_MS);
      await sleep.done;
    }
  }

  function end(): void {
    isEnded = true;
    sleep?.cancel();
  }

  context.atEnd(end);
  void keepLooking();
  return {
    onEntry(entry) {
      counts.add(entry);
      if (entry.type === 'steered') pace.restart();
    },
    attach(source) {
      doing = { ...doing, phase: 'sending', until: null };
      const detach = pace.attach(source);
      // A listener may wait for this, and the whole run may take less than a second.
      look();
      return detach;
    },
    phase(phase, { wave = doing.wave, until = null } = {}) {
      doing = { phase, wave, until };
      look();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async save() {
      // A timer may be a little early.
      while (!look()) await clock.sleep(Math.ceil(file.waitMs(clock.now()))).done;
    },
    end,
  };
}
