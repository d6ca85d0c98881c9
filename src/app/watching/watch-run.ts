import { hostname } from 'node:os';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import type { Phase, RunStatus, WaveStatus } from '../../core/results/run-status.ts';
import { etaMs } from '../../core/status/eta.ts';
import type { PaceNow } from '../../core/status/pace.ts';
import { createRateSeen } from '../../core/status/rate-seen.ts';
import type { RunCounts } from '../../core/status/run-counts.ts';
import { slowedBy } from '../../core/status/slowed-by.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import type { Clock } from '../../engine/ports.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { writeStatus } from '../../io/run/status-file.ts';
import type { Invocation } from '../invocation.ts';
import { warn } from '../output.ts';
import type { Run } from '../run/open.ts';

const INTERVAL_MS = 1000;
/** A status that says nothing new is written this often, so that its time shows that the process lives. */
const UNCHANGED_MS = 10_000;

/** What only some phases have. `until`: when it ends, in ms since 1970. */
export type PhaseExtra = { wave?: Omit<WaveStatus, 'until'> | null; until?: number | null };

/** Looks at a run at work once a second, over all its sessions. */
export type RunWatch = {
  /** Every line that this command writes to the ledger, when it is on disk. */
  onEntry: (entry: LedgerEntry) => void;
  /** A session is at work, and `pace` says how its requests leave. Returns a function that ends that. */
  attach: (pace: () => PaceNow) => () => void;
  /** The run is busy with something else now. The wave stays until it is named again. */
  phase: (phase: Phase, extra?: PhaseExtra) => void;
  /** Calls back once a second, and at every change of phase. Returns a function that ends that. */
  listen: (listener: (status: RunStatus) => void) => () => void;
  /** The status at this moment, which is written to status.json too. */
  look: () => RunStatus;
  /** No session follows. */
  end: () => void;
};

type Watched = { run: Run; counts: RunCounts };

/** Watches a run until `end`: writes status.json, and tells its listeners and those of the command. */
export function watchRun({ run, counts }: Watched, invocation: Invocation, clock: Clock = realClock): RunWatch {
  const { settings, context } = invocation;
  const { manifest } = run;
  const listeners = new Set(context.listeners);
  const seen = createRateSeen();
  let pace: (() => PaceNow) | null = null;
  let now: { phase: Phase; wave: Omit<WaveStatus, 'until'> | null; until: number | null } = {
    phase: 'waiting',
    wave: null,
    until: null,
  };
  let written = { text: '', at: Number.NEGATIVE_INFINITY };
  let isEnded = false;
  let sleep: ReturnType<Clock['sleep']> | null = null;
  let cannotWrite = false;

  function status(): RunStatus {
    const wall = clock.wallNow();
    const time = (ms: number) => new Date(ms).toISOString();
    const paced = pace?.() ?? null;
    const rows = counts.rows();
    const requests = counts.requests();
    const rate = { now: seen.perSecond(), allowed: paced?.allowed ?? null, set: String(settings.rate) };
    const slowed = slowedBy(paced, { settings, now: rate.now, wall });
    const eta = etaMs(rows.left, seen.rowsPerSecond(), paced?.pausedMs ?? 0);
    return {
      version: 1,
      run_id: manifest.run_id,
      name: manifest.name,
      command: manifest.command,
      state: 'running',
      phase: now.phase,
      at: time(wall),
      host: hostname(),
      pid: process.pid,
      started_at: manifest.started_at,
      exit_code: null,
      rows,
      requests,
      rate,
      slowed_by: slowed,
      paused: null,
      held_profiles: counts.heldProfiles(),
      causes: counts.causes(),
      wave: now.wave === null ? null : { ...now.wave, until: now.until === null ? null : time(now.until) },
      eta_ms: eta,
      eta_at: eta === null ? null : time(wall + eta),
      steered: [],
      next_command: commandLine(context.program, 'ctl', run.shown, 'pause'),
    };
  }

  function write(current: RunStatus): void {
    const text = JSON.stringify({ ...current, at: '' });
    const at = clock.now();
    if (cannotWrite || (text === written.text && at - written.at < UNCHANGED_MS)) return;
    written = { text, at };
    try {
      writeStatus(runFiles(run.dir).status, current);
    } catch (error) {
      cannotWrite = true;
      warn(invocation, `status.json could not be written: ${visible((error as Error).message)}`);
    }
  }

  function look(): RunStatus {
    const paced = pace?.() ?? null;
    if (paced !== null) seen.add(clock.now(), paced.requests.total, counts.rows().done);
    const current = status();
    write(current);
    for (const listener of listeners) listener(current);
    return current;
  }

  async function keepLooking(): Promise<void> {
    while (!isEnded) {
      look();
      sleep = clock.sleep(INTERVAL_MS);
      await sleep.done;
    }
  }

  const end = () => {
    if (isEnded) return;
    isEnded = true;
    sleep?.cancel();
  };
  context.atEnd(end);
  void keepLooking();
  return {
    onEntry: counts.add,
    attach(source) {
      pace = source;
      seen.restart();
      now = { ...now, phase: 'sending', until: null };
      return () => {
        pace = null;
        seen.restart();
      };
    },
    phase(phase, { wave = now.wave, until = null } = {}) {
      now = { phase, wave, until };
      look();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    look,
    end,
  };
}
