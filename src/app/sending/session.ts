import type { LedgerEntry } from '../../core/ledger/entry.ts';
import type { FinishBy } from '../../core/settings/finish-by.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { PaceNow } from '../../core/status/pace.ts';
import type { Clock, Ports, Task } from '../../engine/ports.ts';
import { type Execution, execute } from '../../engine/sending/executor.ts';
import { createControl } from '../../engine/sending/pipeline.ts';
import type { Series } from '../../engine/sending/session.ts';
import type { Steering } from '../../engine/steering.ts';
import type { Stop } from '../../engine/stop.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import type { Transport } from '../account/connect.ts';
import type { Context } from '../context.ts';
import { createEventReporter } from '../run/events.ts';
import type { Run } from '../run/open.ts';
import type { RunWatch } from '../watching/watch-run.ts';
import { stopAtFinishTime } from './finish-time.ts';

export type StopOfExecution = Execution['stop'];
export type Reporter = ReturnType<typeof createEventReporter>;

type Started = Omit<Extract<LedgerEntry, { type: 'session_started' }>, 'type' | 'at'>;

/** The rows of a session, and what came before it. */
type Rows = {
  tasks: () => AsyncIterable<Task>;
  /** Rows of the input, and those that are to be sent now. */
  rows: number;
  total: number;
  /** Rows that ended before. */
  earlier: { ended: number; permanent: number };
  /** Of the command, if this is not its only session. */
  series?: Series | undefined;
  /** What earlier phases of the command have learned. */
  known: Partial<Pick<NonNullable<Run['reading']>, 'control' | 'memory' | 'contact'>>;
};

/** A session: rows that are sent from this process, whatever keeps its ledger. */
export type SessionOptions = Rows & {
  settings: Settings;
  /** Where the requests go: the sandbox has another URL than the settings. */
  baseUrl: string;
  context: Context;
  clock: Clock;
  stop: Stop;
  /** What an operator changes meanwhile. */
  steering: Steering;
  command: string;
  started: Started;
  finishBy: FinishBy | null;
  logger: Logger;
  transport: Pick<Transport, 'send' | 'read' | 'inFlight'>;
  record: Ports['record'];
  /** Ports that only some sessions have. */
  gate?: Partial<Ports>;
  /** How the log names the rows, if they are not all of the command. */
  what?: string | undefined;
  /** Bulk orders have had their turn, and these rows are left. */
  isRest?: true | undefined;
  /** Waits until requests from before the session have left the rate window. */
  ready: () => Promise<void>;
  /** Connects what may stop the session. Returns a function that ends that with the session. */
  steer: (reporter: Reporter) => () => void;
  execute?: typeof execute;
  watch?: Pick<RunWatch, 'attach'>;
};

/** Carries out rows as one session of a ledger. Never throws: `failure` is what a port threw. */
export async function runSession(options: SessionOptions): Promise<{ stopped: StopOfExecution; failure: unknown }> {
  const { context, clock, stop, steering, logger, transport, record, total, earlier, tasks } = options;
  const settings = steering.live(options.settings);
  const { control = createControl(settings), memory, contact } = options.known;
  const { inFlight, send, read } = transport;
  const { paused } = steering;
  const reporter = createEventReporter({ logger, settings, context, clock, control, total, inFlight, paused });
  const endSteering = options.steer(reporter);
  const cancelTimer = stopAtFinishTime(options.finishBy, stop, clock);
  const first = options.what === undefined ? 'run.started' : 'wave.started';
  const event = options.isRest === true ? 'rows.started' : first;
  const what = options.what ?? options.command;
  logger.log('info', event, `${what}: ${total} rows to send`, {
    rows: options.rows,
    counts: { change: total },
    base_url: options.baseUrl,
    rate: settings.rate,
    concurrency: concurrencyOf(settings),
  });
  const { onEvent } = reporter;
  let endWatch = () => {};
  const observe = (pace: () => PaceNow) => {
    endWatch = options.watch?.attach(pace) ?? endWatch;
  };
  const ports = { clock, send, read, record, onEvent, ...options.gate };
  const at = () => new Date().toISOString();
  try {
    await record({ type: 'session_started', at: at(), ...options.started });
    await options.ready();
    const { execute: executeRows = execute } = options;
    const shared = { control, stop, steering, earlier, memory, contact, series: options.series, observe };
    const ended = await executeRows({ tasks, ports, limits: settings, ...shared });
    const { requests, rate } = ended;
    const kind = options.started.bulk === true ? { bulk: true as const } : {};
    await record({ type: 'session_ended', ...kind, at: at(), stop: ended.stop?.reason ?? null, requests, rate });
    return { stopped: ended.stop, failure: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { stopped: { reason: 'internal', detail }, failure: error };
  } finally {
    cancelTimer();
    endWatch();
    endSteering();
    reporter.stop();
  }
}
