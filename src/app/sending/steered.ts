import type { RawSettings } from '../../core/settings/schema.ts';
import { createSteering, type Steering } from '../../engine/steering.ts';
import type { Stop } from '../../engine/stop.ts';
import type { Transport } from '../account/connect.ts';
import type { StartedRun } from '../account/start-run.ts';
import type { Invocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { continueSteering, openControl } from '../steering/control.ts';
import type { Reporter } from './session.ts';

/** Prints lines while rows are sent: above the progress of the session that is at work. */
export function createVoice(invocation: Invocation) {
  const print = (text: string) => printProgress(invocation, text);
  let through: Pick<Reporter, 'note' | 'say'> = { note: print, say: print };
  return {
    /** The progress ends with a note, and goes on below what is said. */
    note: (text: string) => through.note(text),
    say: (text: string) => through.say(text),
    /** Prints through a session from now on. Returns a function that ends that. */
    attach(reporter: Reporter): () => void {
      through = reporter;
      return () => {
        through = { note: print, say: print };
      };
    },
    mute(): void {
      through = { note: () => undefined, say: () => undefined };
    },
  };
}

type Parts = {
  stop: Stop;
  transport: Transport;
  say: (text: string) => void;
  /** Keeps changed settings in run.json. */
  keep: (settings: RawSettings) => void;
};

/** Lets operators steer a run at work, until `close`. */
export async function openSteering(
  { run, index, ledger, logger }: StartedRun,
  { transport, ...parts }: Parts,
  invocation: Invocation,
): Promise<{ steering: Steering; close: () => Promise<void> }> {
  const { settings } = invocation;
  const steering = createSteering(settings, index.steering.held);
  const steerable = { ...parts, steering, settings, record: ledger.record, logger };
  await continueSteering(run, index.steering, steerable, invocation);
  const endResize = steering.onChange(() => transport.resize(steering.concurrency()));
  const control = await openControl(run, steerable, invocation);
  return {
    steering,
    async close() {
      endResize();
      await control.close();
    },
  };
}
