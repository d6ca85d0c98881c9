import type { Answer } from '../../core/api/response.ts';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import type { HandoverRecord, HandoverRef } from '../../core/queue/protocol.ts';
import { countRows, doubtfulRows } from '../../core/queue/remaining.ts';
import { silenceLeftMs } from '../../core/queue/silence.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { PaceMemory } from '../../engine/pacing/pace-memory.ts';
import { createStop, sleepOrStop } from '../../engine/stop.ts';
import type { ClaimedJob } from '../../io/queue/account-jobs.ts';
import { readCommands, readTasks, updateHandover } from '../../io/queue/handover.ts';
import { readLedger } from '../../io/queue/ledger-reader.ts';
import { LeaseLost, openRemoteLedger, type RemoteLedger } from '../../io/queue/ledger-stream.ts';
import { openTransport, type Transport } from '../account/connect.ts';
import type { AccountLease } from '../queue/account-lease.ts';
import { runSession } from '../sending/session.ts';
import { endedByLoss, type Guarded, guardedItems } from './guarded.ts';
import { runFields } from './log.ts';
import { createRemainingRows, indexStream } from './remaining-rows.ts';
import { createRunLog } from './run-log.ts';
import type { Serving } from './serving.ts';
import { steer } from './steering.ts';

/** A run, and what this worker has to carry it out. */
export type LeasedRun = {
  ref: HandoverRef;
  record: HandoverRecord;
  job: ClaimedJob;
  settings: Settings;
  key: string;
  lease: AccountLease;
  memory: PaceMemory;
};

/** `ended`: the run has ended, and Redis says so. `left`: another owner continues it. */
export type SessionEnd = 'ended' | 'left';

const PROGRESS_INTERVAL_MS = 1000;

/** Remembers the organization that answers name. */
function organizationSeen() {
  let organization: string | null = null;
  const see = (answer: Answer): Answer => {
    if (answer.kind === 'http' && answer.body.kind === 'settings') {
      organization ??= answer.body.settings.organizationId ?? null;
    }
    return answer;
  };
  const wrap = (request: Transport['send']): typeof request => {
    return (entry, onSent) => request(entry, onSent).then(see);
  };
  return { wrap, organization: () => organization };
}

/** The last line of a session waits for the end of the run, if it is one: Redis gets both in one step. */
function createRecorder(ledger: RemoteLedger, guarded: <T>(answer: Promise<T>) => Promise<T>) {
  let last: LedgerEntry[] = [];
  return {
    async record(entry: LedgerEntry): Promise<void> {
      if (entry.type === 'session_ended' && !isLeft(entry.stop)) last = [entry];
      else await guarded(ledger.record(entry));
    },
    end: (end: Parameters<RemoteLedger['end']>[0]) => guarded(ledger.end(end, last)),
  };
}

const isLeft = (reason: string | null | undefined): boolean => reason === 'worker_ended' || reason === 'lease_lost';

/** What may stop a session besides its rows. Returns a function that ends the watch. */
function watchStops(
  { lease }: LeasedRun,
  { drain, worker }: Serving,
  stop: ReturnType<typeof createStop>,
  abort: () => void,
) {
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

/** Shows the progress of a run in its job. Returns a function that ends that. */
function showProgress({ job }: LeasedRun, state: () => object): () => void {
  const timer = setInterval(() => void job.showProgress(state()).catch(() => undefined), PROGRESS_INTERVAL_MS);
  return () => clearInterval(timer);
}

const doubtText = (rows: number): string =>
  `Redis has started again and may have forgotten what was sent last: ${Number.isFinite(rows) ? `the next ${rows} rows` : 'all rows'} are read before they are sent`;

/** --stop-after counts the rows of all sessions of the run. */
const leftToStop = ({ stop_after: most }: Settings, begun: number): number | null =>
  most === null ? null : Math.max(0, most - begun);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a session needs to know of the run so far. Throws LeaseLost. */
async function readRun({ ref, record, settings, lease }: LeasedRun, { queue, worker }: Serving, guarded: Guarded) {
  const index = await guarded(indexStream(guardedItems(readLedger(queue, ref), guarded), record.rows));
  const server = { redis_run_id: queue.runId() };
  const isOtherServer = record.redis_run_id !== '' && record.redis_run_id !== server.redis_run_id;
  const doubtful = isOtherServer ? doubtfulRows(queue.durability, settings, index) : 0;
  const owner = { what: record.command, ...hostOf(worker), worker: worker.id, run: record.run_id };
  const update = (fields: Partial<HandoverRecord>) => guarded(updateHandover(queue, ref, fields, lease.token));
  if (!(await update({ state: 'sending', owner, ...(doubtful === 0 ? server : {}) }))) throw new LeaseLost('gone');
  const onCertain = () => void update(server).catch(() => undefined);
  return { index, doubtful, remaining: createRemainingRows({ index, doubtful, onCertain }) };
}

const hostOf = ({ host, pid }: Serving['worker']) => ({ host, pid });

/** Carries out a run as the holder of the lease of its account: one session of its ledger. */
export async function runLeased(leased: LeasedRun, serving: Serving): Promise<SessionEnd> {
  const { ref, record, settings, key, lease, memory } = leased;
  const { queue, clock, worker, log } = serving;
  const guarded = endedByLoss(lease);
  const ledger = openRemoteLedger(queue, { ...ref, token: lease.token });
  const recorder = createRecorder(ledger, guarded);
  const fields = runFields(ref.account, record.run_id, lease.fence);
  const logger = createRunLog(log, ledger, { level: settings.log_level, fields, worker: worker.id });
  const connections = serving.connectionsTo(settings.base_url);
  const mayLeave = () => lease.mayLeave(settings.timeout);
  const target = { baseUrl: settings.base_url, key };
  const transport = await openTransport(target, { settings, context: serving.context }, { connections, mayLeave });
  const seen = organizationSeen();
  const stop = createStop();
  const read = (from: number) => readCommands(queue, ref, from);
  const steering = steer({ read, clock, stop, abort: transport.abort, logger });
  try {
    const { index, doubtful, remaining } = await readRun(leased, serving, guarded);
    const counted = countRows(index);
    if (doubtful > 0) logger.log('warn', 'run.doubt', doubtText(doubtful));
    const { stopped, failure } = await runSession({
      settings: { ...settings, quiet: true, stop_after: leftToStop(settings, counted.begun) },
      context: serving.context,
      baseUrl: settings.base_url,
      clock,
      stop,
      command: record.command,
      started: { ...hostOf(worker), worker: worker.id, fence: lease.fence },
      finishBy: record.finish_at === null ? null : { at: record.finish_at },
      logger,
      transport: { inFlight: transport.inFlight, send: seen.wrap(transport.send), read: seen.wrap(transport.read) },
      async record(entry) {
        await recorder.record(entry);
        remaining.onRecorded(entry);
      },
      tasks: remaining.of(guardedItems(readTasks(queue, ref), guarded)),
      rows: record.rows,
      total: record.total - counted.ended,
      earlier: {
        ended: record.earlier.ended + index.ended,
        permanent: record.earlier.permanent + index.permanent,
      },
      known: { memory },
      gate: {
        async untilMayLeave() {
          await lease.untilMayLeave(settings.timeout);
          await connections.untilRoom();
        },
      },
      async ready() {
        await guarded(steering.first);
        await sleepOrStop(clock, stop, silenceLeftMs(settings.rate, lease.silentMs));
      },
      steer(reporter) {
        const endWatch = watchStops(leased, serving, stop, transport.abort);
        const endProgress = showProgress(leased, reporter.state);
        return () => {
          endWatch();
          endProgress();
        };
      },
    });
    if (failure instanceof LeaseLost || lease.isLost() || isLeft(stopped?.reason)) return 'left';
    const text = failure === null ? null : messageOf(failure);
    await recorder.end({ stop: stopped, failure: text, organization_id: seen.organization() });
    return 'ended';
  } catch (error) {
    if (error instanceof LeaseLost) return 'left';
    // What Redis has of the run cannot be used, and no other worker could use it.
    const detail = messageOf(error);
    await recorder.end({ stop: { reason: 'internal', detail }, failure: detail, organization_id: null });
    return 'ended';
  } finally {
    steering.end();
    transport.abort();
    transport.close();
    await (lease.isLost() ? undefined : ledger.close());
  }
}
