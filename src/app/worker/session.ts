import type { HandoverRecord } from '../../core/queue/protocol.ts';
import { countRows, doubtfulRows } from '../../core/queue/remaining.ts';
import { silenceLeftMs } from '../../core/queue/silence.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { MeasuredPace } from '../../core/status/pace.ts';
import { createControl, steerControl } from '../../engine/sending/pipeline.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { readTasks, updateHandover } from '../../io/queue/handover.ts';
import { readLedger } from '../../io/queue/ledger-reader.ts';
import { LeaseLost } from '../../io/queue/ledger-stream.ts';
import { type Reporter, runSession } from '../sending/session.ts';
import { measurePace } from '../watching/measured-pace.ts';
import { type Connected, connect, isLeft, type LeasedRun } from './connected.ts';
import { type Guarded, guardedItems } from './guarded.ts';
import { doubtText, endText, silenceText } from './log.ts';
import { createRemainingRows, indexStream } from './remaining-rows.ts';
import type { Serving } from './serving.ts';

/** `ended`: the run has ended, and Redis says so. `left`: another owner continues it. */
export type SessionEnd = 'ended' | 'left';

const PROGRESS_INTERVAL_MS = 1000;
/** How often the log of the worker says how far a run is. */
const PROGRESS_LINE_MS = 30_000;
/** Only a wait that is longer is announced. */
const ANNOUNCED_MS = 2000;

/** What may stop a session besides its rows. Returns a function that ends the watch. */
function watchStops({ lease }: LeasedRun, { drain, worker }: Serving, stop: Stop, abort: () => void) {
  const drained = () => stop.ask('worker_ended', `worker ${worker.id} received ${drain.asked()}`);
  const removers = [
    lease.onLost(() => {
      stop.ask('lease_lost', lease.lostWhy() ?? '');
      abort();
    }),
    drain.onAsked(drained),
    drain.onAbort(abort),
  ];
  if (drain.asked() !== null) drained();
  return () => {
    for (const remove of removers) remove();
  };
}

type Progress = ReturnType<Reporter['state']> & { pace: MeasuredPace | null };

/** Shows the progress of a run in its job, and in the log from time to time. Returns a function that ends that. */
function showProgress({ job }: LeasedRun, state: () => Progress, say: (text: string) => void): () => void {
  const show = setInterval(() => void job.showProgress(state()).catch(() => undefined), PROGRESS_INTERVAL_MS);
  const line = setInterval(() => {
    // Not the pace, which is measured once a second.
    const { done, total, perSecond, failed, etaText } = state();
    say(`${done}/${total} rows, ${perSecond.toFixed(1)}/s, ${failed} failed, ETA ${etaText}`);
  }, PROGRESS_LINE_MS);
  return () => {
    clearInterval(show);
    clearInterval(line);
  };
}

/** --stop-after counts the rows of all sessions of the run. */
const leftToStop = ({ stop_after: most }: Settings, begun: number): number | null =>
  most === null ? null : Math.max(0, most - begun);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a session needs to know of the run so far. Throws LeaseLost. */
async function readRun({ ref, record, settings, lease }: LeasedRun, { queue, worker }: Serving, guarded: Guarded) {
  const index = await guarded(indexStream(guardedItems(readLedger(queue, ref), guarded), record.rows));
  const server = { redis_run_id: queue.runId() };
  const isOtherServer = record.redis_run_id !== '' && record.redis_run_id !== server.redis_run_id;
  const doubtful = isOtherServer ? doubtfulRows(queue.durability(), settings, index) : 0;
  const owner = { what: record.command, ...hostOf(worker), worker: worker.id, run: record.run_id };
  const update = (fields: Partial<HandoverRecord>) => guarded(updateHandover(queue, ref, fields, lease.token));
  if (!(await update({ state: 'sending', owner, ...(doubtful === 0 ? server : {}) }))) throw new LeaseLost('gone');
  const onCertain = () => void update(server).catch(() => undefined);
  return { index, doubtful, remaining: createRemainingRows({ index, doubtful, onCertain }), update };
}

const hostOf = ({ host, pid }: Serving['worker']) => ({ host, pid });

/** Sends the rows that are left, and ends the run or leaves it. Throws LeaseLost. */
async function send(leased: LeasedRun, serving: Serving, connected: Connected): Promise<SessionEnd> {
  const { ref, record, settings, lease, memory } = leased;
  const { queue, clock, worker, context } = serving;
  const { guarded, recorder, logger, say, transport, abort, connections, stop, steering, recorded, commands } =
    connected;
  const takenAt = clock.now();
  const { index, doubtful, remaining, update } = await readRun(leased, serving, guarded);
  const { begun, ended } = countRows(index);
  if (index.sessions.count > 0)
    say('info', 'run.taken_over', `takes the run over: ${ended} of ${record.total} rows have ended`);
  if (doubtful > 0) logger.log('warn', 'run.doubt', doubtText(doubtful));
  const control = createControl(settings);
  steerControl(control, steering, settings);
  const pace = measurePace(clock);
  let progress: Reporter['state'] | null = null;
  const { stopped, failure } = await runSession({
    settings: { ...settings, quiet: true, stop_after: leftToStop(settings, begun) },
    context,
    baseUrl: settings.base_url,
    clock,
    stop,
    steering,
    command: record.command,
    started: { ...hostOf(worker), worker: worker.id, fence: lease.fence },
    finishBy: record.finish_at === null ? null : { at: record.finish_at },
    logger,
    transport,
    async record(entry) {
      await recorder.record(entry);
      remaining.onRecorded(entry);
    },
    tasks: () => remaining.of(guardedItems(readTasks(queue, ref), guarded)),
    rows: record.rows,
    total: record.total - ended,
    earlier: { ended: record.earlier.ended + index.ended, permanent: record.earlier.permanent + index.permanent },
    known: { memory, control },
    gate: {
      async untilMayLeave() {
        await lease.untilMayLeave(settings.timeout);
        await connections.untilRoom();
      },
    },
    async ready() {
      for (const { id } of index.steering.list) if (id !== undefined) recorded.add(id);
      await guarded(commands.begin());
      const waitMs = silenceLeftMs(steering.rate(), lease.silentMs + clock.now() - takenAt);
      if (waitMs > ANNOUNCED_MS) say('info', 'run.waiting', silenceText(waitMs));
      await sleepOrStop(clock, stop, waitMs);
    },
    watch: pace,
    steer(reporter) {
      progress = reporter.state;
      const endWatch = watchStops(leased, serving, stop, abort);
      const state = () => ({ ...reporter.state(), pace: pace.now(reporter.state().done) });
      const endProgress = showProgress(leased, state, (text) => say('info', 'run.progress', text));
      return () => {
        endWatch();
        endProgress();
      };
    },
  });
  if (failure instanceof LeaseLost || lease.isLost()) return 'left';
  if (isLeft(stopped?.reason)) {
    await update({ state: 'waiting', owner: null });
    say('info', 'run.left', 'the run is left to another worker');
    return 'left';
  }
  const text = failure === null ? null : messageOf(failure);
  await recorder.end({ stop: stopped, failure: text, organization_id: connected.organization() });
  say(stopped === null ? 'info' : 'warn', 'run.ended', endText(stopped, progress));
  return 'ended';
}

/** Carries out a run as the holder of the lease of its account: one session of its ledger. */
export async function runLeased(leased: LeasedRun, serving: Serving): Promise<SessionEnd> {
  const connected = await connect(leased, serving);
  try {
    return await send(leased, serving, connected);
  } catch (error) {
    if (error instanceof LeaseLost) return 'left';
    // What Redis has of the run cannot be used, and no other worker could use it.
    const detail = messageOf(error);
    await connected.recorder.end({ stop: { reason: 'internal', detail }, failure: detail, organization_id: null });
    connected.say('error', 'run.ended', `the run has stopped: ${detail}`);
    return 'ended';
  } finally {
    await connected.close();
  }
}
