import type { RunStatus } from '../../core/results/run-status.ts';
import type { Summary } from '../../core/results/summary.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import { endedStatus } from '../../core/status/ended-status.ts';
import { runFiles } from '../../io/run/directory.ts';
import { writeStatus } from '../../io/run/status-file.ts';
import { fileErrorMessage } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { warn } from '../output.ts';
import type { Run } from '../run/open.ts';

/** At most once a second, or a little sooner if the timer is early. */
const MIN_INTERVAL_MS = 950;
/** A status that says nothing new is written this often, so that its time shows that the process lives. */
const UNCHANGED_MS = 10_000;

/** Keeps status.json. What cannot be written is a warning, once, and no reason to end a run. */
export function createStatusFile(run: Run, invocation: Invocation) {
  let written = { text: '', at: Number.NEGATIVE_INFINITY };
  let hasFailed = false;
  return {
    /** For how long nothing may be written. `now`: of a monotonic clock. */
    waitMs: (now: number): number => Math.max(0, written.at + MIN_INTERVAL_MS - now),
    /** Returns whether there is nothing more to write of it: false if it is too soon. */
    write(status: RunStatus, now: number): boolean {
      const text = JSON.stringify({ ...status, at: '' });
      const ageMs = now - written.at;
      if (text === written.text && ageMs < UNCHANGED_MS) return true;
      if (ageMs < MIN_INTERVAL_MS) return false;
      try {
        writeStatus(runFiles(run.dir).status, status);
        written = { text, at: now };
      } catch (error) {
        if (!hasFailed) warn(invocation, fileErrorMessage('write status.json', error, ''));
        hasFailed = true;
      }
      return true;
    },
  };
}

/** Says in status.json how a run has ended that has sent rows. What cannot be written is in summary.json too. */
export function writeEndedStatus(dir: string, manifest: Manifest, summary: Summary): void {
  if (manifest.started_at === null) return;
  const facts = { manifest, state: manifest.state, from: summary, nextCommand: summary.next_command };
  try {
    writeStatus(runFiles(dir).status, endedStatus(facts));
  } catch {
    // The disk may be full.
  }
}
