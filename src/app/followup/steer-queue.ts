import { randomUUID } from 'node:crypto';
import type { HandoverRecord } from '../../core/queue/protocol.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import { realClock } from '../../io/clock.ts';
import { type ControlAnswer, readAnswer } from '../../io/control/messages.ts';
import { pushCommand, readAnswerTo, readRecord } from '../../io/queue/handover.ts';
import type { Queue } from '../../io/redis/connection.ts';
import { operatorName } from '../../io/user.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { whileReachable } from '../queue/connect.ts';
import { openNamedQueue } from '../queue/open.ts';
import { commandOn, type Run } from '../run/open.ts';

type QueueOfRun = NonNullable<Run['manifest']['queue']>;

const ANSWER_TIMEOUT_MS = 10_000;
const POLL_MS = 100;
/** A run that a command ends, such as drain, may have ended before its answer is there. */
const LATE_ANSWER_MS = 2000;
const PATIENCE_MS = 10_000;

const isEnded = (record: HandoverRecord | null): boolean =>
  record === null || record.state === 'ended' || record.state === 'taken_back';

/** Pushes a command, and waits for its answer. One that is not answered in time stays in the queue. Null if the run ends. */
async function pushAndWait(
  queue: Queue,
  of: QueueOfRun,
  words: readonly string[],
  by: string,
): Promise<ControlAnswer | null> {
  const id = randomUUID();
  await pushCommand(queue, of, { type: 'steer', words: [...words], by, at: new Date().toISOString(), id });
  const until = realClock.now() + ANSWER_TIMEOUT_MS;
  let endedAt: number | null = null;
  while (realClock.now() < until) {
    const text = await readAnswerTo(queue, of, id);
    const answer = text === null ? null : readAnswer(text);
    if (answer !== null) return answer;
    if (endedAt === null && isEnded(await readRecord(queue, of))) endedAt = realClock.now();
    if (endedAt !== null && realClock.now() >= endedAt + LATE_ANSWER_MS) return null;
    await realClock.sleep(POLL_MS).done;
  }
  const record = await readRecord(queue, of);
  const why = record?.state === 'sending' ? 'its worker has not answered yet' : 'no worker has the run';
  return { ok: true, text: `queued: obeyed when a worker has the run (${why})`, from: '', to: '' };
}

/** Steers a run that workers have. Throws CommandError (exit 2, 7 or 8). */
export async function steerInQueue(run: Run, words: readonly string[], invocation: Invocation): Promise<ControlAnswer> {
  const { context, settings } = invocation;
  const { run_id: id, queue: of } = run.manifest as Run['manifest'] & { queue: QueueOfRun };
  if (settings.queue === null) {
    const again = commandLine(context.program, 'ctl', run.shown, ...words, '--queue', of.name);
    throw new UsageError(`run ${id} is handed over to the workers of ${visible(of.name)}; name that queue: ${again}`);
  }
  const queue = await openNamedQueue(invocation);
  const record = await whileReachable(queue, readRecord(queue, of), PATIENCE_MS);
  const by = operatorName(context.env);
  const answer = isEnded(record) ? null : await whileReachable(queue, pushAndWait(queue, of, words, by), PATIENCE_MS);
  if (answer !== null) return answer;
  const what = record === null ? `${queue.name} does not know it` : 'it has ended there';
  const next = commandOn(run, 'resume', context);
  const message = `No worker is at work on run ${id}: ${what}. Next: ${next}`;
  throw new CommandError(EXIT.refused, 'not_at_work', message, next);
}
