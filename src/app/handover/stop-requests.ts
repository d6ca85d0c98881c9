import type { HandoverRecord } from '../../core/queue/protocol.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import { realClock } from '../../io/clock.ts';
import { pushCommand, updateHandover } from '../../io/queue/handover.ts';
import { removeJob } from '../../io/queue/jobs.ts';
import { readLease } from '../../io/queue/lease.ts';
import type { Invocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { holdLease } from '../queue/account-lease.ts';
import { type EndSignal, onEndSignals } from '../signals.ts';
import type { HandedOver } from './hand-over.ts';

/** Long enough to look at a run that no worker has any more. */
const LEASE_MS = 10_000;

/** The signal with which a run was left to its worker. `isStopping`: the worker was asked to stop it. */
export type Left = { signal: EndSignal; isStopping: boolean };

export type StopRequests = ReturnType<typeof createStopRequests>;

/**
 * The first signal asks the worker to stop the run, the second to abort its requests. The third ends the command, and
 * leaves the run to the worker; one more exits at once.
 */
export function createStopRequests(over: HandedOver, invocation: Invocation) {
  const { queue, ref, started } = over;
  const { context } = invocation;
  let note = (text: string) => printProgress(invocation, text);
  let leave: (left: Left) => void;
  const left = new Promise<Left>((resolve) => {
    leave = resolve;
  });
  let asked: EndSignal | null = null;
  let times = 0;
  let sent = 0;
  const removeHandlers = onEndSignals(context, (signal, count) => {
    times = count;
    asked ??= signal;
    if (count === 1) note(`${signal}: asking the worker to finish what is in flight (repeat the signal to abort it)\n`);
    else if (count === 2)
      note(`${signal}: asking the worker to abort its requests (a third time leaves the run to it)\n`);
    else if (count === 3) leave({ signal, isStopping: sent > 0 });
    else context.signals?.exit(signalExit(signal));
  });
  // Not before the command ends: a signal while the results are written must not lose them.
  context.atEnd(removeHandlers);
  const at = () => new Date().toISOString();

  /** Passes on what was asked for since the last time. */
  async function pass(): Promise<void> {
    if (asked !== null && sent === 0) {
      await pushCommand(queue, ref, { type: 'stop', reason: 'signal', detail: asked, at: at() });
      sent = 1;
    }
    if (times > 1 && sent === 1) {
      await pushCommand(queue, ref, { type: 'abort', at: at() });
      sent = 2;
    }
  }

  /** Takes the run from a worker that has died: as the holder of the lease, this process is the only one that has it. */
  async function removeFromDead(): Promise<boolean> {
    if ((await readLease(queue, ref.account)) !== null) return false;
    const owner = { what: `stop ${started.run.manifest.run_id}`, host: started.run.manifest.host, pid: process.pid };
    const lease = await holdLease(queue, ref.account, { owner, ttlMs: LEASE_MS, clock: realClock });
    if (!('token' in lease)) return false;
    try {
      return (await removeJob(queue, ref)) && (await updateHandover(queue, ref, { state: 'waiting' }, lease.token));
    } finally {
      await lease.release();
    }
  }

  return {
    asked: () => asked,
    /** Resolves when the run is to be left to the worker. */
    left,
    /** Prints with another function from now on. */
    noteWith(print: typeof note): void {
      note = print;
    },
    pass,
    /** Whether a run that is to stop is out of the queue, because no worker has it. */
    async isRemoved({ state }: HandoverRecord): Promise<boolean> {
      if (asked === null) return false;
      return state === 'waiting' ? removeJob(queue, ref) : removeFromDead();
    },
  };
}
