import type { Answer } from '../../core/api/response.ts';
import type { Outcome } from '../../core/attempt/outcome.ts';
import { compareWithPlan } from '../../core/plan/drift.ts';
import type { Task } from '../ports.ts';
import { type Final, isUsedUp, requestWithRetry } from './request-loop.ts';
import { attemptsOf, questionOf, type Row, type RowContext } from './row.ts';
import {
  CONFIRMED,
  DRIFTED,
  exhausted,
  type Last,
  lastOf,
  outcomeOf,
  told,
  unread,
  wrongNumber,
} from './row-outcome.ts';

/** How a row came out of the executor: an outcome, put back because the run stopped, or left as it was. */
export type Ended = Outcome | { putBack: true; ambiguous: boolean; attempts: number } | { untouched: true };

/** What a look at a number has told: the end of its row, that it is not at its target (`told`), or nothing of it. */
type VerificationPass = { ended: Ended } | { told: boolean; drifted: boolean; answer: Answer };

/** Reads a row of which a write may have happened. */
async function look(row: Row): Promise<VerificationPass> {
  const { task, shared } = row;
  const { entry } = task;
  const question = questionOf(row, 'read');
  const talk = await requestWithRetry(question, shared);
  const end = (answer: Answer, last: Last) => ({ ended: outcomeOf(row, answer, last) });
  switch (talk.end) {
    case 'put_back': {
      if (task.first === 'read_only') return { ended: { untouched: true } };
      return { ended: { putBack: true, ambiguous: true, attempts: attemptsOf(row) } };
    }
    case 'exhausted':
      return end(talk.answer, unread(talk.answer, question.attempts.failed));
    case 'unsure':
      throw new Error('a read was taken for a write');
    case 'verdict': {
      const { verdict, answer } = talk;
      if (verdict.kind === 'confirmed') {
        if (row.wroteAt !== null) shared.breaker.writeShown(row.wroteAt);
        return end(answer, CONFIRMED);
      }
      if (verdict.kind === 'wrong_number') return end(answer, wrongNumber(verdict.detail));
      if (verdict.kind === 'failed') throw new Error('an answer to a read was taken for one to a write');
      const shown = answer.kind === 'http' && answer.body.kind === 'settings' ? answer.body.settings : {};
      const drifted = !shared.force && compareWithPlan(entry, shown) === 'drifted';
      return { told: verdict.isShown, drifted, answer };
    }
  }
}

/** The end of a row that is read and never sent, as it has ended before. */
function endOfRead(row: Row, { told, answer }: Exclude<VerificationPass, { ended: Ended }>): Ended {
  if (!told) return { untouched: true };
  const detail = 'no write has come to pass: a read shows other values than the target';
  return outcomeOf(row, answer, { status: 'failed', reason: 'not_at_target', retryable: true, detail });
}

/**
 * One row from its intent to its end. After a write that may have happened the number is read before it is sent again
 * or given up. `onLaunched` is called once, when the row no longer waits for its first request, so that the next row
 * can be fetched.
 */
export async function processRow(task: Task, shared: RowContext, onLaunched: () => void): Promise<Ended> {
  const row: Row = {
    task,
    shared,
    beganAt: null,
    wroteAt: null,
    requests: { sent: 0 },
    writes: { sent: 0, failed: 0 },
    onLaunched,
  };
  let unsure = task.first !== 'send';
  if (unsure) {
    const seen = await look(row);
    if ('ended' in seen) return seen.ended;
    if (task.first === 'read_only') return endOfRead(row, seen);
    if (seen.drifted) return outcomeOf(row, seen.answer, DRIFTED);
    unsure = !seen.told;
  }
  const { ports, clock } = shared;
  await ports.record({ type: 'intent', row: task.entry.row, at: new Date(clock.wallNow()).toISOString() });
  for (;;) {
    const talk = await requestWithRetry(questionOf(row, 'write'), shared);
    if (talk.end === 'put_back') return { putBack: true, ambiguous: unsure, attempts: attemptsOf(row) };
    const { answer } = talk;
    if (talk.end === 'exhausted') return outcomeOf(row, answer, exhausted(answer, row, unsure));
    if (talk.end === 'verdict') {
      // An attempt that a server has decided on is one too.
      row.writes.failed += 1;
      if (!isMismatch(talk.verdict)) return outcomeOf(row, answer, lastOf(talk.verdict, unsure));
    }
    const seen = await look(row);
    if ('ended' in seen) return seen.ended;
    unsure = !seen.told;
    if (talk.end === 'verdict') return asRead(outcomeOf(row, answer, lastOf(talk.verdict, unsure)), seen.answer);
    if (seen.drifted) return outcomeOf(row, seen.answer, DRIFTED);
    if (await isUsedUp({ ask: 'write', attempts: row.writes }, shared)) {
      return asRead(outcomeOf(row, answer, exhausted(answer, row, unsure)), seen.answer);
    }
  }
}

/** Whether a write was accepted and its answer does not show the target: what the number has now is to be read. */
function isMismatch(verdict: Final): boolean {
  return verdict.kind === 'failed' && verdict.reason === 'response_mismatch';
}

/** What the number has is what the read has shown; why it failed is what the write was answered. */
function asRead(outcome: Outcome, answer: Answer): Outcome {
  const { profileAfter, productAfter } = told(answer);
  return { ...outcome, profileAfter, productAfter };
}
