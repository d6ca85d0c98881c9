import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { addToIndex } from '../../core/ledger/replay.ts';
import { FROM_BEFORE, handoverId, PROTOCOL } from '../../core/queue/protocol.ts';
import type { FinishBy } from '../../core/settings/finish-by.ts';
import { rawSettings } from '../../core/settings/raw.ts';
import { type SettingName, type Settings, settingDefinition } from '../../core/settings/schema.ts';
import { pushCommand, writeHandover } from '../../io/queue/handover.ts';
import { addJob } from '../../io/queue/jobs.ts';
import { type OpenRecord, withSeal } from '../../io/queue/seal.ts';
import type { Queue } from '../../io/redis/connection.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { StartedRun } from '../account/start-run.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { updateRun } from '../run/open.ts';
import { rowsToSend, tasksOf } from '../run/tasks.ts';

/** A run that workers have, as its submitter sees it. */
export type HandedOver = { started: StartedRun; queue: Queue; ref: { account: string; handover: string } };

/** Settings of this call that say which rows a worker sends. */
const OF_THIS_CALL: readonly SettingName[] = ['force', 'stop_after'];

/** Whether a worker needs a setting: not a path of this host, and nothing of the plan. */
export function isForWorker(name: SettingName): boolean {
  const { belongsTo, path } = settingDefinition(name);
  return path === undefined && (belongsTo === undefined || OF_THIS_CALL.includes(name));
}

function finishAt(finishBy: FinishBy | null): number | null {
  if (finishBy === null) return null;
  return 'at' in finishBy ? finishBy.at : Date.now() + finishBy.afterMs;
}

export const tasksIn = ({ run, index }: StartedRun) =>
  tasksOf(runFiles(run.dir).plan, index, run.manifest.plan?.change ?? 0);

/** Whether a run has a row that is to be sent, or read once more. */
export async function hasTasks(started: StartedRun): Promise<boolean> {
  for await (const _ of tasksIn(started)) return true;
  return false;
}

/** What Redis is to know of a run. */
function recordOf({ run, index }: StartedRun, queue: Queue, settings: Settings, finishBy: FinishBy | null) {
  const { manifest } = run;
  return {
    protocol: PROTOCOL,
    run_id: manifest.run_id,
    name: manifest.name,
    command: manifest.command,
    version: manifest.version,
    host: hostname(),
    base_url: settings.base_url,
    settings: rawSettings(settings, isForWorker),
    rows: manifest.input.rows,
    total: rowsToSend(run, index),
    earlier: { ended: index.ended, permanent: index.permanent },
    finish_at: finishAt(finishBy),
    state: 'uploading',
    redis_run_id: queue.runId(),
    owner: null,
    end: null,
    handed_at: new Date().toISOString(),
    taken_by: '',
  } satisfies OpenRecord;
}

/** Says in ledger and run.json that workers may send the rows from now on. Nothing is in Redis yet. */
export async function markHandedOver(started: StartedRun, queue: Queue, account: string): Promise<HandedOver> {
  const { run, index, ledger } = started;
  const handover = handoverId(run.manifest.run_id, randomBytes(4).toString('hex'));
  const entry = { type: 'handed_over', at: new Date().toISOString(), queue: queue.name, handover } as const;
  await ledger.record(entry);
  addToIndex(index, entry, 0, 0);
  const marked = updateRun(run, { queue: { name: queue.name, handover, account } });
  return { started: { ...started, run: marked }, queue, ref: { account, handover } };
}

/** Writes the rows to Redis, and adds the job: from then on a worker may have the run. */
export async function upload(over: HandedOver, invocation: KeyedInvocation, finishBy: FinishBy | null): Promise<void> {
  const { started, queue } = over;
  const { settings, key } = invocation;
  const ref = withSeal(over.ref, key as string);
  // Redis may begin again meanwhile, and have forgotten a part.
  while (!(await writeHandover(queue, ref, recordOf(started, queue, settings, finishBy), tasksIn(started))));
  for (const [profile, operator] of started.index.steering.held) {
    await pushCommand(queue, ref, { type: 'steer', words: ['hold', profile], ...operator, id: FROM_BEFORE });
  }
  await addJob(queue, ref, started.run.manifest.run_id);
}
