import { difference } from '../../core/attempt/difference.ts';
import type { Task } from '../ports.ts';
import { endAccepted, type ReadBack, readBack, shownIn } from './read-back.ts';
import { areAttemptsExhausted, requestWithRetry } from './request-loop.ts';
import { attemptsOf, createRow, type Row, type RowContext, requestSpec } from './row.ts';
import { ended, exhausted, outcomeOf, type RowResult, type RowStatus, settingsAfter, statusOf } from './row-outcome.ts';

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

/**
 * Processes one row from its intent to its result. After an ambiguous write the number is read before it is written
 * again or given up. `onLaunched` is called when the row no longer waits for its first request, so that the next row
 * can be fetched.
 */
export async function processRow(task: Task, context: RowContext, onLaunched: () => void): Promise<RowResult> {
  const row = createRow(task, context, onLaunched);
  try {
    return await readAndWrite(row);
  } finally {
    row.claim.end();
  }
}

async function readAndWrite(row: Row): Promise<RowResult> {
  const { task, context } = row;
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
    const spec = requestSpec(row, 'write');
    const result = await requestWithRetry(spec, context);
    if (result.kind === 'requeued') {
      const ambiguous = isAmbiguous || result.isAmbiguous === true;
      return { kind: 'requeued', ambiguous, attempts: attemptsOf(row) };
    }
    const { answer } = result;
    if (result.kind === 'exhausted') return ended(outcomeOf(row, answer, exhausted(answer, row, isAmbiguous)));
    if (result.kind === 'decided') {
      // A write that the server has decided on was an attempt too.
      row.writes.used += 1;
      const { meaning } = result;
      if (meaning.kind === 'confirmed') return endAccepted(row, answer);
      // Accepted, although the answer does not show the target: what the number has now must be read.
      const isMismatch = meaning.kind === 'failed' && meaning.reason === 'response_mismatch';
      if (!isMismatch) return ended(outcomeOf(row, answer, statusOf(meaning, isAmbiguous)));
    }
    const read = await readBack(row);
    if ('kind' in read) return read;
    isAmbiguous = !read.isShown;
    // The read shows what the number has, the answer to the write why it failed.
    if (result.kind === 'decided') {
      const status = withRead(row, statusOf(result.meaning, isAmbiguous), read);
      return ended({ ...outcomeOf(row, answer, status), ...settingsAfter(read.answer) });
    }
    if (read.isDrifted) return ended(outcomeOf(row, read.answer, DRIFTED));
    if (await areAttemptsExhausted(spec, context)) {
      return ended({ ...outcomeOf(row, answer, exhausted(answer, row, isAmbiguous)), ...settingsAfter(read.answer) });
    }
  }
}

/** Adds what a read has shown to the status of a row, if it is not what the answer to its write showed. */
function withRead(row: Row, status: RowStatus, { isShown, answer }: ReadBack): RowStatus {
  const shown = difference(row.task.entry, shownIn(answer));
  const { detail = '' } = status;
  return !isShown || detail.endsWith(shown) ? status : { ...status, detail: `${detail}; a read shows that ${shown}` };
}
