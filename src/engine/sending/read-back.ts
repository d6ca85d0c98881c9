import type { Answer, ShownSettings } from '../../core/api/response.ts';
import { contradiction } from '../../core/attempt/difference.ts';
import { compareWithPlan } from '../../core/plan/drift.ts';
import { sleepOrStop } from '../stop.ts';
import { requestWithRetry } from './request-loop.ts';
import { type Row, requestSpec } from './row.ts';
import {
  ended,
  notKept,
  outcomeOf,
  type RowResult,
  type RowStatus,
  readFailed,
  requeuedToRead,
  statusOf,
  wrongNumber,
} from './row-outcome.ts';

/** What a read shows of a number that is not at its target. `isShown`: the answer has the fields that are to change. */
export type ReadBack = { isShown: boolean; isDrifted: boolean; answer: Answer };

const CONFIRMED: RowStatus = { status: 'updated', reason: 'confirmed_by_read', retryable: false };

/** The waits before a read that contradicts a 200 is repeated, because an API may show a write only after a moment. */
export const READ_AGAIN_AFTER_MS = [1000, 2000, 4000];

export function shownIn(answer: Answer): ShownSettings {
  return answer.kind === 'http' && answer.body.kind === 'settings' ? answer.body.settings : {};
}

/** Reads a row of which a write may have happened. Returns its result if the read decides it. */
export async function readBack(row: Row): Promise<RowResult | ReadBack> {
  const { task, context } = row;
  const { entry } = task;
  const spec = requestSpec(row, 'read');
  const result = await requestWithRetry(spec, context);
  switch (result.kind) {
    case 'requeued':
      return task.first === 'read_only' ? { kind: 'untouched' } : requeuedToRead(row);
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
      const isDrifted = !context.force && compareWithPlan(entry, shownIn(answer)) === 'drifted';
      return { isShown: meaning.isShown, isDrifted, answer };
    }
  }
}

/**
 * Ends a row whose write was answered with a 200 that shows the target. If it is one of the first rows of its kind, it
 * is read back. The others wait for what those reads show.
 */
export async function endAccepted(row: Row, answer: Answer): Promise<RowResult> {
  const { claim, context, task } = row;
  context.onAccepted(task.entry);
  const updated = ended(outcomeOf(row, answer, statusOf({ kind: 'confirmed' }, false)));
  if (!claim.accept()) return (await claim.isKept()) ? updated : readRefuted(row, updated);
  let isKept = true;
  try {
    const read = await readUntilKept(row, READ_AGAIN_AFTER_MS);
    if (read.kind === 'other_number') return read.result;
    isKept = read.kind !== 'contradicted';
    if (read.kind !== 'contradicted') return updated;
    if (read.isCutShort) return requeuedToRead(row);
    context.stop.ask('write_not_kept', `${requestSpec(row, 'read').describe()}: ${read.contradiction}`);
    return ended(outcomeOf(row, read.answer, notKept(read.contradiction)));
  } finally {
    claim.decide(isKept);
  }
}

type Proof =
  | { kind: 'kept' }
  /** No read has shown the number. `answer` is null if the run stopped before one was answered. */
  | { kind: 'unread'; answer: Answer | null; attempts: number }
  | { kind: 'contradicted'; contradiction: string; answer: Answer; isCutShort: boolean }
  | { kind: 'other_number'; result: RowResult };

/** Reads a number whose write was accepted until a read shows the target, or all of them contradict it. */
async function readUntilKept(row: Row, waitsMs: readonly number[]): Promise<Proof> {
  const { context, task } = row;
  let contradicted: Extract<Proof, { kind: 'contradicted' }> | null = null;
  for (const waitMs of [0, ...waitsMs]) {
    if (waitMs > 0) await sleepOrStop(context.clock, context.stop, waitMs);
    const spec = { ...requestSpec(row, 'read'), isOptional: true };
    const result = await requestWithRetry(spec, context);
    if (result.kind === 'requeued') {
      return contradicted === null
        ? { kind: 'unread', answer: null, attempts: 0 }
        : { ...contradicted, isCutShort: true };
    }
    const { answer } = result;
    if (result.kind === 'decided' && result.meaning.kind === 'confirmed') return { kind: 'kept' };
    if (result.kind === 'decided' && result.meaning.kind === 'wrong_number') {
      return { kind: 'other_number', result: ended(outcomeOf(row, answer, wrongNumber(result.meaning.detail))) };
    }
    const text = contradiction(task.entry, shownIn(answer));
    if (text !== '') contradicted = { kind: 'contradicted', contradiction: text, answer, isCutShort: false };
    else if (contradicted === null) return { kind: 'unread', answer, attempts: spec.attempts.used };
  }
  if (contradicted === null) throw new Error('a read that contradicts nothing was repeated');
  return contradicted;
}

/** Ends a row with a 200 after the API turned out not to keep such changes: one read says what the number has. */
async function readRefuted(row: Row, updated: RowResult): Promise<RowResult> {
  const read = await readUntilKept(row, []);
  switch (read.kind) {
    case 'kept':
      return updated;
    case 'contradicted':
      return ended(outcomeOf(row, read.answer, notKept(read.contradiction)));
    case 'other_number':
      return read.result;
    case 'unread':
      if (read.answer === null) return requeuedToRead(row);
      return ended(outcomeOf(row, read.answer, readFailed(read.answer, Math.max(1, read.attempts))));
  }
}
