import { type HandoverRecord, PROTOCOL, shortAccount } from '../../core/queue/protocol.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { createPaceMemory } from '../../engine/pacing/pace-memory.ts';
import { extendPause } from '../../engine/pacing/pause.ts';
import type { ClaimedJob } from '../../io/queue/account-jobs.ts';
import { hasHandover, readRecord } from '../../io/queue/handover.ts';
import { UsageError } from '../errors.ts';
import { holdLease } from '../queue/account-lease.ts';
import { accountHash } from '../run/state-directory.ts';
import { resolveLayers } from '../settings.ts';
import { runFields } from './log.ts';
import type { Serving } from './serving.ts';
import { runLeased, type SessionEnd } from './session.ts';

/** How a try to carry a run out ended. `busy`: another has the lease. `foreign`: this worker cannot carry it out. */
export type CarriedOut = { kind: SessionEnd | 'busy' } | { kind: 'foreign'; why: string };

/** A request must end while the lease is held, so a lease is longer than two and a half of them. */
const LEASE_TIMEOUTS = 2.5;

type Usable = { record: HandoverRecord; settings: Settings; key: string };

/** Reads what a run needs. Returns how it ended if it cannot be carried out. */
async function readRun(job: ClaimedJob, account: string, serving: Serving): Promise<Usable | CarriedOut> {
  const { queue, keyring } = serving;
  const ref = { account, handover: job.handover };
  if (job.data.protocol !== PROTOCOL) {
    return { kind: 'foreign', why: `it has protocol ${job.data.protocol}, and this worker knows ${PROTOCOL}` };
  }
  const record = await readRecord(queue, ref);
  if (record === null) {
    if (await hasHandover(queue, ref)) return { kind: 'foreign', why: 'another version has handed it over' };
    serving.log.log('warn', 'run.forgotten', 'Redis has forgotten a run: its submitter hands it over again', {
      account: shortAccount(account),
      run: job.data.run_id,
    });
    return { kind: 'ended' };
  }
  if (record.state === 'ended' || record.state === 'taken_back') return { kind: 'ended' };
  if (record.state === 'uploading') return { kind: 'foreign', why: 'its rows are not all there yet' };
  try {
    const { settings } = resolveLayers([{ source: 'run', raw: record.settings }], 'run');
    const key = keyring.keyOf(account, settings.base_url);
    // The account of a key is another one at another URL: what is in Redis cannot lead a key elsewhere.
    if (key === null || accountHash(settings.base_url, key) !== account) {
      return { kind: 'foreign', why: 'its base URL is not that of its account' };
    }
    return { record, settings, key };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'foreign', why: `its settings cannot be used: ${error.message}` };
  }
}

/** Carries out a run that was taken from the queue: takes the lease of its account, and sends. */
export async function carryOut(job: ClaimedJob, account: string, serving: Serving): Promise<CarriedOut> {
  const usable = await readRun(job, account, serving);
  if ('kind' in usable) return usable;
  const { record, settings, key } = usable;
  const { queue, clock, worker, log, active } = serving;
  const memory = createPaceMemory();
  const lease = await holdLease(queue, account, {
    owner: {
      what: `${record.command} ${record.run_id}`,
      host: worker.host,
      pid: worker.pid,
      worker: worker.id,
      run: record.run_id,
    },
    ttlMs: Math.max(serving.settings.lease, LEASE_TIMEOUTS * settings.timeout),
    clock,
    pausedMs: () => Math.max(0, memory.pause.end - clock.now()),
  });
  if ('taken' in lease) return { kind: 'busy' };
  const fields = runFields(account, record.run_id, lease.fence);
  active.set(account, { run: record.run_id, fence: lease.fence });
  if (lease.pausedMs > 0) {
    extendPause(memory.pause, clock.now(), clock.now() + lease.pausedMs, true);
    log.log(
      'info',
      'run.paused',
      `the server asked the owner before to wait: ${formatDuration(lease.pausedMs)} left`,
      fields,
    );
  }
  try {
    const kind = await runLeased(
      { ref: { account, handover: job.handover }, record, job, settings, key, lease, memory },
      serving,
    );
    if (lease.isLost())
      log.log(
        'warn',
        'lease.lost',
        `the lease is lost: ${lease.lostWhy()}; the run goes on with its next owner`,
        fields,
      );
    else
      log.log(
        'info',
        kind === 'ended' ? 'run.ended' : 'run.left',
        kind === 'ended' ? 'the run has ended' : 'the run is left to another worker',
        fields,
      );
    return { kind };
  } finally {
    await lease.release();
  }
}
