import { expect, it } from 'vitest';
import { createRecorder } from '../../src/sandbox/recorder.ts';

it('keeps the last requests up to its capacity, oldest first, and shows what is filled in later', () => {
  const recorder = createRecorder(true, 3);
  const records = [1, 2, 3, 4, 5].map((n) => recorder.add(n + 0.00049, 'GET', `/${n}`, null));
  for (const record of records) record.status = 200;
  expect(recorder.list().map(({ at_ms, path, status }) => [at_ms, path, status])).toEqual([
    [3, '/3', 200],
    [4, '/4', 200],
    [5, '/5', 200],
  ]);
  recorder.clear();
  expect(recorder.list()).toEqual([]);
  recorder.add(6, 'GET', '/6', null);
  expect(recorder.list()).toMatchObject([{ at_ms: 6, path: '/6', status: null }]);
});
