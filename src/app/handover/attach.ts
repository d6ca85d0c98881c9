import { baseUrlFlags } from '../../core/followup/next-command.ts';
import type { HandoverRecord } from '../../core/queue/protocol.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { flagOf } from '../../core/settings/flags.ts';
import { SETTING_NAMES, type SettingName } from '../../core/settings/schema.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import { hasHandover, readRecord } from '../../io/queue/handover.ts';
import { addJob } from '../../io/queue/jobs.ts';
import type { Queue } from '../../io/redis/connection.ts';
import { withCampaigns } from '../account/campaigns-after.ts';
import { startRun } from '../account/start-run.ts';
import { endRun } from '../ending/end-run.ts';
import { summarizeDetached } from '../ending/summarize.ts';
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { printProgress, warn, warnAlways } from '../output.ts';
import { connectToQueue, whileReachable } from '../queue/connect.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import { lockRun } from '../run/locks.ts';
import { commandOn, handedOver, type Run, updateRun } from '../run/open.ts';
import { accountHash } from '../run/state-directory.ts';
import { type HandedOver, isForWorker } from './hand-over.ts';
import { followRun, takenBack } from './queue-run.ts';
import type { Left } from './stop-requests.ts';
import { giveRunUp, takeRunBack } from './take-back.ts';

/** `exit`: the run has had its turn. `run`: workers do not have it any more, and rows of it may be left. */
export type Attached = { exit: number } | { run: Run };

type QueueOfRun = NonNullable<Run['manifest']['queue']>;

/** What to do about a run that was handed over. */
type Finding = 'follow' | 'never_sent' | 'lost';

const refuse = (code: string, message: string, next: string | null = null) =>
  new CommandError(EXIT.refused, code, message, next);

/** Looks for the run in its queue. Throws CommandError (exit 8) if this command must leave it alone. */
async function findInQueue(queue: Queue, run: Run, of: QueueOfRun, { context }: Invocation): Promise<Finding> {
  const { run_id: id } = run.manifest;
  const ref = { account: of.account, handover: of.handover };
  const record: HandoverRecord | null = await readRecord(queue, ref);
  if (record === null) {
    if (await hasHandover(queue, ref)) {
      throw refuse('other_version', `Another version has handed run ${id} over. Follow it with that version.`);
    }
    if (queue.name === of.name) return 'lost';
    const again = [...baseUrlFlags(run.manifest.settings), '--queue', of.name];
    const next = commandLine(context.program, 'resume', run.shown, ...again);
    const message = `Run ${id} is handed over to ${visible(of.name)}, and ${queue.name} does not know it. Follow it there: ${next}`;
    throw refuse('other_queue', message, next);
  }
  if (record.state === 'taken_back') throw takenBack(run, record.taken_by, context);
  // Without a start of Redis in between, no row of it can have been sent.
  if (record.state === 'uploading') return record.redis_run_id === queue.runId() ? 'never_sent' : 'lost';
  // A submitter that was killed may not have come to this.
  if (record.state !== 'ended') await addJob(queue, ref, id);
  return 'follow';
}

/** The key of this host, if it is the one of the run. */
function keyOf({ settings, context }: Invocation, account: string): string | null {
  const found = context.findKey();
  if (!('key' in found) || found.key === null) return null;
  return accountHash(settings.base_url, found.key) === account ? found.key : null;
}

/** Gives the handover up in ledger and run.json. Returns the run, which goes on as any other. */
async function leave(run: Run, invocation: Invocation): Promise<Run> {
  const started = await startRun(run, null, invocation);
  try {
    return await giveRunUp(started);
  } finally {
    await started.close();
  }
}

/** `--leave-queue`: gives up a run whose queue will never come back. Refused while a queue that is there has it. */
async function leaveQueue(run: Run, of: QueueOfRun, invocation: Invocation): Promise<Run> {
  const { settings, context } = invocation;
  const queue = settings.queue === null ? null : await connectToQueue(settings.queue, context);
  if (queue !== null && !(queue instanceof CommandError)) {
    const record = await readRecord(queue, of);
    if (record !== null && record.state !== 'taken_back') {
      const next = commandOn(run, 'resume', context);
      throw refuse(
        'not_lost',
        `${queue.name} has run ${run.manifest.run_id}. Follow it without --leave-queue: ${next}`,
        next,
      );
    }
  }
  const text = `what workers of ${visible(of.name)} have done since the last line in the ledger is not known: each row that is left is read before it is sent`;
  warnAlways(invocation, text);
  return leave(run, invocation);
}

/** Says that workers have a run, and that it goes on without this command. Returns the exit code. */
export async function reportDetached(run: Run, left: Left | null, invocation: Invocation): Promise<number> {
  const exit = left === null ? EXIT.ok : signalExit(left.signal);
  const which = left === null ? 'handed over to' : 'left to';
  const rest = left?.isStopping ? ', which were asked to stop' : '';
  await summarizeDetached(run, { exit, which, rest }, invocation);
  return exit;
}

/** Settings that a command which follows a run needs itself. */
const OF_FOLLOWING: readonly SettingName[] = ['base_url', 'log_level', 'outage_patience'];

/** Says which flags change nothing, because the run has its settings already. */
function warnOfFlags(invocation: Invocation): void {
  const flags = SETTING_NAMES.filter((name) => invocation.sources[name] === 'flag')
    .filter((name) => name === 'finish_by' || (isForWorker(name) && !OF_FOLLOWING.includes(name)))
    .map((name) => `--${flagOf(name)}`);
  if (flags.length === 0) return;
  warn(invocation, `${flags.join(', ')}: a run that is handed over keeps the settings with which that was done`);
}

/** Follows a run in its queue, or finds out that its queue has lost it. The run is locked. */
async function attachTo(queue: Queue, run: Run, of: QueueOfRun, invocation: Invocation): Promise<Attached> {
  const { run_id: id } = run.manifest;
  const finding = await whileReachable(
    queue,
    findInQueue(queue, run, of, invocation),
    invocation.settings.outage_patience,
  );
  if (finding === 'lost') {
    warn(invocation, `${queue.name} has lost run ${id}: each row that is left is read before it is sent`);
    return { run: await leave(run, invocation) };
  }
  if (finding === 'follow' && invocation.settings.detach) return { exit: await reportDetached(run, null, invocation) };
  const over: HandedOver = { started: await startRun(run, null, invocation), queue, ref: of };
  if (finding === 'never_sent') {
    const taken = await takeRunBack(over);
    await over.started.close();
    return { run: taken };
  }
  warnOfFlags(invocation);
  printProgress(invocation, `Following run ${id}, which is handed over to the workers of ${queue.name}\n`);
  const key = keyOf(invocation, of.account);
  const keyed = { ...invocation, key };
  const executed = await followRun(over, keyed);
  if ('detached' in executed) return { exit: await reportDetached(executed.detached, executed.left, invocation) };
  return { exit: await endRun(await withCampaigns(executed, keyed), executed.decide, invocation) };
}

/**
 * Goes on with a run that was handed over: follows it to its end, without a request to the API. Any other run is left to
 * the caller. Throws CommandError (exit 7, 8 or 9).
 */
export async function attach(opened: Run, invocation: Invocation): Promise<Attached> {
  const { settings, context } = invocation;
  if (opened.manifest.queue === null) return { run: opened };
  const lock = await lockRun(opened.dir, { settings, context, what: `resume ${opened.manifest.run_id}` });
  const attached = await attachLocked(opened, invocation);
  // The caller takes it again, after that of the account.
  lock?.release();
  return attached;
}

async function attachLocked(run: Run, invocation: Invocation): Promise<Attached> {
  const { settings, context } = invocation;
  const of = run.manifest.queue as QueueOfRun;
  const { handover } = await checkedLedger(run);
  // A kill came between the last line of the handover and run.json.
  if (handover === null) return { run: updateRun(run, { queue: null }) };
  if (settings.leave_queue) return { run: await leaveQueue(run, of, invocation) };
  if (settings.queue === null) throw handedOver(run, context, EXIT.refused);
  const queue = await connectToQueue(settings.queue, context);
  if (queue instanceof CommandError) {
    const next = commandOn(run, 'resume', context);
    throw new CommandError(
      queue.exit,
      queue.code,
      `${queue.message} The run is still handed over. Try again: ${next}`,
      next,
    );
  }
  for (const warning of queue.warnings) warn(invocation, warning);
  return attachTo(queue, run, of, invocation);
}
