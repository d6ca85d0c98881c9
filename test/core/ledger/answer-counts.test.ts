import { expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import { sumAnswers, withAnswer } from '../../../src/core/ledger/answer-counts.ts';

const http = (status: number) => ({ kind: 'http', status }) as Answer;

it.each([
  [http(200), 'ok'],
  [http(202), 'ok'],
  [http(302), 'server_error'],
  [http(404), 'rejected'],
  [http(429), 'rate_limited'],
  [http(500), 'server_error'],
  [http(101), 'server_error'],
  [{ kind: 'network' } as Answer, 'no_answer'],
])('an answer %j counts as %s', (answer, result) => {
  expect(withAnswer(undefined, 'read', answer)).toEqual({ read: { [result]: 1 } });
});

it('answers add up by kind and result, and nothing that was counted changes', () => {
  const one = { read: { ok: 1 }, write: { ok: 2, rejected: 1 } };
  expect(sumAnswers(one, { write: { ok: 3, no_answer: 1 } })).toEqual({
    read: { ok: 1 },
    write: { ok: 5, rejected: 1, no_answer: 1 },
  });
  expect(one.write.ok).toBe(2);
  expect(sumAnswers(undefined, one)).toEqual(one);
  expect(sumAnswers()).toEqual({});
});
