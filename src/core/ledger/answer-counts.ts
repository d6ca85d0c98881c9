import type { Answer } from '../api/response.ts';

/** How requests ended. `ok`: a 2xx. `rejected`: a 4xx other than 429. `no_answer`: a failure of the network. */
type AnswerResult = 'ok' | 'rejected' | 'rate_limited' | 'server_error' | 'no_answer';

/** Requests by kind and result. What is 0 is left out. */
export type AnswerCounts = Partial<Record<'read' | 'write', Partial<Record<AnswerResult, number>>>>;

function resultOf(answer: Answer): AnswerResult {
  if (answer.kind === 'network') return 'no_answer';
  const { status } = answer;
  if (status >= 200 && status < 300) return 'ok';
  if (status === 429) return 'rate_limited';
  return status >= 400 && status < 500 ? 'rejected' : 'server_error';
}

/** Adds two counts. Neither is changed. */
export function sumAnswers(a: AnswerCounts = {}, b: AnswerCounts = {}): AnswerCounts {
  const sum: AnswerCounts = { ...a };
  for (const kind of ['read', 'write'] as const) {
    for (const [result, n] of Object.entries(b[kind] ?? {}) as [AnswerResult, number][]) {
      sum[kind] = { ...sum[kind], [result]: (sum[kind]?.[result] ?? 0) + n };
    }
  }
  return sum;
}

/** Adds the answer to one request. */
export function withAnswer(counts: AnswerCounts | undefined, kind: 'read' | 'write', answer: Answer): AnswerCounts {
  return sumAnswers(counts, { [kind]: { [resultOf(answer)]: 1 } });
}
