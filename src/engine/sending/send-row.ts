import type { Answer } from '../../core/api/response.ts';
import type { Outcome } from '../../core/attempt/outcome.ts';
import { compareWithPlan } from '../../core/plan/drift.ts';
import type { Task } from '../ports.ts';
import { areAttemptsExhausted, requestWithRetry } from './request-loop.ts';
import { attemptsOf, createRow, type Row, type RowContext, requestSpec } from './row.ts';
import {
  exhausted,
  outcomeOf,
  type RowStatus,
  readFailed,
  settingsAfter,
  statusOf,
  wrongNumber,
} from './row-outcome.ts';

/** `requeued`: the run stopped before the row ended. `untouched`: nothing about the row has changed. */
export type RowResult =
  | { kind: 'outcome'; outcome: Outcome }
  | { kind: 'requeued'; ambiguous: boolean; attempts: number }
  | { kind: 'untouched' };

/** What a read shows of a number that is not at its target. `isShown`: the answer has the fields that are to change. */
type ReadBack = { isShown: boolean; isDrifted: boolean; answer: Answer };

const CONFIRMED: RowStatus = { status: 'updated', reason: 'confirmed_by_read', retryable: false };
const DRIFTED: RowStatus = {
  status: 'held',
  reason: 'drifted',
  retryable: false,
  detail: 'the number was changed since the plan was made',
};
const NOT_AT_TARGET: RowStatus = {
  status: 'failed',
  reason: 'not_at_target',
  retryable: true,
  detail: 'no write took effect: a read shows values other than the target',
};

const ended = (outcome: Outcome): RowResult => ({ kind: 'outcome', outcome });

/** Reads a row of which a write may have happened. Returns its result if the read decides it. */
async function readBack(row: Row): Promise<RowResult | ReadBack> {
  const { task, context } = row;
  const { entry } = task;
  const spec = requestSpec(row, 'read');
  const result = await requestWithRetry(spec, context);
  switch (result.kind) {
    case 'requeued':
      if (task.first === 'read_only') return { kind: 'untouched' };
      return { kind: 'requeued', ambiguous: true, attempts: attemptsOf(row) };
    case 'exhausted':
      return ended(outcomeOf(row, result.answer, readFailed(result.answer, spec.attempts.used)));
    case 'ambiguous':
      throw new Error('a read was taken for a write');
    case 'decided': {
      const { meaning, answer } = result;
      if (meaning.kind === 'confirmed') {
        if (row.lastWriteAt !== null) context.outages.onWriteShown(entry.row, row.lastWriteAt);
        return ended(outcomeOf(row, answer, CONFIRMED));
      }
      if (meaning.kind === 'wrong_number') return ended(outcomeOf(row, answer, wrongNumber(meaning.detail)));
      if (meaning.kind === 'failed') throw new Error('an answer to a read was taken for one to a write');
      const shown = answer.kind === 'http' && answer.body.kind === 'settings' ? answer.body.settings : {};
      const isDrifted = !context.force && compareWithPlan(entry, shown) === 'drifted';
      return { isShown: meaning.isShown, isDrifted, answer };
    }
  }
}

/**
 * Processes one row from its intent to its result. After an ambiguous write the number is read before it is written
 * again or given up. `onLaunched` is called when the row no longer waits for its first request, so that the next row
 * can be fetched.
 */
export async function processRow(task: Task, context: RowContext, onLaunched: () => void): Promise<RowResult> {
  const row = createRow(task, context, onLaunched);
  let isAmbiguous = task.first !== 'send';
  if (isAmbiguous) {
    const read = await readBack(row);
    if ('kind' in read) return read;
    if (task.first === 'read_only') {
      return read.isShown ? ended(outcomeOf(row, read.answer, NOT_AT_TARGET)) : { kind: 'untouched' };
    }
    if (read.isDrifted) return ended(outcomeOf(row, read.answer, DRIFTED));
    isAmbiguous = !read.isShown;
  }
  const { ports, clock } = context;
  await ports.record({ type: 'intent', row: task.entry.row, at: new Date(clock.wallNow()).toISOString() });
  return writeRow(row, isAmbiguous);
}

/** `wasAmbiguous`: a write of an earlier session may have happened, and no read has shown whether it has. */
async function writeRow(row: Row, wasAmbiguous: boolean): Promise<RowResult> {
  const { context } = row;
  let isAmbiguous = wasAmbiguous;
  for (;;) {
    const result = await requestWithRetry(requestSpec(row, 'write'), context);
    if (result.kind === 'requeued') return { kind: 'requeued', ambiguous: isAmbiguous, attempts: attemptsOf(row) };
    const { answer } = result;
    if (result.kind === 'exhausted') return ended(outcomeOf(row, answer, exhausted(answer, row, isAmbiguous)));
    if (result.kind === 'decided') {
      // A write that the server has decided on was an attempt too.
      row.writes.used += 1;
      const { meaning } = result;
      // Accepted, although the answer does not show the target: what the number has now must be read.
      const isMismatch = meaning.kind === 'failed' && meaning.reason === 'response_mismatch';
      if (!isMismatch) return ended(outcomeOf(row, answer, statusOf(meaning, isAmbiguous)));
    }
    const read = await readBack(row);
    if ('kind' in read) return read;
    isAmbiguous = !read.isShown;
    // The read shows what the number has, the answer to the write why it failed.
    if (result.kind === 'decided') {
      return ended({ ...outcomeOf(row, answer, statusOf(result.meaning, isAmbiguous)), ...settingsAfter(read.answer) });
    }
    if (read.isDrifted) return ended(outcomeOf(row, read.answer, DRIFTED));
    if (await areAttemptsExhausted({ operation: 'write', attempts: row.writes }, context)) {
      return ended({ ...outcomeOf(row, answer, exhausted(answer, row, isAmbiguous)), ...settingsAfter(read.answer) });
    }
  }
}
