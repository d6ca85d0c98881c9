import { type HandoverRecord, PROTOCOL, shortAccount } from '../../core/queue/protocol.ts';
import { SETTING_NAMES, type Settings } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { printable } from '../../core/text/text.ts';
import { createPaceMemory, type PaceMemory } from '../../engine/pacing/pace-memory.ts';
import { extendPause } from '../../engine/pacing/pause.ts';
import type { ClaimedJob } from '../../io/queue/account-jobs.ts';
import { hasHandover, readRecord } from '../../io/queue/handover.ts';
import { isSealed, type SealedRef, withSeal } from '../../io/queue/seal.ts';
import { UsageError } from '../errors.ts';
import { type AccountLease, holdLease } from '../queue/account-lease.ts';
import { accountHash } from '../run/state-directory.ts';
import { resolveLayers } from '../settings.ts';
import { runFields } from './log.ts';
import type { Serving } from './serving.ts';
import { runLeased, type SessionEnd } from './session.ts';

/** How a try to carry a run out ended. `busy`: another has the lease. `foreign`: this worker cannot carry it out. */
export type CarriedOut = { kind: SessionEnd | 'busy' } | { kind: 'foreign'; why: string };

/** A request must end while the lease is held, so a lease is longer than two and a half of them. */
const LEASE_TIMEOUTS = 2.5;

const UNSEALED = { kind: 'foreign', why: 'it was not handed over with the key of its account' } as const;

const isOver = ({ state }: HandoverRecord): boolean => state === 'ended' || state === 'taken_back';

type Held = { lease: AccountLease; ttlMs: number; memory: PaceMemory; account: string };
type Usable = { ref: SealedRef; record: HandoverRecord; settings: Settings; key: string };

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
  if (isOver(record)) return { kind: 'ended' };
  if (record.state === 'uploading') return { kind: 'foreign', why: 'its rows are not all there yet' };
  const unknown = Object.keys(record.settings).find((name) => !SETTING_NAMES.some((known) => known === name));
  if (unknown !== undefined) {
    return { kind: 'foreign', why: `this version does not know its setting ${printable(unknown)}` };
  }
  try {
    const { settings } = resolveLayers([{ source: 'run', raw: record.settings }], 'run');
    const key = keyring.keyOf(account, settings.base_url);
    // The account of a key is another one at another URL: what is in Redis cannot lead a key elsewhere.
    if (key === null || accountHash(settings.base_url, key) !== account) {
      return { kind: 'foreign', why: 'its base URL is not that of its account' };
    }
    const sealed = withSeal(ref, key);
    if (!isSealed(sealed, record)) return UNSEALED;
    return { ref: sealed, record, settings, key };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'foreign', why: `its settings cannot be used: ${error.message}` };
  }
}

/** Sends as the holder of the lease. */
async function sendLeased(job: ClaimedJob, usable: Usable, held: Held, serving: Serving): Promise<CarriedOut> {
  const { queue, clock, log, active } = serving;
  const { lease, memory, account } = held;
  // The owner before may have ended the run just before its lease ended.
  const record = await readRecord(queue, usable.ref);
  if (record === null || isOver(record)) return { kind: 'ended' };
  if (!isSealed(usable.ref, record)) return UNSEALED;
  const fields = runFields(account, record.run_id, lease.fence);
  active.set(account, { run: record.run_id, fence: lease.fence });
  if (lease.pausedMs > 0) {
    extendPause(memory.pause, clock.now(), clock.now() + lease.pausedMs, true);
    const text = `the server has asked for a pause: ${formatDuration(lease.pausedMs)} of it are left`;
    log.log('info', 'run.paused', text, fields);
  }
  if (held.ttlMs > serving.settings.lease) {
    const text = `--timeout ${formatDuration(usable.settings.timeout)} of the run needs a lease of ${formatDuration(held.ttlMs)}`;
    log.log('info', 'lease.longer', text, fields);
  }
  const kind = await runLeased({ ...usable, record, job, lease, memory }, serving);
  if (lease.isLost()) {
    const text = `the lease is lost, and nothing more is sent under it: ${lease.lostWhy()}`;
    log.log('warn', 'lease.lost', text, fields);
  }
  return { kind };
}

/** Carries out a run that was taken from the queue: takes the lease of its account, and sends. */
export async function carryOut(job: ClaimedJob, account: string, serving: Serving): Promise<CarriedOut> {
  const usable = await readRun(job, account, serving);
  if ('kind' in usable) return usable;
  const { record, settings } = usable;
  const { queue, clock, worker } = serving;
  const { id, host, pid } = worker;
  const memory = createPaceMemory();
  const ttlMs = Math.max(serving.settings.lease, LEASE_TIMEOUTS * settings.timeout);
  const lease = await holdLease(queue, account, {
    owner: { what: `${record.command} ${record.run_id}`, host, pid, worker: id, run: record.run_id },
    ttlMs,
    clock,
    pausedMs: () => Math.max(0, memory.pause.end - clock.now()),
  });
  if ('taken' in lease) return { kind: 'busy' };
  // The next owner must know, even if this one dies now.
  memory.pause.onLonger = lease.renewNow;
  return sendLeased(job, usable, { lease, ttlMs, memory, account }, serving).finally(lease.release);
}
