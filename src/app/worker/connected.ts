import type { Answer } from '../../core/api/response.ts';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { FROM_BEFORE, type HandoverRecord } from '../../core/queue/protocol.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { PaceMemory } from '../../engine/pacing/pace-memory.ts';
import { createSteering } from '../../engine/steering.ts';
import { createStop } from '../../engine/stop.ts';
import type { ClaimedJob } from '../../io/queue/account-jobs.ts';
import { readCommands, writeAnswer } from '../../io/queue/handover.ts';
import { openRemoteLedger, type RemoteLedger } from '../../io/queue/ledger-stream.ts';
import type { SealedRef } from '../../io/queue/seal.ts';
import { openTransport, type Transport } from '../account/connect.ts';
import type { AccountLease } from '../queue/account-lease.ts';
import { obey } from '../steering/obey.ts';
import { endedByLoss, type Guarded } from './guarded.ts';
import { createRunLog, runFields } from './log.ts';
import type { Serving } from './serving.ts';
import { type SteerCommand, steer } from './steering.ts';

/** A run, and what this worker has to carry it out. */
export type LeasedRun = {
  ref: SealedRef;
  record: HandoverRecord;
  job: ClaimedJob;
  settings: Settings;
  key: string;
  lease: AccountLease;
  memory: PaceMemory;
};

/** Whether a session ended for a reason of its worker, so that another one continues the run. */
export const isLeft = (reason: string | null | undefined): boolean =>
  reason === 'worker_ended' || reason === 'lease_lost';

/** The last line of a session waits for the end of the run, if it is one: Redis gets both in one step. */
function createRecorder(ledger: RemoteLedger, guarded: Guarded) {
  let last: LedgerEntry[] = [];
  return {
    async record(entry: LedgerEntry): Promise<void> {
      if (entry.type === 'session_ended' && !isLeft(entry.stop)) last = [entry];
      else await guarded(ledger.record(entry));
    },
    end: (end: Parameters<RemoteLedger['end']>[0]) => guarded(ledger.end(end, last)),
  };
}

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

/** Everything that a session is connected to. */
export async function connect({ ref, record, settings, key, lease }: LeasedRun, serving: Serving) {
  const { queue, clock, worker, log, context } = serving;
  const guarded = endedByLoss(lease);
  const ledger = openRemoteLedger(queue, { ...ref, token: lease.token });
  const fields = runFields(ref.account, record.run_id, lease.fence);
  const logger = createRunLog(log, ledger, { level: settings.log_level, fields, worker: worker.id });
  const connections = serving.connectionsTo(settings.base_url);
  const fenced = { connections, mayLeave: () => lease.mayLeave(settings.timeout) };
  const transport = await openTransport({ baseUrl: settings.base_url, key }, { settings, context }, fenced);
  const seen = organizationSeen();
  const stop = createStop();
  const read = (from: number) => readCommands(queue, ref, from);
  const recorder = createRecorder(ledger, guarded);
  const steering = createSteering(settings);
  /** Commands that an owner before has recorded. They are obeyed again, and that is all. */
  const recorded = new Set([FROM_BEFORE]);
  async function obeyOperator({ words, by, at, id }: SteerCommand): Promise<void> {
    const isRecorded = recorded.has(id);
    const answer = await obey(
      words,
      { by, at, id },
      {
        steering,
        stop,
        settings,
        record: async (entry) => (isRecorded ? undefined : recorder.record(entry)),
        logger: isRecorded ? { log: () => undefined } : logger,
        // The submitter and the next owner find the command in ledger and queue.
        keep: () => undefined,
        say: () => undefined,
      },
    );
    if (!isRecorded) await writeAnswer(queue, ref, id, JSON.stringify(answer)).catch(() => undefined);
  }
  const commands = steer({ read, clock, stop, abort: transport.abort, obey: obeyOperator, logger });
  return {
    guarded,
    recorder,
    logger,
    say: (level: string, event: string, text: string) => log.log(level, event, text, fields),
    transport: { inFlight: transport.inFlight, send: seen.wrap(transport.send), read: seen.wrap(transport.read) },
    abort: transport.abort,
    organization: seen.organization,
    connections,
    stop,
    steering,
    recorded,
    commands,
    async close() {
      commands.end();
      transport.abort();
      transport.close();
      if (!lease.isLost()) await ledger.close();
    },
  };
}

export type Connected = Awaited<ReturnType<typeof connect>>;
